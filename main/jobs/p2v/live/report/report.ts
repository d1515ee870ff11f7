import type { SourceArea, SourceReport } from '../../../../contract/p2v-source.ts';
import { firstBootOf } from '../first-boot/offers.ts';
import type { SourceDisk, SourceFacts } from '../model.ts';
import { changesFor, movingOn, othersWarnings } from './changes.ts';
import { diskProblems } from './disk-problems.ts';
import { devicesFor, startWarnings } from './hardware.ts';
import { changes, contentWord, disksOfGroup, placesOn, volumesIn, type Place } from './places.ts';

/** Containers have no disks and no kernel of their own. */
const CONTAINERS = new Set([
  'openvz',
  'lxc',
  'lxc-libvirt',
  'systemd-nspawn',
  'docker',
  'podman',
  'rkt',
  'wsl',
  'proot',
  'pouch',
]);

/** What a running machine is, and what a copy of it takes: what works, what is asked, what is not promised, and what cannot be. */
export function reportOf(
  facts: SourceFacts,
  { name, as }: { readonly name: string; readonly as: 'root' | 'sudo' },
): SourceReport {
  const problems = new Map(facts.disks.map((disk) => [disk.name, diskProblems(disk, facts)]));
  const able = facts.disks.filter((disk) => (problems.get(disk.name) ?? []).length === 0);
  const moving = movingOn(able, facts);
  const boots = firstBootOf(facts, able);
  const { hostname, system, kernel, arch, firmware, secureBoot, memoryBytes, cpus, nics } = facts;
  const cannot = machineProblems(facts, able);
  return {
    source: name,
    as,
    hostname,
    system,
    kernel,
    arch,
    firmware,
    secureBoot,
    memoryBytes,
    cpus,
    disks: facts.disks.map((disk) => ({
      ...areaOf(disk),
      name: disk.name,
      model: disk.model,
      table: disk.table,
      partitions: disk.partitions.map(areaOf),
      problems: problems.get(disk.name) ?? [],
    })),
    groups: facts.groups.map((group) => ({
      name: group.name,
      freeBytes: group.freeBytes,
      volumes: volumesIn([group]).map((place) => ({ ...areaOf(place), kind: place.volume.kind })),
    })),
    nics: nics.map((nic) => ({ name: nic.name, mac: nic.mac, addresses: [...nic.addresses] })),
    devices: devicesFor(facts),
    // Of what cannot be, nothing else is worth reading.
    ...(cannot.length > 0
      ? { works: [], changes: [], warnings: [...facts.gaps] }
      : {
          works: worksIn(facts, able, moving.twice),
          changes: [...changesFor(moving, facts), ...boots.map(({ change }) => change)],
          warnings: [
            ...contentWarnings(facts, moving.twice),
            ...othersWarnings(moving, facts),
            ...startWarnings(facts, boots),
            ...facts.gaps,
          ],
        }),
    problems: cannot,
  };
}

function areaOf({ path, sizeBytes, content }: Place): SourceArea {
  const mounted = content.kind === 'fileSystem' ? content : null;
  return {
    path,
    sizeBytes,
    content: contentWord(content),
    mountpoints: [...(mounted?.mountpoints ?? [])],
    usedBytes: mounted?.usedBytes ?? null,
  };
}

function worksIn(facts: SourceFacts, able: SourceFacts['disks'], twice: readonly Place[]): string[] {
  const still = able
    .flatMap(placesOn)
    .filter(
      (place) => place.content.kind === 'fileSystem' && !changes(place, facts) && !twice.includes(place),
    );
  const swaps = able.flatMap(placesOn).filter(({ content }) => content.kind === 'swap');
  const { disk, nic } = devicesFor(facts);
  return [
    ...able.map(({ path }) => `${path} can be copied while the machine runs.`),
    ...(still.length === 0 ? [] : [`${listed(still)} is not written to: it is copied as it is.`]),
    ...(swaps.length === 0
      ? []
      : [`${listed(swaps)} is made anew, with its UUID and label: what is in it is not copied.`]),
    `The new machine has ${disk === 'virtio' ? 'virtio' : 'SATA'} disks and ${nic} cards, for which its system has the drivers${disk === 'sata' ? ' in most cases' : ''}.`,
  ];
}

function listed(places: readonly Place[]): string {
  return places.map(({ path }) => path).join(', ');
}

function contentWarnings(facts: SourceFacts, twice: readonly Place[]): string[] {
  const { disks, groups } = facts;
  const luks = disks.flatMap(placesOn).filter(({ content }) => content.kind === 'luks');
  const wide = groups.filter((group) => disksOfGroup(group, facts).length > 1);
  const usb = disks.filter(({ removable, transport }) => removable || transport === 'usb');
  return [
    ...twice
      .filter(({ content }) => !(content.kind === 'fileSystem' && content.type === 'vfat'))
      .map(
        ({ path }) =>
          `${path} is written to while it is read, and no snapshot of it can be made: what has changed is read again until nothing has changed any more. Where that does not come, as on a busy machine, the copy is given up: stop what writes to it, or save the machine with Clonezilla.`,
      ),
    ...luks.map(
      ({ path }) =>
        `${path} is encrypted (LUKS): it is copied as it is, all of it, and the new machine asks for its passphrase.`,
    ),
    ...wide.map(
      (group) =>
        `The volume group ${group.name} lies on several disks (${disksOfGroup(group, facts)
          .map(({ name }) => name)
          .join(', ')}): take all of them or none.`,
    ),
    ...usb.map(
      ({ path }) =>
        `${path} can be taken out (USB or the like): leave it out if it is not the machine's own.`,
    ),
  ];
}

function machineProblems(facts: SourceFacts, able: readonly SourceDisk[]): string[] {
  const { virtualization, arch, disks } = facts;
  if (virtualization !== null && CONTAINERS.has(virtualization))
    return [
      `It is a container (${virtualization}), which has no disks of its own. Copy its files into a new machine.`,
    ];
  const isX86 = arch === 'x86_64' || /^i[3-6]86$/.test(arch);
  return [
    ...(isX86
      ? []
      : [
          `Its processor is ${arch}: a copy runs on a host of that kind alone, which is not in this version.`,
        ]),
    ...(disks.length === 0
      ? ['It tells of no disk.']
      : able.length === 0
        ? ['None of its disks can be copied.']
        : rootIsLeft(facts, able)
          ? [
              'The disk that its root lies on cannot be copied: what would be made of the others does not start.',
            ]
          : []),
    ...facts.unknown.map((text) => `${text} What is on its disks is not known without it.`),
    ...(rootIsThere(facts) ? [] : ['Its root is not on a local disk that is known here.']),
  ];
}

function rootIsThere(facts: SourceFacts): boolean {
  const places = [...facts.disks.flatMap(placesOn), ...volumesIn(facts.groups), ...facts.stacks];
  return places.some(({ content }) => content.kind === 'fileSystem' && content.mountpoints.includes('/'));
}

/** It lies on disks, or volumes, of which one at least cannot be copied. */
function rootIsLeft(facts: SourceFacts, able: readonly SourceDisk[]): boolean {
  const isRoot = ({ content }: Place): boolean =>
    content.kind === 'fileSystem' && content.mountpoints.includes('/');
  const group = facts.groups.find((one) => volumesIn([one]).some(isRoot));
  const under =
    group === undefined
      ? facts.disks.filter((disk) => placesOn(disk).some(isRoot))
      : disksOfGroup(group, facts);
  return under.some((disk) => !able.includes(disk));
}
