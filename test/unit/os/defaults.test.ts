import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { machineSpec, type MachineSpec } from '../../../main/contract/machine-spec.ts';
import {
  chooseTarget,
  machineDefaults,
  OPERATING_SYSTEMS,
  UNKNOWN_SYSTEM,
  type DefaultsInput,
} from '../../../main/os/index.ts';
import {
  capabilities,
  domainCapabilities,
  FULL_HOST,
  input,
  recorded,
  system,
  type HostTraits,
} from './hosts.ts';

/** What a row of the table below says of a spec. */
function summary(spec: MachineSpec): string {
  const [disk, cd] = spec.disks;
  const flags = [spec.rng && 'rng', spec.agent && 'agent', spec.balloon.model === 'virtio' && 'balloon'];
  return [
    `${spec.firmware}${spec.secureBoot ? '+sb' : ''}`,
    spec.cpu.mode,
    `${disk?.bus}/${cd?.bus}`,
    spec.nics[0]?.model,
    spec.video,
    spec.usb,
    spec.tpm?.model ?? '-',
    spec.clock,
    spec.hyperv.length,
    flags.filter((flag) => flag !== false).join(',') || '-',
  ].join(' ');
}

const VIRTIO = 'rng,agent,balloon';
/** Family × emulation × chipset, on a host that has everything. */
const EXPECTED: readonly (readonly [string, Partial<HostTraits>, string])[] = [
  ['debian12', {}, `bios host-passthrough virtio/sata virtio virtio qemu-xhci - utc 0 ${VIRTIO}`],
  [
    'debian12',
    { machine: 'pc' },
    `bios host-passthrough virtio/ide virtio virtio qemu-xhci - utc 0 ${VIRTIO}`,
  ],
  ['debian12', { virtType: 'qemu' }, `bios maximum virtio/sata virtio virtio qemu-xhci - utc 0 ${VIRTIO}`],
  [
    'debian12',
    { machine: 'pc', virtType: 'qemu' },
    `bios maximum virtio/ide virtio virtio qemu-xhci - utc 0 ${VIRTIO}`,
  ],
  [
    'linux2016',
    { machine: 'pc' },
    'bios host-passthrough virtio/ide virtio vga ich9-ehci1 - utc 0 agent,balloon',
  ],
  ['linux2016', {}, 'bios host-passthrough sata/sata e1000e vga ich9-ehci1 - utc 0 -'],
  ['unknown', {}, 'bios host-passthrough sata/sata e1000e vga ich9-ehci1 - utc 0 -'],
  ['unknown', { virtType: 'qemu' }, 'bios maximum sata/sata e1000e vga ich9-ehci1 - utc 0 -'],
  ['unknown', { machine: 'pc' }, 'bios host-passthrough ide/ide e1000 vga ich9-ehci1 - utc 0 -'],
  ['unknown-old', { machine: 'pc', virtType: 'qemu' }, 'bios maximum ide/ide e1000 vga ich9-ehci1 - utc 0 -'],
  ['freebsd14.4', {}, `bios host-passthrough virtio/sata virtio vga qemu-xhci - utc 0 ${VIRTIO}`],
  ['openbsd7.8', { virtType: 'qemu' }, 'bios maximum virtio/sata virtio vga qemu-xhci - utc 0 rng,balloon'],
  [
    'netbsd9.4',
    { machine: 'pc' },
    'bios host-passthrough virtio/ide virtio vga qemu-xhci - utc 0 rng,balloon',
  ],
  ['win11', {}, 'efi+sb host-passthrough sata/sata e1000e bochs qemu-xhci tpm-crb localtime 10 -'],
  ['win11', { virtType: 'qemu' }, 'efi+sb maximum sata/sata e1000e bochs qemu-xhci tpm-crb localtime 0 -'],
  ['win10', {}, 'bios host-passthrough sata/sata e1000e vga qemu-xhci - localtime 10 -'],
  ['win2k22', { machine: 'pc' }, 'bios host-passthrough ide/ide e1000 vga qemu-xhci - localtime 10 -'],
  ['win7', {}, 'bios host-passthrough sata/sata e1000e vga ich9-ehci1 - localtime 10 -'],
  ['winxp', { machine: 'pc' }, 'bios host-passthrough ide/ide rtl8139 vga ich9-ehci1 - localtime 0 -'],
  [
    'winxp',
    { machine: 'pc', virtType: 'qemu' },
    'bios maximum ide/ide rtl8139 vga ich9-ehci1 - localtime 0 -',
  ],
  [
    'debian12',
    { arch: 'aarch64', machine: 'virt' },
    `efi host-passthrough virtio/scsi virtio virtio qemu-xhci tpm-tis utc 0 ${VIRTIO}`,
  ],
];

test('defaults of each family, emulated or not, on both chipsets', () => {
  for (const [shortId, traits, expected] of EXPECTED)
    assert.equal(
      summary(machineDefaults(input(system(shortId), traits)).spec),
      expected,
      `${shortId} ${JSON.stringify(traits)}`,
    );
});

test('with the drivers’ ISO Windows gets virtio', () => {
  const { spec } = machineDefaults(input(system('win10'), {}, { virtioDrivers: true }));
  assert.equal(
    summary(spec),
    `bios host-passthrough virtio/sata virtio vga qemu-xhci - localtime 10 ${VIRTIO}`,
  );
  const old = machineDefaults(input(system('win7'), {}, { virtioDrivers: true }));
  assert.equal(old.spec.disks[0]?.bus, 'sata');
});

test('a machine of an image has its seed on SCSI, and a disk no smaller than the image', () => {
  const { spec } = machineDefaults(input(system('debian12'), {}, { source: 'cloudImage', minDiskGiB: 40 }));
  assert.deepEqual(
    spec.disks.map(({ device, bus }) => `${device} ${bus}`),
    ['disk virtio', 'cdrom scsi'],
  );
  assert.ok(spec.disks[0]?.source.kind === 'new' && spec.disks[0].source.sizeBytes === 40 * 2 ** 30);
});

test('an image for one firmware gets that one', () => {
  const efi = machineDefaults(input(system('alpinelinux3.22'), {}, { firmwares: ['efi'] }));
  assert.equal(efi.spec.firmware, 'efi');
  const without = machineDefaults(
    input(system('alpinelinux3.22'), { efi: false, secureBoot: false }, { firmwares: ['efi'] }),
  );
  assert.deepEqual(without.unavailable, [
    {
      field: 'spec.firmware',
      message:
        'The image boots by UEFI alone. kvm-a has no UEFI firmware installed (package ovmf or edk2-ovmf).',
    },
  ]);
});

test('sources differ in their disks', () => {
  const of = (source: DefaultsInput['source']): string => {
    const { spec } = machineDefaults(input(system('debian12'), {}, { source }));
    return spec.disks.map(({ device }) => device).join();
  };
  assert.equal(of('iso'), 'disk,cdrom');
  assert.equal(of('cloudImage'), 'disk,cdrom');
  assert.equal(of('network'), 'disk');
  assert.equal(of('disk'), '');
});

test('a disk is what its pool can hold', () => {
  const of = (type: string): unknown => {
    const { disks } = machineDefaults(input(system('debian12'), {}, { place: { uuid: 'u', type } })).spec;
    const [disk] = disks;
    return [disk?.source.kind === 'new' && disk.source.format, disk?.cache, disk?.io, disk?.discard];
  };
  assert.deepEqual(of('dir'), ['qcow2', null, null, 'unmap']);
  assert.deepEqual(of('logical'), ['raw', 'none', 'native', 'unmap']);
  assert.deepEqual(of('rbd'), ['raw', null, null, 'unmap']);
  const none = machineDefaults(input(system('debian12'), {}, { place: null, nic: null })).spec;
  assert.deepEqual([none.disks.map(({ device }) => device), none.nics], [['cdrom'], []]);
});

test('a small host is not asked for more than half, except for what the system cannot do without', () => {
  const memory = (shortId: string, memoryMiB: number): number =>
    machineDefaults(input(system(shortId), {}, { host: { memoryMiB, cpus: 1 } })).spec.memory.sizeMiB;
  assert.equal(memory('debian12', 65_536), 2048);
  assert.equal(memory('debian12', 3000), 1280);
  assert.equal(memory('debian12', 1500), 1024);
  const win11 = machineDefaults(input(system('win11'), {}, { host: { memoryMiB: 2048, cpus: 1 } }));
  assert.deepEqual(win11.spec.cpu, {
    vcpus: 2,
    topology: { sockets: 1, cores: 2, threads: 1 },
    mode: 'host-passthrough',
    model: null,
  });
  assert.deepEqual(win11.unavailable, [
    { field: 'spec.memory.sizeMiB', message: 'Windows 11 needs 4 GiB of memory; kvm-a has 2 GiB.' },
  ]);
});

test('what Windows 11 misses on a bare host is said, with the reason', () => {
  const bare = { efi: false, secureBoot: false, swtpm: false, virtType: 'qemu' } as const;
  const { spec, unavailable } = machineDefaults(input(system('win11'), bare));
  assert.deepEqual([spec.firmware, spec.secureBoot, spec.tpm], ['bios', false, null]);
  assert.deepEqual(
    unavailable.map(({ field, message }) => `${field}: ${message}`),
    [
      'spec.firmware: Windows 11 boots by UEFI alone. kvm-a has no UEFI firmware installed (package ovmf or edk2-ovmf).',
      'spec.tpm: Windows 11 does not install without a TPM. swtpm is not installed on kvm-a.',
      'spec.virtType: kvm-a has no hardware virtualization for x86_64. The machine is emulated, and many times slower.',
    ],
  );
});

test('UEFI without enrolled keys has no Secure Boot', () => {
  const { spec, unavailable, choices } = machineDefaults(input(system('win11'), { secureBoot: false }));
  assert.deepEqual([spec.firmware, spec.secureBoot], ['efi', false]);
  assert.equal(choices.secureBoot, 'kvm-a has no UEFI firmware with keys for Secure Boot.');
  assert.deepEqual(
    unavailable.map(({ field }) => field),
    ['spec.secureBoot'],
  );
  const pc = machineDefaults(input(system('win11'), { machine: 'pc' }));
  assert.equal(pc.choices.secureBoot, 'Secure Boot needs a machine of type q35.');
});

test('what an old libvirt does not list is not held to be missing', () => {
  const { spec, choices, unavailable } = machineDefaults(input(system('win11'), { modern: false }));
  assert.deepEqual([choices.tpm, choices.rng, choices.sharedMemory], [null, null, null]);
  assert.deepEqual(spec.tpm, { model: 'tpm-crb', version: '2.0' });
  assert.deepEqual(spec.hyperv, ['relaxed', 'vapic', 'spinlocks']);
  assert.equal(spec.cpu.mode, 'host-model');
  assert.deepEqual(unavailable, []);
});

test('huge pages are offered where the host has set some aside, or does not tell', () => {
  const against = (hugePages: number | null): string | null => {
    const usual = input(system('debian12'));
    return machineDefaults({ ...usual, capabilities: { ...usual.capabilities, hugePages } }).choices
      .hugepages;
  };
  assert.deepEqual([against(null), against(8)], [null, null]);
  assert.equal(against(0), 'kvm-a has set no huge pages aside (vm.nr_hugepages).');
});

test('a host whose CPU is known by name alone gets that model', () => {
  const base = domainCapabilities({ modern: false });
  const unsure = { ...base, hostModel: { name: 'qemu64', exact: false } };
  const { cpu } = machineDefaults(input(system('debian12'), {}, { domainCapabilities: unsure })).spec;
  assert.deepEqual([cpu.mode, cpu.model], ['custom', 'qemu64']);
  const unusable = { ...base, hostModel: { name: 'Snowridge', exact: false } };
  const other = machineDefaults(input(system('debian12'), {}, { domainCapabilities: unusable })).spec.cpu;
  assert.deepEqual([other.mode, other.model], ['host-passthrough', null]);
});

test('without a screen of any kind there is no display and no tablet', () => {
  const base = domainCapabilities();
  const graphics = { supported: false, enums: new Map<string, readonly string[]>() };
  const blind = { ...base, devices: new Map([...base.devices, ['graphics', graphics] as const]) };
  const { spec, unavailable } = machineDefaults(input(system('debian12'), {}, { domainCapabilities: blind }));
  assert.deepEqual(
    [spec.graphics.type, spec.graphics.password, spec.video, spec.tablet],
    ['none', false, 'none', false],
  );
  assert.deepEqual(unavailable, [{ field: 'spec.graphics', message: 'QEMU on kvm-a is built without VNC.' }]);
});

test('Debian 12 without KVM, as its libvirt answered', () => {
  for (const [machine, cd] of [
    ['q35', 'sata'],
    ['pc', 'ide'],
  ] as const) {
    const recording = recorded(`domcapabilities-${machine}-qemu`);
    const { spec, choices } = machineDefaults(
      input(system('debian12'), { machine, virtType: 'qemu' }, { domainCapabilities: recording }),
    );
    assert.deepEqual([spec.disks[1]?.bus, spec.cpu.mode, spec.firmware], [cd, 'maximum', 'bios']);
    assert.equal(choices.tpm, 'swtpm is not installed on kvm-a.');
    assert.equal(choices.maxVcpus, machine === 'q35' ? 288 : 255);
  }
});

test('Debian 12 with ovmf and swtpm, as its libvirt answered', () => {
  const domainCapabilities = recorded('domcapabilities-q35-qemu-firmware');
  const { spec, choices, unavailable } = machineDefaults(
    input(system('win11'), { virtType: 'qemu' }, { domainCapabilities }),
  );
  assert.deepEqual([spec.firmware, spec.secureBoot], ['efi', true]);
  assert.deepEqual(spec.tpm, { model: 'tpm-crb', version: '2.0' });
  assert.deepEqual([choices.secureBoot, choices.tpm], [null, null]);
  assert.deepEqual(
    unavailable.map(({ field }) => field),
    ['spec.virtType'],
  );
});

test('the kind of machine follows system and host', () => {
  const both = capabilities('x86_64', ['pc', 'q35'], ['qemu', 'kvm']);
  const target = (shortId: string, host = both): string => {
    const chosen = chooseTarget(system(shortId), host);
    return chosen === null ? 'none' : `${chosen.virtType} ${chosen.arch} ${chosen.machine}`;
  };
  assert.equal(target('debian12'), 'kvm x86_64 q35');
  assert.equal(target('winxp'), 'kvm x86_64 pc');
  assert.equal(target('winxp', capabilities('x86_64', ['q35'], ['qemu'])), 'qemu x86_64 q35');
  assert.equal(target('debian12', capabilities('x86_64', ['pc'], ['kvm'])), 'kvm x86_64 pc');
  assert.equal(target('debian12', capabilities('aarch64', ['virt'], ['kvm'])), 'kvm aarch64 virt');
  assert.equal(
    target('debian12', capabilities('s390x', ['s390-ccw-virtio'], ['kvm'])),
    'kvm s390x s390-ccw-virtio',
  );
  assert.equal(target('debian12', capabilities('x86_64', ['q35'], ['xen'])), 'none');
  assert.deepEqual(chooseTarget(system('debian12'), both, { virtType: 'qemu' })?.virtType, 'qemu');
  assert.equal(chooseTarget(system('debian12'), both, { arch: 'aarch64' }), null);
});

const traits = fc.record({
  machine: fc.constantFrom('q35' as const, 'pc' as const),
  virtType: fc.constantFrom('kvm' as const, 'qemu' as const),
  arch: fc.constant('x86_64'),
  efi: fc.boolean(),
  secureBoot: fc.boolean(),
  swtpm: fc.boolean(),
  spice: fc.boolean(),
  modern: fc.boolean(),
});
const request = fc.record({
  source: fc.constantFrom('iso' as const, 'cloudImage' as const, 'disk' as const, 'network' as const),
  virtioDrivers: fc.boolean(),
  host: fc.record({
    memoryMiB: fc.integer({ min: 64, max: 2 ** 22 }),
    cpus: fc.integer({ min: 1, max: 512 }),
  }),
  firmwares: fc.constantFrom(undefined, ['bios' as const], ['efi' as const]),
});

test('whatever the host and the system, the spec is one, and of what is offered', () => {
  fc.assert(
    fc.property(fc.constantFrom(...OPERATING_SYSTEMS), traits, request, (os, host, more) => {
      const { spec, choices, unavailable } = machineDefaults(input(os, host, more));
      assert.deepEqual(machineSpec.parse(spec), spec);
      const taken: (readonly [keyof typeof choices, string | null | undefined])[] = [
        ['cpuMode', spec.cpu.mode],
        ['cpuModel', spec.cpu.model],
        ['video', spec.video],
        ['graphics', spec.graphics.type],
        ['usb', spec.usb],
        ['nicModel', spec.nics[0]?.model],
        ['virtType', spec.virtType],
        ['tpmModel', spec.tpm?.model],
        ['firmware', spec.firmware],
        ...spec.disks.map(({ bus }) => ['diskBus', bus] as const),
        ...spec.hyperv.map((name) => ['hyperv', name] as const),
      ];
      for (const [key, value] of taken) {
        if (value == null) continue;
        const offered = choices[key];
        assert.ok(
          Array.isArray(offered) &&
            offered.some((choice) => choice.value === value && choice.unavailable === null),
          `${os.shortId}: ${key} ${value}`,
        );
      }
      for (const { message } of unavailable) assert.match(message, /^\S.*[a-z0-9)]\.$/i);
    }),
    { numRuns: 500 },
  );
});

test('whatever the host and the system, the parts fit one another', () => {
  fc.assert(
    fc.property(fc.constantFrom(...OPERATING_SYSTEMS), traits, request, (os, host, more) => {
      const { spec } = machineDefaults(input(os, host, more));
      if (spec.secureBoot) assert.deepEqual([spec.firmware, spec.machine], ['efi', 'q35']);
      if (spec.tpm !== null) assert.equal(spec.firmware, 'efi');
      if (spec.virtType === 'qemu') assert.deepEqual(spec.hyperv, []);
      const enlightened = new Set(spec.hyperv);
      if (enlightened.has('stimer')) assert.ok(enlightened.has('synic') && enlightened.has('vpindex'));
      if (enlightened.has('ipi') || enlightened.has('tlbflush')) assert.ok(enlightened.has('vpindex'));
      if (spec.cpu.topology !== null) {
        const { sockets, cores, threads } = spec.cpu.topology;
        assert.equal(sockets * cores * threads, spec.cpu.vcpus);
      }
      assert.ok(spec.memory.sizeMiB >= os.minimum.memoryMiB);
      assert.ok(spec.machine !== 'q35' || spec.disks.every(({ bus }) => bus !== 'ide'));
      assert.equal(spec.tablet, spec.graphics.type !== 'none');
    }),
    { numRuns: 500 },
  );
});

test('nothing known is a machine that starts anywhere', () => {
  const { spec, unavailable } = machineDefaults(
    input(UNKNOWN_SYSTEM, { ...FULL_HOST, efi: false, swtpm: false, spice: false, secureBoot: false }),
  );
  assert.deepEqual(unavailable, []);
  assert.deepEqual(spec.graphics, { type: 'vnc', listen: 'loopback', password: true });
});
