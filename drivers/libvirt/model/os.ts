import type { XmlElement } from '../../xml/index.ts';
import { count, exact, filled, flag } from './values.ts';

export interface LoaderModel {
  readonly path: string | null;
  /** `pflash` or `rom`. */
  readonly type: string | null;
  readonly readonly: boolean;
  readonly secure: boolean;
}

export interface OsModel {
  /** `hvm`, `exe`, `linux`, … */
  readonly type: string;
  readonly arch: string;
  readonly machine: string | null;
  readonly firmware: 'bios' | 'efi' | 'other';
  readonly secureBoot: boolean;
  readonly loader: LoaderModel | null;
  /** File of the firmware's variables; it is deleted with VIR_DOMAIN_UNDEFINE_NVRAM. */
  readonly nvram: string | null;
  /** QEMU's name; null: none is written, which is raw to libvirt. */
  readonly nvramFormat: string | null;
  readonly nvramTemplate: string | null;
  /** `<boot dev>`: `hd`, `cdrom`, `network`, `fd`. */
  readonly boot: readonly string[];
  readonly bootMenu: boolean;
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly dtb: string | null;
  readonly init: string | null;
}

export function readOs(os: XmlElement | null): OsModel {
  const type = os?.textAt('type') ?? 'unknown';
  const arch = os?.attributeAt('type', 'arch') ?? 'unknown';
  const loader = os?.find('loader') ?? null;
  return {
    type,
    arch,
    machine: filled(os?.attributeAt('type', 'machine')),
    firmware: firmwareOf(os, loader, { type, arch }),
    secureBoot: secureBootOf(os, loader),
    loader: loader === null ? null : readLoader(loader),
    nvram: readNvram(os?.find('nvram') ?? null),
    nvramFormat: filled(os?.attributeAt('nvram', 'format')),
    nvramTemplate: exact(os?.attributeAt('nvram', 'template')),
    boot: os?.findAll('boot').flatMap((boot) => filled(boot.attribute('dev')) ?? []) ?? [],
    bootMenu: flag(os?.attributeAt('bootmenu', 'enable')),
    kernel: filled(os?.textAt('kernel')),
    initrd: filled(os?.textAt('initrd')),
    dtb: filled(os?.textAt('dtb')),
    init: filled(os?.textAt('init')),
  };
}

function readNvram(nvram: XmlElement | null): string | null {
  const source = nvram?.find('source') ?? null;
  return source === null ? exact(nvram?.text) : exact(source.attribute('file'));
}

function readLoader(loader: XmlElement): LoaderModel {
  return {
    path: exact(loader.text),
    type: filled(loader.attribute('type')),
    readonly: flag(loader.attribute('readonly')),
    secure: flag(loader.attribute('secure')),
  };
}

function firmwareOf(
  os: XmlElement | null,
  loader: XmlElement | null,
  guest: { type: string; arch: string },
): OsModel['firmware'] {
  const chosen = os?.attribute('firmware');
  if (chosen === 'efi' || chosen === 'bios') return chosen;
  // A flash is where UEFI lives, and variables are kept for it alone; of ROMs only the name tells (SeaBIOS, stateless OVMF).
  if (loader?.attribute('type') === 'pflash' || os?.find('nvram') != null) return 'efi';
  if (/ovmf|aavmf|edk2/i.test(loader?.text ?? '')) return 'efi';
  return guest.type === 'hvm' && /^(?:i[3-6]86|x86_64)$/.test(guest.arch) ? 'bios' : 'other';
}

function secureBootOf(os: XmlElement | null, loader: XmlElement | null): boolean {
  const feature = os
    ?.findAll('firmware/feature')
    .find((candidate) => candidate.attribute('name') === 'secure-boot');
  return feature === undefined ? flag(loader?.attribute('secure')) : flag(feature.attribute('enabled'));
}

export interface CpuModel {
  /** `host-passthrough`, `host-model`, `custom`, `maximum`. */
  readonly mode: string | null;
  readonly model: string | null;
  readonly vendor: string | null;
  readonly topology: {
    readonly sockets: number;
    readonly dies: number;
    readonly cores: number;
    readonly threads: number;
  } | null;
}

export function readCpu(cpu: XmlElement | null): CpuModel {
  const topology = cpu?.find('topology') ?? null;
  const part = (name: string): number => count(topology?.attribute(name)) ?? 1;
  return {
    mode: filled(cpu?.attribute('mode')) ?? (cpu?.find('model') == null ? null : 'custom'),
    model: filled(cpu?.textAt('model')),
    vendor: filled(cpu?.textAt('vendor')),
    topology:
      topology === null
        ? null
        : { sockets: part('sockets'), dies: part('dies'), cores: part('cores'), threads: part('threads') },
  };
}
