import type { XmlElement } from '../../xml/index.ts';
import { count, filled, flag, integer, parseRoot } from './values.ts';

export interface GuestCapability {
  /** `hvm`, `exe`, … */
  readonly osType: string;
  readonly arch: string;
  readonly emulator: string | null;
  /** `qemu`, `kvm`, … */
  readonly domainTypes: readonly string[];
  /** Names as a definition takes them; `canonical` is what the alias `q35` stands for. */
  readonly machines: readonly {
    readonly name: string;
    readonly canonical: string | null;
    readonly maxCpus: number | null;
  }[];
}

/** virConnectGetCapabilities. */
export interface CapabilitiesModel {
  readonly hostUuid: string | null;
  readonly arch: string;
  readonly cpuModel: string | null;
  readonly cpuVendor: string | null;
  /** All that the host tells of what its CPU can, to be compared with another host's: equal is the same. Null when it names no model. */
  readonly cpuIdentity: string | null;
  readonly topology: {
    readonly sockets: number;
    readonly dies: number;
    readonly cores: number;
    readonly threads: number;
  } | null;
  readonly numaNodes: number;
  /** Memory pages larger than the usual that the host keeps for those who ask for them, of all nodes. Null when libvirt does not say. */
  readonly hugePages: number | null;
  /** Null when libvirt does not say. */
  readonly iommu: boolean | null;
  readonly liveMigration: boolean;
  readonly migrationTransports: readonly string[];
  /** `selinux`, `apparmor`, `dac`. */
  readonly securityModels: readonly string[];
  readonly guests: readonly GuestCapability[];
  /** Guests of the host's own architecture can use hardware virtualization. */
  readonly kvm: boolean;
}

/** Texts that were read last, with what they say: a host that is asked again mostly answers the same ten kilobytes, which take longer to read than to get. */
const readLast = new Map<string, CapabilitiesModel>();
const MOST_KEPT = 8;

/** @throws {XmlError} when it is not XML, or not of capabilities */
export function readCapabilities(xml: string): CapabilitiesModel {
  const known = readLast.get(xml);
  if (known !== undefined) return known;
  const model = read(xml);
  const [oldest] = readLast.keys();
  if (oldest !== undefined && readLast.size === MOST_KEPT) readLast.delete(oldest);
  readLast.set(xml, model);
  return model;
}

function read(xml: string): CapabilitiesModel {
  const root = parseRoot(xml, 'capabilities');
  const host = root.find('host');
  const cpu = host?.find('cpu') ?? null;
  const arch = cpu?.textAt('arch') ?? 'unknown';
  const guests = root.findAll('guest').map(readGuest);
  const iommu = host?.attributeAt('iommu', 'support');
  return {
    hostUuid: filled(host?.textAt('uuid')),
    arch,
    cpuModel: filled(cpu?.textAt('model')),
    cpuVendor: filled(cpu?.textAt('vendor')),
    cpuIdentity: cpu === null ? null : readIdentity(cpu),
    topology: readTopology(cpu?.find('topology') ?? null),
    numaNodes: host?.findAll('topology/cells/cell').length ?? 0,
    hugePages: readHugePages(host?.findAll('topology/cells/cell/pages') ?? []),
    iommu: iommu == null ? null : flag(iommu),
    liveMigration: host?.find('migration_features/live') != null,
    migrationTransports: (host?.findAll('migration_features/uri_transports/uri_transport') ?? []).map(
      (element) => element.text.trim(),
    ),
    securityModels: (host?.findAll('secmodel/model') ?? []).map((element) => element.text.trim()),
    guests,
    kvm: guests.some((guest) => guest.arch === arch && guest.domainTypes.includes('kvm')),
  };
}

/** A count for each size; the smallest are the usual ones. */
function readHugePages(pages: readonly XmlElement[]): number | null {
  const sizes = pages.map((element) => ({
    size: count(element.attribute('size')) ?? 0,
    pages: count(element.text) ?? 0,
  }));
  if (sizes.length === 0) return null;
  const usual = Math.min(...sizes.map(({ size }) => size));
  return sizes.reduce((sum, { size, pages: kept }) => sum + (size > usual ? kept : 0), 0);
}

/** Not its microcode, whose features are told, nor its clock, which is measured at each boot. */
function readIdentity(cpu: XmlElement): string | null {
  const model = filled(cpu.textAt('model'));
  if (model === null) return null;
  const signature = ['family', 'model', 'stepping'].map((part) => cpu.attributeAt('signature', part) ?? '');
  const features = cpu.findAll('feature').map((feature) => feature.attribute('name') ?? '');
  return [
    cpu.textAt('arch') ?? '',
    model,
    cpu.textAt('vendor') ?? '',
    signature.join('/'),
    cpu.attributeAt('maxphysaddr', 'bits') ?? '',
    ...features.toSorted(),
  ].join(' ');
}

function readTopology(topology: XmlElement | null): CapabilitiesModel['topology'] {
  if (topology === null) return null;
  const part = (name: string): number => count(topology.attribute(name)) ?? 1;
  return { sockets: part('sockets'), dies: part('dies'), cores: part('cores'), threads: part('threads') };
}

function readGuest(guest: XmlElement): GuestCapability {
  const arch = guest.find('arch');
  return {
    osType: guest.textAt('os_type') ?? 'unknown',
    arch: arch?.attribute('name') ?? 'unknown',
    emulator: filled(arch?.textAt('emulator')),
    domainTypes: (arch?.findAll('domain') ?? []).flatMap((domain) => filled(domain.attribute('type')) ?? []),
    machines: (arch?.findAll('machine') ?? []).map((machine) => ({
      name: machine.text.trim(),
      canonical: filled(machine.attribute('canonical')),
      maxCpus: integer(machine.attribute('maxCpus')),
    })),
  };
}
