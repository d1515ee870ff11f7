import type { BuildDisk } from '../../../drivers/libvirt/model/domain-build.ts';
import { ownMetadata, readDomain, type DomainModel } from '../../../drivers/libvirt/model/index.ts';
import { parseXml, type XmlElement } from '../../../drivers/xml/index.ts';
import { machineSpec, type MachineSpec } from '../../contract/machine-spec.ts';
import { tagsOf } from '../../inventory/tags.ts';
import { readDisks, readNics } from './read-devices.ts';

export interface ReadMachine {
  readonly name: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly tags: string[];
  readonly spec: MachineSpec;
}

/**
 * What the XML of a machine says of the form's fields. Where it says nothing, or what no field can hold, the field stays as it is in `spec`.
 * @param planned the disks that were made of `spec`, so that a new volume is known by its path
 * @param order the boot order that was made of `spec`
 * @throws {XmlError} when it is no domain's
 */
export function readMachine(
  xml: string,
  around: {
    readonly spec: MachineSpec;
    readonly planned: readonly BuildDisk[];
    readonly order: readonly string[];
  },
): ReadMachine {
  const domain = readDomain(xml);
  const { root } = parseXml(xml);
  const { spec } = around;
  const read = {
    ...platform(root, domain, spec),
    ...devices(root.find('devices'), domain, spec),
    disks: readDisks(root.find('devices'), spec, around.planned),
    nics: readNics(root.find('devices')),
    boot: bootOf(domain, around),
  };
  return {
    name: domain.name.trim(),
    title: domain.title,
    description: domain.description,
    tags: tagsOf(ownMetadata(root, 'tags')?.text ?? ''),
    spec: readable(read, spec),
  };
}

type Read = { readonly [Field in keyof MachineSpec]: unknown };

/** Each field by itself: one that the contract refuses stays as it was. */
function readable(read: Read, spec: MachineSpec): MachineSpec {
  const taken: Record<string, unknown> = { ...spec };
  for (const [field, schema] of Object.entries(machineSpec.shape)) {
    const parsed = schema.safeParse(read[field as keyof MachineSpec]);
    if (parsed.success) taken[field] = parsed.data;
  }
  return machineSpec.parse(taken);
}

function platform(root: XmlElement, domain: DomainModel, spec: MachineSpec) {
  const { os, cpu } = domain;
  const efi = os.firmware === 'efi';
  const wholeCores = cpu.topology === null || cpu.topology.dies === 1;
  const backing = root.find('memoryBacking');
  const pm = root.attributeAt('pm/suspend-to-mem', 'enabled');
  const hyperv = root.findAll('features/hyperv/*');
  return {
    virtType: domain.virtType,
    arch: os.arch === 'unknown' ? spec.arch : os.arch,
    machine: os.machine ?? spec.machine,
    firmware: efi ? 'efi' : 'bios',
    secureBoot: efi && os.secureBoot,
    cpu: {
      vcpus: domain.maxVcpus,
      topology: wholeCores ? topologyOf(cpu) : spec.cpu.topology,
      mode: cpu.mode ?? 'default',
      model: cpu.mode === 'custom' ? cpu.model : null,
    },
    memory: {
      sizeMiB: Math.max(1, Math.round(domain.memoryKiB / 1024)),
      hugepages: backing?.find('hugepages') != null,
      shared: backing?.attributeAt('access', 'mode') === 'shared',
    },
    clock: domain.clockOffset ?? 'utc',
    hyperv: hyperv.filter((one) => one.attribute('state') === 'on').map(({ name }) => name),
    bootMenu: os.bootMenu,
    pm: pm === null ? spec.pm : pm === 'yes',
  };
}

function topologyOf({ topology }: DomainModel['cpu']): MachineSpec['cpu']['topology'] {
  if (topology === null) return null;
  const { sockets, cores, threads } = topology;
  return { sockets, cores, threads };
}

function bootOf(
  { os, bootOrder }: DomainModel,
  { spec, order }: { readonly spec: MachineSpec; readonly order: readonly string[] },
): unknown {
  // Devices with an order of their own are the XML's alone.
  if (os.boot.length === 0 && bootOrder.length > 0) return spec.boot;
  return os.boot.join() === order.join() ? spec.boot : os.boot;
}

function devices(found: XmlElement | null, domain: DomainModel, spec: MachineSpec) {
  const { balloon, tpm } = domain;
  const [watchdog] = domain.watchdogs;
  const [screen] = domain.graphics;
  const usb = found?.findAll('controller').filter((one) => one.attribute('type') === 'usb') ?? [];
  const hasUsb = usb[0]?.attribute('model') !== 'none';
  const tablets = found?.findAll('input').filter((one) => one.attribute('type') === 'tablet') ?? [];
  return {
    graphics: {
      type: screen?.type ?? 'none',
      listen:
        screen === undefined
          ? spec.graphics.listen
          : screen.listens.some(({ type }) => type === 'socket')
            ? 'socket'
            : 'loopback',
      // It is no part of what is shown.
      password: spec.graphics.password,
    },
    video: domain.video[0]?.model ?? (screen === undefined ? spec.video : 'none'),
    sound: found?.find('sound')?.attribute('model') ?? null,
    tpm: tpm === null ? null : { model: tpm.model, version: tpm.version ?? '2.0' },
    watchdog: watchdog === undefined ? null : { model: watchdog.model, action: watchdog.action ?? 'reset' },
    rng: domain.rngs.length > 0,
    balloon: { model: balloon?.model ?? 'virtio', statsPeriodSec: balloon?.periodSec ?? 0 },
    vsock: found?.find('vsock') != null,
    agent: domain.agent !== 'none',
    serial: domain.textConsoles.length > 0,
    usb: usb[0]?.attribute('model') ?? 'default',
    tablet: hasUsb ? tablets.length > 0 : spec.tablet,
  };
}
