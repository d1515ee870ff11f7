import type { NewElement } from '../../xml/index.ts';
import { AGENT_CHANNEL } from './character.ts';
import type { BuildDisk, BuildHardware, BuildNic } from './domain-build.ts';
import { element, isQ35, isX86, when } from './domain-build-values.ts';

/** Free PCIe slots, so that devices can be added while it runs; virtinst makes as many. */
const ROOT_PORTS = 14;

/** What is within `<devices>`. */
export function buildDevices(hardware: BuildHardware, disks: readonly BuildDisk[]): NewElement[] {
  const { graphics } = hardware;
  return [
    ...buildDisks(disks),
    ...controllers(hardware, disks),
    ...hardware.nics.map(nicElement),
    ...serial(hardware),
    ...when(hardware.agent, () => channel('unix', AGENT_CHANNEL)),
    ...when(graphics.type === 'spice', () => channel('spicevmc', 'com.redhat.spice.0')),
    ...when(hardware.tablet && hardware.usb !== 'none', () =>
      element('input', { type: 'tablet', bus: 'usb' }),
    ),
    ...tpm(hardware),
    ...screen(hardware),
    ...when(hardware.sound !== null, () => element('sound', { model: hardware.sound })),
    ...when(hardware.watchdog !== null, () => element('watchdog', { ...hardware.watchdog })),
    ...balloon(hardware),
    ...when(hardware.rng, () =>
      element('rng', { model: 'virtio' }, [
        { name: 'backend', attributes: { model: 'random' }, text: '/dev/urandom' },
      ]),
    ),
    ...when(hardware.vsock, () => element('vsock', { model: 'virtio' }, [element('cid', { auto: 'yes' })])),
  ];
}

const PREFIXES: Readonly<Record<string, string>> = { virtio: 'vd', ide: 'hd', fdc: 'fd', xen: 'xvd' };

/** Targets in order: vda, vdb…; SCSI, SATA and USB share the letters of `sd`. */
export function diskTargets(buses: readonly string[]): string[] {
  const used = new Map<string, number>();
  return buses.map((bus) => {
    const prefix = PREFIXES[bus] ?? 'sd';
    const index = used.get(prefix) ?? 0;
    used.set(prefix, index + 1);
    return prefix + letters(index);
  });
}

/** The first name of the same kind as `dev` that is not used. */
export function freeTarget(dev: string, used: ReadonlySet<string>): string {
  const prefix = /^(?:xvd|[a-z]d)/.exec(dev)?.[0] ?? 'sd';
  for (let index = 0; ; index += 1) {
    const name = prefix + letters(index);
    if (!used.has(name)) return name;
  }
}

/** a … z, aa … as the kernel and libvirt count. */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

function buildDisks(disks: readonly BuildDisk[]): NewElement[] {
  const targets = diskTargets(disks.map(({ bus }) => bus));
  return disks.map((disk, index) => diskElement(disk, targets[index] ?? ''));
}

function diskElement(disk: BuildDisk, dev: string): NewElement {
  const { source, device, bus } = disk;
  const where = source?.type === 'block' ? 'dev' : 'file';
  return element('disk', { type: source?.type ?? 'file', device }, [
    element('driver', {
      name: 'qemu',
      type: source?.format ?? 'raw',
      cache: disk.cache,
      io: disk.io,
      discard: disk.discard,
      // Of SCSI disks the controller has the thread.
      iothread: disk.ioThread && bus === 'virtio' ? '1' : null,
    }),
    ...when(source !== null, () => element('source', { [where]: source?.path ?? null })),
    ...encryption(source),
    ...sectors(disk),
    element('target', { dev, bus }),
    ...when(disk.readonly || device === 'cdrom', () => element('readonly')),
    ...when(disk.shareable, () => element('shareable')),
    ...when(disk.serial !== null, () => ({ name: 'serial', text: disk.serial ?? '' })),
  ]);
}

function sectors({ sectorBytes = 512 }: BuildDisk): NewElement[] {
  const bytes = String(sectorBytes);
  return when(sectorBytes !== 512, () =>
    element('blockio', { logical_block_size: bytes, physical_block_size: bytes }),
  );
}

function encryption(source: BuildDisk['source']): NewElement[] {
  const uuid = source?.secretUuid;
  if (uuid === undefined) return [];
  return [element('encryption', { format: 'luks' }, [element('secret', { type: 'passphrase', uuid })])];
}

function controllers({ arch, machine, usb }: BuildHardware, disks: readonly BuildDisk[]): NewElement[] {
  const pci = isX86(arch) ? isQ35(machine) : machine?.startsWith('virt') === true;
  const port = element('controller', { type: 'pci', model: 'pcie-root-port' });
  const scsi = disks.filter(({ bus }) => bus === 'scsi');
  const ioThread = scsi.some((disk) => disk.ioThread);
  return [
    ...when(pci, () => element('controller', { type: 'pci', model: 'pcie-root' })),
    ...(pci ? Array.from({ length: ROOT_PORTS }, () => port) : []),
    ...when(scsi.length > 0, () =>
      element('controller', { type: 'scsi', model: 'virtio-scsi' }, [
        ...when(ioThread, () => element('driver', { iothread: '1' })),
      ]),
    ),
    ...usbControllers(usb),
  ];
}

function usbControllers(usb: string): NewElement[] {
  const controller = (model: string, more: Record<string, string> = {}): NewElement =>
    element('controller', { type: 'usb', model, ...more });
  if (usb === 'none') return [controller('none')];
  if (usb === 'qemu-xhci') return [controller('qemu-xhci', { ports: '15' })];
  if (usb !== 'ich9-ehci1') return [];
  const companion = (number: 1 | 2 | 3): NewElement =>
    element('controller', { type: 'usb', index: '0', model: `ich9-uhci${number}` }, [
      element('master', { startport: String((number - 1) * 2) }),
    ]);
  return [controller('ich9-ehci1', { index: '0' }), companion(1), companion(2), companion(3)];
}

/** A network card; without a model in a container, whose cards are the kernel's own. */
export function nicElement({
  source,
  model,
  mac,
  vlan,
  filter,
  linkUp,
}: Omit<BuildNic, 'model'> & { readonly model: string | null }): NewElement {
  const children = [
    ...when(mac !== null, () => element('mac', { address: mac })),
    ...nicSource(source),
    ...when(vlan !== null, () =>
      element(
        'vlan',
        { trunk: vlan?.trunk === true ? 'yes' : null },
        vlan?.tags.map(({ id, nativeMode }) => element('tag', { id: String(id), nativeMode })),
      ),
    ),
    ...when(model !== null, () => element('model', { type: model })),
    ...when(filter !== null, () => element('filterref', { filter })),
    ...when(!linkUp, () => element('link', { state: 'down' })),
  ];
  return element('interface', { type: source.kind }, children);
}

function nicSource(source: BuildNic['source']): NewElement[] {
  switch (source.kind) {
    case 'network':
      return [element('source', { network: source.network, portgroup: source.portGroup })];
    case 'bridge':
      return [
        element('source', { bridge: source.bridge }),
        ...when(source.virtualPort !== null, () => element('virtualport', { type: source.virtualPort })),
      ];
    case 'direct':
      return [element('source', { dev: source.device, mode: source.mode })];
    case 'user':
      return [];
  }
}

function serial({ serial: wanted, arch }: BuildHardware): NewElement[] {
  if (!wanted) return [];
  // Other architectures have ports of other kinds: libvirt chooses.
  if (!isX86(arch)) return [element('console', { type: 'pty' })];
  return [
    element('serial', { type: 'pty' }, [element('target', { port: '0' })]),
    element('console', { type: 'pty' }, [element('target', { type: 'serial', port: '0' })]),
  ];
}

function channel(type: string, name: string): NewElement {
  return element('channel', { type }, [element('target', { type: 'virtio', name })]);
}

function tpm({ tpm: wanted }: BuildHardware): NewElement[] {
  return when(wanted !== null, () =>
    element('tpm', { model: wanted?.model ?? null }, [
      element('backend', { type: 'emulator', version: wanted?.version ?? null }),
    ]),
  );
}

function screen({ graphics, video }: BuildHardware): NewElement[] {
  const { type, listen } = graphics;
  if (type === 'none') return [];
  const shown =
    listen === 'socket'
      ? element('graphics', { type }, [element('listen', { type: 'socket' })])
      : element('graphics', { type, autoport: 'yes', listen: '127.0.0.1' });
  return [shown, element('video', {}, [element('model', { type: video })])];
}

/** libvirt adds one where none is written: to have none it must be told. */
function balloon({ balloon: { model, statsPeriodSec } }: BuildHardware): NewElement[] {
  const stats = when(model !== 'none' && statsPeriodSec > 0, () =>
    element('stats', { period: String(statsPeriodSec) }),
  );
  return [element('memballoon', { model }, stats)];
}
