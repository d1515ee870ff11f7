import type { NewElement } from '../../xml/index.ts';
import type { BuildDisk, BuildHardware } from './domain-build.ts';
import { element, isX86, leaf, when } from './domain-build-values.ts';

/** Everything of a definition that stands beside its devices. */
export function buildPlatform(hardware: BuildHardware, disks: readonly BuildDisk[]): NewElement[] {
  return [
    leaf('memory', String(hardware.memory.sizeMiB), { unit: 'MiB' }),
    ...memoryBacking(hardware.memory),
    leaf('vcpu', String(hardware.cpu.vcpus)),
    ...when(
      disks.some(({ ioThread }) => ioThread),
      () => leaf('iothreads', '1'),
    ),
    os(hardware),
    ...features(hardware),
    ...cpu(hardware),
    clock(hardware),
    leaf('on_poweroff', 'destroy'),
    leaf('on_reboot', 'restart'),
    leaf('on_crash', 'destroy'),
    ...powerManagement(hardware),
  ];
}

function memoryBacking({ hugepages, shared }: BuildHardware['memory']): NewElement[] {
  if (!hugepages && !shared) return [];
  return [
    element('memoryBacking', {}, [
      ...when(hugepages, () => element('hugepages')),
      ...when(shared, () => element('source', { type: 'memfd' })),
      ...when(shared, () => element('access', { mode: 'shared' })),
    ]),
  ];
}

function os({ arch, machine, firmware, secureBoot, boot, bootMenu }: BuildHardware): NewElement {
  const efi = firmware === 'efi';
  const enabled = secureBoot ? 'yes' : 'no';
  // Left to itself libvirt may take a build with Microsoft's keys enrolled, in which unsigned kernels do not start.
  const feature = (name: string): NewElement => element('feature', { enabled, name });
  return element('os', { firmware: efi ? 'efi' : null }, [
    { name: 'type', attributes: machine === null ? { arch } : { arch, machine }, text: 'hvm' },
    ...when(efi, () => element('firmware', {}, [feature('secure-boot'), feature('enrolled-keys')])),
    ...boot.map((dev) => element('boot', { dev })),
    ...when(bootMenu, () => element('bootmenu', { enable: 'yes' })),
  ]);
}

function features({ arch, firmware, hyperv }: BuildHardware): NewElement[] {
  const x86 = isX86(arch);
  const list = [
    ...when(x86 || firmware === 'efi', () => element('acpi')),
    ...when(x86, () => element('apic')),
    ...when(hyperv.length > 0, () => element('hyperv', { mode: 'custom' }, hyperv.map(enlightenment))),
  ];
  return when(list.length > 0, () => element('features', {}, list));
}

/** virtinst's values: 8191 retries of a spinlock, and direct timers where there are synthetic ones. */
function enlightenment(name: string): NewElement {
  if (name === 'spinlocks') return element(name, { state: 'on', retries: '8191' });
  if (name === 'stimer') return element(name, { state: 'on' }, [element('direct', { state: 'on' })]);
  return element(name, { state: 'on' });
}

function cpu({ cpu: { mode, model, topology } }: BuildHardware): NewElement[] {
  const inner = when(topology !== null, () =>
    element('topology', {
      sockets: String(topology?.sockets),
      cores: String(topology?.cores),
      threads: String(topology?.threads),
    }),
  );
  if (mode === 'default') return when(inner.length > 0, () => element('cpu', {}, inner));
  if (mode !== 'custom') return [element('cpu', { mode, check: 'none' }, inner)];
  const named = leaf('model', model ?? 'qemu64', { fallback: 'forbid' });
  return [element('cpu', { mode, match: 'exact', check: 'partial' }, [named, ...inner])];
}

function clock({ arch, clock: offset, hyperv, virtType }: BuildHardware): NewElement {
  const timer = (name: string, more: Record<string, string>): NewElement =>
    element('timer', { name, ...more });
  return element('clock', { offset }, [
    ...when(isX86(arch), () => timer('rtc', { tickpolicy: 'catchup' })),
    ...when(isX86(arch), () => timer('pit', { tickpolicy: 'delay' })),
    ...when(isX86(arch), () => timer('hpet', { present: 'no' })),
    // Emulated CPUs do not have it.
    ...when(hyperv.length > 0 && virtType === 'kvm', () => timer('hypervclock', { present: 'yes' })),
  ]);
}

function powerManagement({ arch, pm }: BuildHardware): NewElement[] {
  if (!isX86(arch)) return [];
  const enabled = pm ? 'yes' : 'no';
  return [
    element('pm', {}, [element('suspend-to-mem', { enabled }), element('suspend-to-disk', { enabled })]),
  ];
}
