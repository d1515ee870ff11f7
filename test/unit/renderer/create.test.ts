import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInput, type CreateOptions } from '../../../main/contract/create.ts';
import type { DefaultsOutput } from '../../../main/contract/create-defaults.ts';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import { cloudInitOf, userOf } from '../../../renderer/wizards/create/first-boot-input.ts';
import {
  isSourceChosen,
  newForm,
  sizesAlone,
  type CreateForm,
} from '../../../renderer/wizards/create/form.ts';
import { sourceOf } from '../../../renderer/wizards/create/source-input.ts';
import { startsWhenMade } from '../../../renderer/wizards/create/starts.ts';
import { savedDiskAt } from '../../../renderer/wizards/create/saved-input.ts';
import { suggestedName } from '../../../renderer/wizards/create/suggested-name.ts';
import { inputOf, specOf } from '../../../renderer/wizards/create/input.ts';
import { localProblems, saidAt, sectionOf, sectionsOf } from '../../../renderer/wizards/create/problems.ts';

const POOL = '11111111-2222-3333-4444-555555555555';

const AROUND = { pool: POOL, file: '', cloudInit: null, unattended: null };

const SPEC: MachineSpec = {
  virtType: 'kvm',
  arch: 'x86_64',
  machine: 'q35',
  firmware: 'efi',
  secureBoot: false,
  cpu: { vcpus: 2, topology: null, mode: 'host-passthrough', model: null },
  memory: { sizeMiB: 2048, hugepages: false, shared: false },
  disks: [
    {
      device: 'disk',
      source: {
        kind: 'new',
        pool: POOL,
        name: null,
        format: 'qcow2',
        sizeBytes: 1e10,
        preallocation: 'none',
      },
      bus: 'virtio',
      cache: null,
      io: null,
      discard: 'unmap',
      ioThread: false,
      readonly: false,
      shareable: false,
      serial: null,
    },
  ],
  nics: [
    {
      source: { kind: 'network', network: 'default', portGroup: null },
      model: 'virtio',
      mac: null,
      vlan: null,
      filter: null,
      linkUp: true,
    },
  ],
  graphics: { type: 'vnc', listen: 'loopback', password: true },
  video: 'virtio',
  sound: null,
  tpm: null,
  watchdog: null,
  rng: true,
  balloon: { model: 'virtio', statsPeriodSec: 5 },
  vsock: false,
  agent: true,
  serial: true,
  usb: 'qemu-xhci',
  tablet: true,
  clock: 'utc',
  hyperv: [],
  boot: ['hd'],
  bootMenu: false,
  pm: false,
};

const DEFAULTS: DefaultsOutput = {
  spec: SPEC,
  unavailable: [],
  choices: {
    virtType: [],
    machine: [],
    firmware: [],
    cpuMode: [],
    cpuModel: [],
    diskBus: [
      { value: 'virtio', unavailable: null },
      { value: 'sata', unavailable: null },
    ],
    nicModel: [],
    graphics: [],
    video: [],
    sound: [],
    usb: [],
    watchdog: [],
    tpmModel: [],
    hyperv: [],
    secureBoot: null,
    tpm: null,
    rng: null,
    hugepages: null,
    sharedMemory: null,
    maxVcpus: null,
  },
};

const OPTIONS: CreateOptions = {
  arches: [],
  hostArch: 'x86_64',
  noKvm: null,
  noVsock: null,
  noVirtV2v: null,
  noMachines: null,
  noContainers: null,
  host: { cpus: 8, memoryKiB: 1, freeMemoryKiB: null },
  pools: [{ uuid: POOL, name: 'default', type: 'dir', capacityBytes: 1, availableBytes: 1, overlays: true }],
  networks: [],
  isos: [],
  archives: [],
  unlisted: [],
  images: [],
  sshKeys: [
    { label: 'id_a.pub', key: 'ssh-ed25519 AAAA a' },
    { label: 'id_b.pub', key: 'ssh-ed25519 BBBB b' },
  ],
  systems: [],
  cloudImages: [
    {
      id: 'debian-13',
      name: 'Debian 13',
      os: 'debian13',
      user: 'debian',
      url: 'https://example.org/debian.qcow2',
      arch: 'x86_64',
      minDiskGiB: 3,
    },
  ],
  templates: [],
};

function form(part: Partial<CreateForm> = {}): CreateForm {
  return { ...newForm('host'), ...part };
}

const ofCatalogue = form({ image: { ...newForm('host').image, catalogue: 'debian-13' } });
const around = { options: OPTIONS, defaults: DEFAULTS, name: 'one', os: null, file: 'f1' };

test('nothing can be planned before it is said what the machine is made from', () => {
  assert.equal(isSourceChosen(form()), false);
  assert.equal(inputOf(form(), around), null);
  assert.equal(isSourceChosen(ofCatalogue), true);
});

test('the first choice is enough: what follows from it is what the contract takes', () => {
  const chosen: readonly CreateForm[] = [
    ofCatalogue,
    form({ source: 'network' }),
    form({ source: 'disk', disk: { pool: POOL, name: 'old.qcow2' } }),
    form({ source: 'iso', iso: { ...newForm('host').iso, volume: { pool: POOL, name: 'a.iso' } } }),
    form({ source: 'iso', iso: { ...newForm('host').iso, from: 'file', fileName: 'a.iso' } }),
    form({ source: 'iso', iso: { ...newForm('host').iso, from: 'url', url: 'https://example.org/a.iso' } }),
  ];
  for (const one of chosen) {
    const input = inputOf(one, around);
    assert.doesNotThrow(() => createInput.parse(input), JSON.stringify(input));
  }
});

test('an image goes beside the first disk, as only there the disk can lie on it', () => {
  const source = inputOf(ofCatalogue, around)?.source;
  assert.deepEqual(source?.kind === 'cloudImage' && source.image, {
    kind: 'catalogue',
    id: 'debian-13',
    pool: POOL,
  });
});

test('the user is the image’s, with all keys of this computer, until something else is said', () => {
  const told = cloudInitOf(ofCatalogue, OPTIONS);
  assert.deepEqual(told?.users, [
    {
      name: 'debian',
      sshKeys: ['ssh-ed25519 AAAA a', 'ssh-ed25519 BBBB b'],
      password: null,
      sudo: true,
    },
  ]);
  const { firstBoot } = ofCatalogue;
  const other = {
    ...ofCatalogue,
    firstBoot: { ...firstBoot, user: 'me', keys: ['id_b.pub'], moreKeys: 'k1\n\nk2\n' },
  };
  assert.equal(userOf(other, OPTIONS), 'me');
  assert.deepEqual(cloudInitOf(other, OPTIONS)?.users[0]?.sshKeys, ['ssh-ed25519 BBBB b', 'k1', 'k2']);
  const off = { ...ofCatalogue, firstBoot: { ...firstBoot, on: false } };
  assert.equal(cloudInitOf(off, OPTIONS), null);
});

test('SSH takes passwords only where there is one', () => {
  const { firstBoot } = ofCatalogue;
  const asked = { ...ofCatalogue, firstBoot: { ...firstBoot, sshPasswords: true } };
  assert.equal(cloudInitOf(asked, OPTIONS)?.sshPasswords, false);
});

test('an existing disk is the machine’s first, on the bus that suits the system', () => {
  const disk = { pool: POOL, name: 'old.qcow2' };
  const [modern] = specOf(form({ source: 'disk', disk }), DEFAULTS).disks;
  assert.deepEqual(modern?.source, { kind: 'volume', ...disk });
  assert.equal(modern?.bus, 'virtio');
  const old = { ...DEFAULTS, spec: { ...SPEC, nics: SPEC.nics.map((nic) => ({ ...nic, model: 'e1000e' })) } };
  assert.equal(specOf(form({ source: 'disk', disk }), old).disks[0]?.bus, 'sata');
});

test('another system keeps the machine’s size, and nothing that belonged to the last one', () => {
  const kept = sizesAlone({ cpu: SPEC.cpu, memory: SPEC.memory, disks: [], firmware: 'bios' });
  assert.deepEqual(kept, { cpu: SPEC.cpu, memory: SPEC.memory });
});

test('a name is made from the system and is free', () => {
  assert.equal(suggestedName(ofCatalogue, { os: 'debian13', had: null }, new Set()), 'debian13');
  assert.equal(
    suggestedName(ofCatalogue, { os: 'debian13', had: null }, new Set(['debian13', 'debian13-2'])),
    'debian13-3',
  );
  const iso = { ...newForm('host').iso, volume: { pool: POOL, name: 'My Own_System (1).ISO' } };
  assert.equal(
    suggestedName(form({ source: 'iso', iso }), { os: null, had: null }, new Set()),
    'my-own-system-1',
  );
  assert.equal(suggestedName(form({ source: 'network' }), { os: null, had: null }, new Set()), 'machine');
});

function keysOf(of: CreateForm, spec: MachineSpec = SPEC, name = 'one'): readonly string[] {
  return localProblems(of, { name, user: userOf(of, OPTIONS), spec, answers: null, fileLost: false }).map(
    ({ field, key }) => `${field} ${key}`,
  );
}

test('a file of this computer that cannot be read any more is said at its field, if it is what the machine is made from', () => {
  const said = (of: CreateForm): readonly string[] =>
    localProblems(of, { name: 'one', user: 'debian', spec: SPEC, answers: null, fileLost: true }).map(
      ({ field, key }) => `${field} ${key}`,
    );
  const medium = { ...newForm('host').iso, from: 'file', fileName: 'debian.iso' } as const;
  assert.deepEqual(said(form({ source: 'iso', iso: medium })), ['source.medium file']);
  assert.deepEqual(said(form({ source: 'cloudImage', image: medium })), ['source.image file']);
  assert.deepEqual(said(form({ source: 'iso', iso: { ...medium, fileName: '' } })), []);
  assert.deepEqual(said(form({ source: 'network', iso: medium })), []);
});

test('what the contract would not read is said at its field without asking the core', () => {
  assert.deepEqual(keysOf(ofCatalogue), []);
  assert.deepEqual(keysOf(ofCatalogue, SPEC, ' '), ['name name']);
  const [nic] = SPEC.nics;
  assert.ok(nic !== undefined);
  assert.deepEqual(keysOf(ofCatalogue, { ...SPEC, nics: [{ ...nic, mac: '53:54:00:00:00:01' }] }), [
    'spec.nics.0.mac mac',
  ]);
  const url = { ...newForm('host').iso, from: 'url' as const, url: 'https://example.org/a', checksum: 'abc' };
  assert.deepEqual(keysOf(form({ source: 'iso', iso: url })), ['source.checksum checksum']);
  const user = { ...ofCatalogue, firstBoot: { ...ofCatalogue.firstBoot, user: '1st' } };
  assert.deepEqual(keysOf(user), ['source.cloudInit.user user']);
  const withPackages = (packages: string) =>
    keysOf({ ...ofCatalogue, firstBoot: { ...ofCatalogue.firstBoot, packages } });
  assert.deepEqual(withPackages('curl, git\nlibstdc++6'), []);
  assert.deepEqual(withPackages('curl; rm'), ['source.cloudInit.packages packages']);
});

test('a problem leads to the section of its field', () => {
  const expected = {
    name: 'name',
    'source.medium': 'source',
    'source.cloudInit.yaml': 'firstBoot',
    'spec.disks.0.source': 'disks',
    'spec.nics.1.mac': 'network',
    'spec.memory.sizeMiB': 'system',
    'spec.tpm': 'devices',
    xml: null,
  };
  for (const [field, section] of Object.entries(expected)) assert.equal(sectionOf(field), section, field);
});

test('what is within a field without a place of its own is said at the field', () => {
  const problems = [{ field: 'spec.disks.0.source.name', message: 'Taken.' }];
  assert.equal(saidAt(problems, 'spec.disks.0.source'), null);
  assert.equal(saidAt(problems, 'spec.disks.0.source', true), 'Taken.');
  assert.equal(saidAt(problems, 'spec.disks.0', false), null);
});

test('a copy of a machine that may still run is started only where a person says so', () => {
  assert.equal(startsWhenMade(form({ source: 'iso' })), true);
  for (const source of ['clonezilla', 'diskFile', 'live'] as const) {
    assert.equal(startsWhenMade(form({ source })), false);
    assert.equal(startsWhenMade(form({ source, start: true })), true);
  }
});

test('a container: of an archive, of a folder, of the host’s files; a machine’s sections are not its own', () => {
  const blank = { ...newForm('h', 'container'), name: 'web' };
  const around = { options: OPTIONS, defaults: DEFAULTS, name: 'web', os: null, file: 'f' };
  const of = (change: Partial<CreateForm['container']>, more: Partial<CreateForm> = {}) =>
    inputOf({ ...blank, ...more, container: { ...blank.container, ...change } }, around)?.source ?? null;
  assert.equal(of({}), null);
  const volume = { pool: POOL, name: 'root.tar.xz' };
  assert.deepEqual(of({ args: '-c\n echo\n', env: 'A=b=c\n\n' }, { archive: { ...blank.archive, volume } }), {
    kind: 'container',
    root: { kind: 'template', archive: { kind: 'volume', ...volume }, pool: POOL },
    init: '/sbin/init',
    args: ['-c', ' echo'],
    env: [{ name: 'A', value: 'b=c' }],
    unprivileged: true,
  });
  assert.deepEqual(of({ root: 'host', init: '/bin/sh' }), {
    kind: 'container',
    root: { kind: 'host' },
    init: '/bin/sh',
    args: [],
    env: [],
    unprivileged: false,
  });
  assert.equal(isSourceChosen(blank), false);
  assert.equal(isSourceChosen({ ...blank, container: { ...blank.container, root: 'host' } }), true);
  const folder = {
    ...blank,
    container: { ...blank.container, root: 'directory' as const, folder: '/srv/web' },
  };
  assert.equal(suggestedName(folder, { os: null, had: null }, new Set()), 'web');
  assert.deepEqual(sectionsOf(blank), ['source', 'system', 'network', 'name']);
  const wrong = { ...blank, container: { ...blank.container, env: 'no' } };
  const said = localProblems(wrong, { name: 'web', user: '', spec: SPEC, answers: null, fileLost: false });
  assert.deepEqual(
    said.map(({ field }) => field),
    ['source.env'],
  );
});

test('a saved machine is chosen by the path of its image; its name and disks follow from that', () => {
  const form: CreateForm = {
    ...newForm('h', 'clonezilla'),
    os: 'debian-12',
    saved: { on: 'nas', path: ' /backup/Web Server-img/ ', disks: null, verify: true },
  };
  const named = (path: string): string =>
    suggestedName(
      { ...form, saved: { ...form.saved, path } },
      { os: form.os, had: null },
      new Set(['laptop']),
    );
  assert.deepEqual(
    [
      '/backup/Web Server-img/',
      'C:\\images\\laptop-img',
      '/mnt/2026-11-26-13-img',
      '/mnt/2026-11-26-13-db-img.tar',
    ].map(named),
    ['web-server', 'laptop-2', 'machine', 'db'],
  );
  const source = sourceOf(form, { ...AROUND, savedDisks: ['sda'] });
  assert.deepEqual(source, {
    kind: 'clonezilla',
    path: '/backup/Web Server-img/',
    disks: ['sda'],
    verify: true,
    on: 'nas',
  });
  assert.equal(sourceOf(form, AROUND), null, 'while it is not known what is in it');
  assert.ok(!sectionsOf(form).includes('firstBoot'), 'it has booted before');
});

test('each disk of an image goes on a new one, in order', () => {
  const [disk] = SPEC.disks;
  assert.ok(disk !== undefined);
  const old = { ...disk, source: { kind: 'volume', pool: POOL, name: 'data' } } as const;
  const spec = { ...SPEC, disks: [old, disk, disk, disk] };
  assert.deepEqual(
    spec.disks.map((_, index) => savedDiskAt(spec, index, ['sda', 'sdb'])),
    [undefined, 'sda', 'sdb', undefined],
  );
});
