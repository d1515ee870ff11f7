import { writeNewElement, type NewElement } from '../../xml/fragment.ts';
import { buildDevices } from './domain-build-devices.ts';
import { buildPlatform } from './domain-build-platform.ts';
import { element, leaf } from './domain-build-values.ts';

/** Where the bytes of a disk are, as they were found on the host: the format is the volume's own, never guessed from its name. */
export interface BuildSource {
  readonly type: 'file' | 'block';
  readonly path: string;
  readonly format: string;
  /** The host's secret that opens what is encrypted by LUKS. */
  readonly secretUuid?: string | undefined;
}

export interface BuildDisk {
  readonly device: 'disk' | 'cdrom' | 'floppy';
  /** Null: a drive without a medium. */
  readonly source: BuildSource | null;
  /** `virtio`, `scsi`, `sata`, `ide`, `usb`, `fdc`. */
  readonly bus: string;
  readonly cache: string | null;
  readonly io: string | null;
  readonly discard: string | null;
  readonly ioThread: boolean;
  readonly readonly: boolean;
  readonly shareable: boolean;
  readonly serial: string | null;
  /** Of its sectors; left out: 512, which QEMU takes. Disks on virtio and SCSI may have others. */
  readonly sectorBytes?: number | undefined;
}

export type BuildNicSource =
  | { readonly kind: 'network'; readonly network: string; readonly portGroup: string | null }
  | { readonly kind: 'bridge'; readonly bridge: string; readonly virtualPort: string | null }
  | { readonly kind: 'direct'; readonly device: string; readonly mode: string }
  | { readonly kind: 'user' };

export interface BuildNic {
  readonly source: BuildNicSource;
  readonly model: string;
  /** Null: libvirt makes one. */
  readonly mac: string | null;
  readonly vlan: {
    readonly trunk: boolean;
    readonly tags: readonly { readonly id: number; readonly nativeMode: string | null }[];
  } | null;
  readonly filter: string | null;
  readonly linkUp: boolean;
}

/** The hardware. Names of values are libvirt's. */
export interface BuildHardware {
  readonly virtType: string;
  readonly arch: string;
  readonly machine: string | null;
  readonly firmware: 'bios' | 'efi';
  readonly secureBoot: boolean;
  readonly cpu: {
    readonly vcpus: number;
    readonly topology: { readonly sockets: number; readonly cores: number; readonly threads: number } | null;
    readonly mode: string;
    readonly model: string | null;
  };
  readonly memory: { readonly sizeMiB: number; readonly hugepages: boolean; readonly shared: boolean };
  readonly nics: readonly BuildNic[];
  readonly graphics: { readonly type: 'vnc' | 'spice' | 'none'; readonly listen: 'loopback' | 'socket' };
  readonly video: string;
  readonly sound: string | null;
  readonly tpm: { readonly model: string; readonly version: string } | null;
  readonly watchdog: { readonly model: string; readonly action: string } | null;
  readonly rng: boolean;
  readonly balloon: { readonly model: string; readonly statsPeriodSec: number };
  readonly vsock: boolean;
  readonly agent: boolean;
  readonly serial: boolean;
  readonly usb: string;
  readonly tablet: boolean;
  readonly clock: 'utc' | 'localtime';
  readonly hyperv: readonly string[];
  readonly boot: readonly string[];
  readonly bootMenu: boolean;
  readonly pm: boolean;
}

export interface DomainBuild {
  readonly name: string;
  /** Null: libvirt makes one. */
  readonly uuid: string | null;
  readonly title: string | null;
  readonly description: string | null;
  /** libosinfo's id: `http://debian.org/debian/12`. */
  readonly osId: string | null;
  /** Elements of `<metadata>` beside that. */
  readonly metadata?: readonly NewElement[];
  readonly hardware: BuildHardware;
  readonly disks: readonly BuildDisk[];
}

const LIBOSINFO = 'http://libosinfo.org/xmlns/libvirt/domain/1.0';

/**
 * A domain's definition, for virDomainDefineXML. What is not written is left to libvirt: addresses, aliases, the emulator. The password of
 * a screen is not in it (setGraphicsPassword).
 * @throws {XmlError} for a character that XML cannot hold
 */
export function buildDomain(build: DomainBuild): string {
  const { hardware } = build;
  const optional = (name: string, text: string | null): NewElement[] =>
    text === null || text === '' ? [] : [leaf(name, text)];
  const root = element('domain', { type: hardware.virtType }, [
    leaf('name', build.name),
    ...optional('uuid', build.uuid),
    ...optional('title', build.title),
    ...optional('description', build.description),
    ...metadata(build),
    ...buildPlatform(hardware, build.disks),
    element('devices', {}, buildDevices(hardware, build.disks)),
  ]);
  return `${writeNewElement(root, { newline: '\n', indent: '', step: '  ' })}\n`;
}

function metadata({ osId, metadata: own = [] }: DomainBuild): NewElement[] {
  const elements = [...(osId === null ? [] : [osinfo(osId)]), ...own];
  return elements.length === 0 ? [] : [element('metadata', {}, elements)];
}

/** Other tools read it, and write it. */
function osinfo(id: string): NewElement {
  return element('libosinfo:libosinfo', { 'xmlns:libosinfo': LIBOSINFO }, [element('libosinfo:os', { id })]);
}
