import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CreateInput, CreateSource } from '../../../main/contract/create.ts';
import type { DiskSpec, MachineSpec, NicSpec } from '../../../main/contract/machine-spec.ts';
import { readInput } from '../../../main/jobs/create/definition.ts';
import { planCreate } from '../../../main/jobs/create/plan.ts';
import { FACTS, IMAGE, input, planned, POOL } from './create-input.ts';

const ISO: CreateSource = { kind: 'iso', medium: { kind: 'volume', pool: POOL, name: 'base.qcow2' } };
const SOURCES: readonly CreateSource[] = [IMAGE, ISO, { kind: 'network' }, { kind: 'disk' }];

const xmlOf = (of: CreateInput): string => planCreate(of, FACTS, null).machines[0]?.xml ?? '';
/** As the window does it: the XML is read, and what it says goes into the fields. */
function edited(of: CreateInput, edit: (xml: string) => string): CreateInput {
  const xml = edit(xmlOf(of));
  assert.notEqual(xml, xmlOf(of), 'the edit changes something');
  const { base, beyond: _, ...said } = readInput({ ...of, xml }, FACTS);
  return { ...of, ...said, xml, xmlBase: base };
}
const change = (of: CreateInput, spec: Partial<MachineSpec>): CreateInput => ({
  ...of,
  spec: { ...of.spec, ...spec },
});

suite('the form follows XML that was edited', () => {
  test('a spec, written as XML and read beside any other spec, is the same', () => {
    const random = generator(20261125);
    const inputs = SOURCES.map((source) => input(source));
    for (let round = 0; round < 40; round += 1) {
      const of = { ...random.one(inputs), title: random.one([null, 'A <b> & "c"']) };
      const wanted = { ...of, spec: randomSpec(of.spec, random) };
      const xml = xmlOf(wanted);
      // The disks say which volume is which; all the rest comes from the XML.
      const basis = { ...of, title: null, spec: { ...of.spec, disks: wanted.spec.disks } };
      const { beyond, ...read } = readInput({ ...basis, xml }, FACTS);
      const { graphics, video, boot } = wanted.spec;
      const shown = {
        ...wanted.spec,
        // The password is made for it, and is not in what is shown; without a screen there is no adapter.
        graphics: {
          ...graphics,
          password: basis.spec.graphics.password,
          listen: graphics.type === 'none' ? basis.spec.graphics.listen : graphics.listen,
        },
        video: graphics.type === 'none' ? basis.spec.video : video,
        tablet: wanted.spec.usb === 'none' ? basis.spec.tablet : wanted.spec.tablet,
        boot: boot?.join() === bootsOf(xmlOf(basis)) ? basis.spec.boot : boot,
      };
      assert.deepEqual(withoutAdded(read.spec, shown), shown, xml);
      assert.equal(read.title, wanted.title);
      assert.deepEqual(beyond, [], xml);
    }
  });

  test('what a hand wrote goes into the fields it belongs to', () => {
    const { spec, name, title } = edited(input(IMAGE), (xml) =>
      xml
        .replace('<name>web</name>', '<name>shop</name>\n  <title>The shop</title>')
        .replace(/<memory unit='MiB'>\d+</, "<memory unit='KiB'>3145728<")
        .replace(/<vcpu>\d+</, '<vcpu>6<')
        .replace("<driver name='qemu' type='qcow2'", "<driver name='qemu' type='qcow2' cache='none'")
        .replace("<model type='virtio'/>", "<model type='e1000e'/>\n      <link state='down'/>")
        .replace(/<serial type='pty'>[^]*?<\/console>/, ''),
    );
    assert.deepEqual([name, title], ['shop', 'The shop']);
    assert.deepEqual([spec.memory.sizeMiB, spec.cpu.vcpus, spec.serial], [3072, 6, false]);
    assert.equal(spec.disks[0]?.cache, 'none');
    assert.deepEqual(spec.disks[0].source, input(IMAGE).spec.disks[0]?.source);
    assert.deepEqual([spec.nics[0]?.model, spec.nics[0]?.linkUp], ['e1000e', false]);
  });

  test('what no field holds is named and kept, byte for byte, when a field changes afterwards', () => {
    const tune = '  <cputune>\n    <!-- mine -->\n    <shares>  2048 </shares>\n  </cputune>\n';
    const of = edited(input(IMAGE), (xml) =>
      xml
        .replace('  <os', `${tune}  <os`)
        .replace(
          "<target dev='vda'",
          "<iotune><total_iops_sec>500</total_iops_sec></iotune><target dev='vda'",
        )
        .replace("<memory unit='MiB'", "<memory dumpCore='off' unit='MiB'"),
    );
    assert.deepEqual(readInput(of, FACTS).beyond, ['cputune', 'memory: dumpCore', 'disk vda: iotune']);
    assert.equal(xmlOf(of), of.xml);
    const [disk] = of.spec.disks;
    assert.ok(disk !== undefined);
    const later = change(of, {
      memory: { ...of.spec.memory, sizeMiB: 5000 },
      disks: of.spec.disks.with(0, { ...disk, cache: 'unsafe' }),
    });
    const xml = xmlOf(later);
    assert.ok(xml.includes(tune), xml);
    assert.match(xml, /<memory dumpCore='off' unit='MiB'>5000</);
    assert.match(xml, /type='qcow2'[^>]*cache='unsafe'[^>]*\/>\s*<source[^>]*>\s*<iotune>/);
    assert.deepEqual(
      planned(later).warnings.filter((warning) => warning.includes('lost')),
      [],
    );
  });

  test('a number and its unit are one thing: a hand’s KiB are not a form’s MiB', () => {
    const of = edited(input(IMAGE), (xml) =>
      xml.replace(/<memory unit='MiB'>\d+</, "<memory unit='KiB'>3145728<"),
    );
    const xml = xmlOf(change(of, { memory: { ...of.spec.memory, sizeMiB: 1024 } }));
    assert.match(xml, /<memory unit='MiB'>1024<\/memory>/);
  });

  test('what is taken out with a field says what of the edit goes along', () => {
    const two = input(IMAGE);
    const extra: DiskSpec = { ...disk(two), source: { ...fresh(), name: 'data.qcow2' }, bus: 'virtio' };
    const of = edited(change(two, { disks: [...two.spec.disks, extra] }), (xml) =>
      xml.replace("<target dev='vdb'", "<wwn>5000c50015ea71ad</wwn><target dev='vdb'"),
    );
    const { machines, warnings } = planned(change(of, { disks: of.spec.disks.slice(0, -1) }));
    assert.doesNotMatch(machines[0]?.xml ?? '', /data[.]qcow2/);
    assert.ok(
      warnings.some((warning) => warning.includes('disk vdb: wwn')),
      warnings.join('\n'),
    );
  });

  test('devices that a hand took out stay out, and one that a field adds is added', () => {
    const of = edited(input(IMAGE), (xml) => xml.replace(/\s*<channel[^]*?<\/channel>/, ''));
    assert.equal(of.spec.agent, false);
    const xml = xmlOf(change(of, { watchdog: { model: 'itco', action: 'reset' } }));
    assert.doesNotMatch(xml, /guest_agent/);
    assert.match(xml, /<watchdog model='itco' action='reset'\/>/);
    assert.match(xmlOf(change(of, { agent: true })), /guest_agent/);
  });

  test('a disk that only the XML has is kept beside one that a field adds, each under its own name', () => {
    const network =
      "<disk type='network' device='disk'><source protocol='rbd' name='p/v'/><target dev='vdb' bus='virtio'/></disk>";
    const of = edited(input(IMAGE), (xml) => xml.replace('<controller', `${network}\n    <controller`));
    const more: DiskSpec = { ...disk(of), source: { ...fresh(), name: 'data.qcow2' } };
    const xml = xmlOf(change(of, { disks: [...of.spec.disks, more] }));
    const targets = [...xml.matchAll(/<target dev='(\w+)'/g)].map(([, dev = '']) => dev);
    assert.equal(new Set(targets).size, targets.length, targets.join());
    assert.match(xml, /protocol='rbd'/);
    assert.match(xml, /data[.]qcow2/);
  });

  test('another name of the machine takes its new disk along', () => {
    const of = edited(input(IMAGE), (xml) => xml.replace(/<vcpu>\d+</, '<vcpu>7<'));
    const xml = xmlOf({ ...of, name: 'shop' });
    assert.match(xml, /<name>shop<\/name>/);
    assert.match(xml, /\/images\/shop[.]qcow2/);
    assert.doesNotMatch(xml, /web/);
  });

  test('its screen has a password all the same, and a card its MAC', () => {
    const of = edited(input(IMAGE), (xml) => xml.replace(/<vcpu>\d+</, '<vcpu>7<'));
    const { secrets, machines } = planned(change(of, { graphics: { ...of.spec.graphics, password: true } }));
    assert.match(secrets['screen-1'] ?? '', /^\w{8}$/);
    assert.match(machines[0]?.xml ?? '', /<mac address='52:54:00/);
  });

  test('a volume that the XML does not use is not made, and that is said', () => {
    const of = edited(input(IMAGE), (xml) => xml.replace(/\s*<disk[^>]*device='cdrom'[^]*?<\/disk>/, ''));
    const { warnings } = planned(of);
    assert.ok(warnings.some((warning) => /seed.* is not made: the XML does not use it/.test(warning)));
  });

  test('a file of the web that the XML does not use is not fetched, and that is said; what a disk is made from is', () => {
    const url = (name: string) =>
      ({ kind: 'url', pool: POOL, url: `https://example.org/${name}`, checksum: null }) as const;
    const fetched = (of: CreateInput) =>
      planned(of).plan.steps.filter(({ kind }) => kind === 'create.fetch').length;
    const iso = input({ kind: 'iso', medium: url('installer.iso') });
    const without = (xml: string): string => xml.replace(/\s*<disk[^>]*device='cdrom'[^]*?<\/disk>/, '');
    assert.equal(fetched(iso), 1);
    assert.equal(fetched(edited(iso, (xml) => xml.replace(/<vcpu>\d+</, '<vcpu>7<'))), 1);
    const left = edited(iso, without);
    assert.equal(fetched(left), 0);
    assert.ok(
      planned(left).warnings.some((text) => /^\S+\.iso is not brought to the host: the XML/.test(text)),
    );
    const image = input({ ...IMAGE, image: url('base.qcow2') } as CreateSource);
    assert.equal(fetched(edited(image, (xml) => xml.replace(/<vcpu>\d+</, '<vcpu>7<'))), 1);
  });
});

function disk({ spec }: CreateInput): DiskSpec {
  const [first] = spec.disks;
  assert.ok(first !== undefined);
  return first;
}

function fresh(): Extract<DiskSpec['source'], { kind: 'new' }> {
  return { kind: 'new', pool: POOL, name: null, format: 'qcow2', sizeBytes: 2 ** 33, preallocation: 'none' };
}

function bootsOf(xml: string): string {
  return [...xml.matchAll(/<boot dev='(\w+)'/g)].map(([, dev = '']) => dev).join();
}

/** A drive that the source needs and the spec has not is read as an empty one. */
function withoutAdded(read: MachineSpec, wanted: MachineSpec): MachineSpec {
  const added = read.disks.slice(wanted.disks.length);
  assert.ok(added.every(({ device, source }) => device === 'cdrom' && source.kind === 'empty'));
  return { ...read, disks: read.disks.slice(0, wanted.disks.length) };
}

/** Chance that is the same in each run (mulberry32). */
function generator(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(next() * end);
  const one = <T>(of: readonly T[]): T => {
    const found = of[below(of.length)];
    assert.ok(found !== undefined);
    return found;
  };
  return { below, one, yes: (): boolean => next() < 0.5 };
}
type Random = ReturnType<typeof generator>;

function randomSpec(spec: MachineSpec, random: Random): MachineSpec {
  const { one, yes, below } = random;
  const firmware = one(['bios', 'efi'] as const);
  const [sockets, cores, threads] = [1 + below(2), 1 + below(4), 1 + below(2)];
  const topology = yes() ? { sockets, cores, threads } : null;
  const mode = one(['host-passthrough', 'host-model', 'maximum', 'custom', 'default'] as const);
  const usb = one(['qemu-xhci', 'ich9-ehci1', 'none', 'default'] as const);
  return {
    ...spec,
    machine: one(['q35', 'pc', 'pc-q35-7.2']),
    firmware,
    secureBoot: firmware === 'efi' && yes(),
    cpu: {
      vcpus: topology === null ? 1 + below(16) : sockets * cores * threads,
      topology,
      mode,
      model: mode === 'custom' ? 'Skylake-Client-IBRS' : null,
    },
    memory: { sizeMiB: 1 + below(65_536), hugepages: yes(), shared: yes() },
    disks: [
      ...spec.disks.map((known) => randomDisk(known, random)),
      ...(yes() ? [randomDisk({ ...plain(), source: { ...fresh(), name: 'data.qcow2' } }, random)] : []),
      ...(yes()
        ? [
            randomDisk(
              { ...plain(), source: { kind: 'path', path: '/dev/sdx', type: 'block', format: 'raw' } },
              random,
            ),
          ]
        : []),
    ],
    nics: Array.from({ length: below(4) }, () => randomNic(random)),
    graphics: {
      type: one(['vnc', 'spice', 'none'] as const),
      listen: one(['loopback', 'socket'] as const),
      password: yes(),
    },
    video: one(['virtio', 'vga', 'qxl', 'bochs']),
    sound: one([null, 'ich9']),
    tpm: one([null, { model: 'tpm-crb', version: '2.0' }, { model: 'tpm-tis', version: '1.2' }] as const),
    watchdog: one([null, { model: 'itco', action: 'reset' }, { model: 'i6300esb', action: 'none' }] as const),
    rng: yes(),
    balloon: one([
      { model: 'none', statsPeriodSec: 0 },
      { model: 'virtio', statsPeriodSec: below(20) },
    ] as const),
    vsock: yes(),
    agent: yes(),
    serial: yes(),
    usb,
    tablet: yes(),
    clock: one(['utc', 'localtime'] as const),
    hyperv: yes() ? ['relaxed', 'vapic', 'spinlocks', 'stimer'] : [],
    boot: one([null, ['hd'], ['network', 'hd'], ['cdrom', 'hd', 'network', 'fd']] as const)?.slice() ?? null,
    bootMenu: yes(),
    pm: yes(),
  };
}

function plain(): DiskSpec {
  return {
    device: 'disk',
    source: fresh(),
    bus: 'virtio',
    cache: null,
    io: null,
    discard: null,
    ioThread: false,
    readonly: false,
    shareable: false,
    serial: null,
  };
}

function randomDisk(known: DiskSpec, { one, yes, below }: Random): DiskSpec {
  const isDisk = known.device === 'disk';
  return {
    ...known,
    bus: isDisk ? one(['virtio', 'sata'] as const) : 'sata',
    cache: one([null, 'none', 'writeback'] as const),
    io: one([null, 'native', 'threads'] as const),
    discard: one([null, 'unmap', 'ignore'] as const),
    readonly: !isDisk || yes(),
    shareable: yes(),
    serial: yes() ? `S-${below(1000)}` : null,
  };
}

function randomNic({ one, yes, below }: Random): NicSpec {
  return {
    source: one([
      { kind: 'network', network: 'default', portGroup: null },
      { kind: 'network', network: 'ovs', portGroup: 'red' },
      { kind: 'bridge', bridge: 'br0', virtualPort: null },
      { kind: 'bridge', bridge: 'ovsbr', virtualPort: 'openvswitch' },
      { kind: 'direct', device: 'eth0', mode: 'vepa' },
      { kind: 'user' },
    ] as const),
    model: one(['virtio', 'e1000e', 'rtl8139']),
    mac: yes() ? `52:54:00:00:${String(10 + below(80))}:${String(10 + below(80))}` : null,
    vlan: one([
      null,
      { trunk: false, tags: [{ id: 42, nativeMode: null }] },
      {
        trunk: true,
        tags: [
          { id: 1, nativeMode: 'untagged' },
          { id: 7, nativeMode: null },
        ],
      },
    ] as const) as NicSpec['vlan'],
    filter: one([null, 'clean-traffic']),
    linkUp: yes(),
  };
}
