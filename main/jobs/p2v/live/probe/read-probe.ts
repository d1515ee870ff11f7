import { FormatError } from '../../../../../drivers/formats/errors.ts';
import type { SourceClock, SourceFacts } from '../model.ts';
import { efiOf, firmwareOf, initramfsOf, secureBootOf } from './boot.ts';
import { deviceTablesOf } from './device-tables.ts';
import { contentsOf, disksOf, stacksOf } from './devices.ts';
import { knowsVolumes, physicalVolumes } from './lvm-report.ts';
import { nicsOf } from './network.ts';
import { LOOKED_FOR } from './script.ts';
import { countOf, linesOf, sectionsOf, wordsOf, type Sections } from './sections.ts';
import { volumesOf } from './volumes.ts';

const MAX_LINES = 1024;

/**
 * What a probe printed, as facts.
 * @param mark what its script was given
 * @throws {FormatError} where the end is missing, or the kernel tells no memory or no CPUs
 */
export function readProbe(text: string, mark: string): SourceFacts {
  const sections = sectionsOf(text, mark);
  if (!sections.whole) throw new FormatError('TRUNCATED', 'The probe ended before all was told');
  const [kernel = '', arch = ''] = (linesOf(sections, 'uname')[0] ?? '').split(' ');
  const release = releaseOf(sections);
  const physical = physicalVolumes(sections);
  const contents = contentsOf(sections, physical);
  const { groups, numbers } = volumesOf(sections, physical, contents);
  const tools = new Set(linesOf(sections, 'tools'));
  return {
    hostname: wordsOf(linesOf(sections, 'hostname')[0]) ?? '',
    system: wordsOf(release.get('PRETTY_NAME')),
    systemId: wordsOf(release.get('ID')),
    kernel: wordsOf(kernel) ?? '',
    arch: wordsOf(arch) ?? '',
    firmware: firmwareOf(sections),
    secureBoot: secureBootOf(sections),
    memoryBytes: memoryOf(sections),
    cpus: cpusIn(linesOf(sections, 'cpus')[0] ?? ''),
    virtualization: virtualizationOf(sections),
    tools: LOOKED_FOR.filter((tool) => tools.has(tool)),
    disks: disksOf(sections, contents),
    groups,
    stacks: stacksOf(contents, numbers),
    nics: nicsOf(sections),
    deviceTables: deviceTablesOf(sections),
    bootDevices: bootDevicesOf(sections),
    services: servicesOf(sections),
    initramfs: initramfsOf(sections),
    efi: efiOf(sections),
    clock: clockOf(sections),
    gaps: gapsOf(sections),
    unknown: unknownIn(sections),
  };
}

/** os-release(5) */
function releaseOf(sections: Sections): Map<string, string> {
  const pairs = linesOf(sections, 'os-release').map((line) => /^([A-Z_]+)=(["']?)(.*)\2$/.exec(line.trim()));
  return new Map(
    pairs.flatMap((pair) =>
      pair === null ? [] : [[pair[1] ?? '', (pair[3] ?? '').replaceAll(/\\(.)/g, '$1')] as const],
    ),
  );
}

/** What is plugged in, which is more than the kernel has for its programs; else that. */
function memoryOf(sections: Sections): number {
  const [block = '', count] = (linesOf(sections, 'memory-blocks')[0] ?? '').split('\t');
  const bytes = /^[0-9a-f]{1,12}$/.test(block) ? parseInt(block, 16) * (countOf(count) ?? 0) : 0;
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  const total = linesOf(sections, 'meminfo').map((line) => /^MemTotal:\s+(\d{1,12}) kB/.exec(line)?.[1]);
  const kib = countOf(total.find((value) => value !== undefined));
  if (kib === null) throw new FormatError('BAD_VALUE', 'It does not tell its memory');
  return kib * 1024;
}

/** `0-3,8`. */
function cpusIn(list: string): number {
  const cpus = list.split(',').reduce((sum, range) => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range.trim());
    return match === null ? sum : sum + Number(match[2] ?? match[1]) - Number(match[1]) + 1;
  }, 0);
  if (cpus < 1) throw new FormatError('BAD_VALUE', 'It does not tell its CPUs');
  return cpus;
}

function virtualizationOf(sections: Sections): string | null {
  const word = wordsOf(linesOf(sections, 'virt')[0]);
  return word === 'none' ? null : word;
}

function bootDevicesOf(sections: Sections): string[] {
  const words = (linesOf(sections, 'cmdline')[0] ?? '').split(' ');
  return words.flatMap((word) => /^(?:root|resume)=(.{1,200})$/.exec(word)?.[1] ?? []);
}

/** What serves is the kernel: systemd calls such a unit active, and ended. */
const IN_KERNEL = /^nfs-(?:kernel-)?server$/;

/** Of a line `NAME.service loaded active running …`. */
function servicesOf(sections: Sections): string[] | null {
  const text = sections.texts.get('services') ?? null;
  // `systemctl` is there without systemd as the first process, too, and tells nothing.
  if (text === null || text.trim() === '') return null;
  return linesOf(sections, 'services')
    .slice(0, MAX_LINES)
    .flatMap((line) => {
      const [, name = '', state] = /^(\S+)\.service(?:\s+\S+\s+\S+\s+(\S+).*)?$/.exec(line.trim()) ?? [];
      return name !== '' && (state !== 'exited' || IN_KERNEL.test(name)) ? [name] : [];
    });
}

function clockOf(sections: Sections): SourceClock {
  const [seconds, zone = '', rtc] = linesOf(sections, 'clock');
  const name = zone.trim().replace(/^.*\/zoneinfo\//, '');
  return {
    at: (countOf(seconds) ?? 0) * 1000,
    zone: /^[A-Za-z]+(?:\/[A-Za-z0-9_+-]+){0,2}$/.test(name) ? name : null,
    rtc: rtc === 'LOCAL' ? 'local' : rtc === 'UTC' ? 'utc' : 'unknown',
  };
}

/** What would have told, in words. */
function gapsOf(sections: Sections): string[] {
  const { texts, cut } = sections;
  const isMissing = (name: string): boolean => (texts.get(name) ?? null) === null;
  return [
    ...(isMissing('blkid')
      ? ['There is no blkid: what is on partitions that are not mounted is unknown.']
      : []),
    ...(isMissing('in-initramfs')
      ? ['There is no lsinitramfs or lsinitrd: what is in the initramfs is unknown.']
      : []),
    ...(isMissing('addresses') ? ['There is no ip: addresses are unknown.'] : []),
    ...cut
      .filter((name) => !ABOUT_DISKS.has(name))
      .map((name) => `The list of ${name} is longer than is read: its end is unknown.`),
  ];
}

/** Sections that tell what is on the disks, and who uses it. */
const ABOUT_DISKS = new Set(['block', 'tables', 'blkid', 'mounts', 'swaps', 'pvs', 'vgs', 'lvs']);

function unknownIn(sections: Sections): string[] {
  const { texts, cut } = sections;
  const hasLvm = /LVM2_member/.test(texts.get('blkid') ?? '') || physicalVolumes(sections).length > 0;
  return [
    ...(hasLvm && !knowsVolumes(sections)
      ? ['There is LVM, and its programs (pvs, vgs, lvs) do not tell of it.']
      : []),
    ...cut
      .filter((name) => ABOUT_DISKS.has(name))
      .map((name) => `The list of ${name} is longer than is read.`),
  ];
}
