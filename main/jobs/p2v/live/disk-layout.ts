import type { Piece } from '../../../../drivers/formats/disk/piece.ts';
import { swapHeader } from '../../../../drivers/formats/disk/swap-area.ts';
import type { UsedBlocks } from '../../../../drivers/formats/used-blocks/used-blocks.ts';
import type { Device } from '../../source/devices.ts';
import type { LayoutContent, LayoutDisk, LayoutFacts, LayoutGroup, LayoutVolume } from './layout-facts.ts';

/** A part of the disk's copy, and where its bytes are from. */
export interface LayoutPart {
  /** In the copy. */
  readonly at: number;
  readonly length: number;
  readonly from:
    | { readonly kind: 'zeros' }
    | { readonly kind: 'bytes'; readonly data: Uint8Array }
    | {
        readonly kind: 'device';
        readonly device: Device;
        readonly deviceAt: number;
        /** What is not in use is zeros; null: all of it is read. */
        readonly used: UsedBlocks | null;
        /** Where the part begins in the file system that `used` is of. */
        readonly fileSystemAt: number;
      };
}

/** What is read in place of the disk itself. */
export interface Taken {
  /** Snapshots, by the path of the volume. */
  readonly snapshots: ReadonlyMap<string, string>;
  /** Of volumes that have a snapshot: what their file systems use; those left out are read whole. */
  readonly used: ReadonlyMap<string, UsedBlocks>;
  /** Of partitions that are physical volumes: what LVM knew before there were snapshots. Offsets are in the partition. */
  readonly metadata: ReadonlyMap<string, readonly Piece[]>;
}

/**
 * Where each byte of a disk's copy comes from, in order, from its first to its last: the disk itself, but snapshots where there are some, swap areas made anew, and nothing
 * where LVM has given no room away.
 */
export function diskLayout({ disk, groups }: LayoutFacts, taken: Taken): LayoutPart[] {
  const places = [
    ...disk.partitions.map(({ path, at, sizeBytes, content }) => ({ path, at, sizeBytes, content })),
    ...(disk.table === 'none'
      ? [{ path: disk.path, at: 0, sizeBytes: disk.sizeBytes, content: disk.content }]
      : []),
  ];
  const parts: LayoutPart[] = [];
  const device: Device = { path: disk.path, live: true };
  const upTo = (end: number): void => {
    const last = parts.at(-1);
    const at = last === undefined ? 0 : last.at + last.length;
    if (end > at)
      parts.push({
        at,
        length: end - at,
        from: { kind: 'device', device, deviceAt: at, used: null, fileSystemAt: 0 },
      });
  };
  for (const place of places.toSorted((a, b) => a.at - b.at)) {
    // Logical partitions lie in an extended one.
    if (place.content.kind === 'extended') continue;
    upTo(place.at);
    parts.push(...partsOf(place, { disk, device, groups, taken }));
  }
  upTo(disk.sizeBytes);
  return parts;
}

/**
 * The layout as it is known before there are snapshots, and the same as long as the job lasts: what they will hold, and what LVM knows of their groups, is
 * zeros.
 * @param snapshotted paths of the volumes
 */
export function liveLayout(facts: LayoutFacts, snapshotted: readonly string[]): LayoutPart[] {
  const groups = facts.groups.filter(({ volumes }) => volumes.some(({ path }) => snapshotted.includes(path)));
  const held = ({ content }: { readonly content: LayoutContent }): boolean =>
    content.kind === 'physicalVolume' && groups.some(({ name }) => name === content.group);
  const taken: Taken = {
    snapshots: new Map(snapshotted.map((path) => [path, path])),
    used: new Map(),
    metadata: new Map([facts.disk, ...facts.disk.partitions].filter(held).map(({ path }) => [path, []])),
  };
  return diskLayout(facts, taken).map((part) => (isHeld(part) ? { ...part, from: { kind: 'zeros' } } : part));
}

/** What snapshots hold, and what is written down: nothing of it is in `liveLayout`, but swap. */
export function heldParts(facts: LayoutFacts, taken: Taken): LayoutPart[] {
  return diskLayout(facts, taken).filter((part) => isHeld(part) || part.from.kind === 'bytes');
}

function isHeld({ from }: LayoutPart): boolean {
  return from.kind === 'device' && !from.device.live;
}

interface Place {
  readonly path: string;
  readonly at: number;
  readonly sizeBytes: number;
  readonly content: LayoutContent;
}

interface Context {
  readonly disk: LayoutDisk;
  readonly device: Device;
  readonly groups: readonly LayoutGroup[];
  readonly taken: Taken;
}

function partsOf(place: Place, context: Context): LayoutPart[] {
  const { path, at, sizeBytes, content } = place;
  const { device, taken } = context;
  const whole: LayoutPart = {
    at,
    length: sizeBytes,
    from: { kind: 'device', device, deviceAt: at, used: null, fileSystemAt: 0 },
  };
  switch (content.kind) {
    case 'swap':
      return swapParts(content, { at, length: sizeBytes });
    case 'physicalVolume': {
      const group = context.groups.find(({ name }) => name === content.group);
      const pieces = taken.metadata.get(path);
      const { dataOffset, dataBytes } = content;
      if (group === undefined || dataOffset === null) return [whole];
      if (pieces !== undefined) return physicalVolumeParts(place, { ...context, group, pieces });
      // Its text is read as it is; behind the extents it may have another copy of that.
      if (dataBytes === null || dataOffset + dataBytes > sizeBytes || !knowsAll(group)) return [whole];
      const read = (from: number, end: number): LayoutPart[] =>
        from === end
          ? []
          : [
              {
                at: at + from,
                length: end - from,
                from: { kind: 'device', device, deviceAt: at + from, used: null, fileSystemAt: 0 },
              },
            ];
      const extents = extentsOn(path, at, { ...context, group });
      const area = { at: at + dataOffset, end: at + dataOffset + dataBytes };
      return [
        ...read(0, dataOffset),
        ...filled(extents, { ...area, rest: null }),
        ...read(dataOffset + dataBytes, sizeBytes),
      ];
    }
    default:
      return [whole];
  }
}

function swapParts(
  { uuid, label }: { readonly uuid: string | null; readonly label: string | null },
  { at, length }: { readonly at: number; readonly length: number },
): LayoutPart[] {
  const data = swapHeader(length, { uuid, label });
  return [
    { at, length: data.length, from: { kind: 'bytes', data } },
    { at: at + data.length, length: length - data.length, from: { kind: 'zeros' } },
  ];
}

interface GroupContext extends Context {
  readonly group: LayoutGroup;
}

interface PhysicalVolumeContext extends GroupContext {
  readonly pieces: readonly Piece[];
}

/** The text, the volumes' extents that lie here, and zeros in between. */
function physicalVolumeParts({ path, at, sizeBytes }: Place, context: PhysicalVolumeContext): LayoutPart[] {
  const { group, pieces, device } = context;
  const texts = pieces.map(({ offset, data }): LayoutPart => ({
    at: at + offset,
    length: data.length,
    from: { kind: 'bytes', data },
  }));
  const parts = [...texts, ...extentsOn(path, at, context)].toSorted((a, b) => a.at - b.at);
  return filled(parts, { at, end: at + sizeBytes, rest: knowsAll(group) ? null : device });
}

/** What volumes have of a physical volume, in order. @param at where that begins on the disk */
function extentsOn(path: string, at: number, { group, device, taken }: GroupContext): LayoutPart[] {
  const parts: LayoutPart[] = [];
  for (const volume of group.volumes)
    for (const segment of volume.segments)
      for (const stripe of segment.stripes.filter((some) => some.device === path))
        parts.push(
          ...extentParts(volume, {
            at: at + stripe.at,
            length: segment.bytes / segment.stripes.length,
            volumeAt: segment.at,
            // A stripe's bytes are not side by side in the volume, but they are here.
            isLinear: segment.stripes.length === 1,
            device,
            taken,
          }),
        );
  return parts.toSorted((a, b) => a.at - b.at);
}

interface Extents {
  readonly at: number;
  readonly length: number;
  readonly volumeAt: number;
  readonly isLinear: boolean;
  readonly device: Device;
  readonly taken: Taken;
}

function extentParts(
  { path, content, sizeBytes }: LayoutVolume,
  { at, length, volumeAt, isLinear, device, taken }: Extents,
): LayoutPart[] {
  if (content.kind === 'swap' && isLinear && volumeAt === 0 && length === sizeBytes)
    return swapParts(content, { at, length });
  const snapshot = isLinear ? taken.snapshots.get(path) : undefined;
  if (snapshot !== undefined)
    return [
      {
        at,
        length,
        from: {
          kind: 'device',
          device: { path: snapshot, live: false },
          deviceAt: volumeAt,
          used: taken.used.get(path) ?? null,
          fileSystemAt: volumeAt,
        },
      },
    ];
  return [{ at, length, from: { kind: 'device', device, deviceAt: at, used: null, fileSystemAt: 0 } }];
}

/** Whether all that the group has given away is of volumes whose places are known. */
function knowsAll({ volumes }: LayoutGroup): boolean {
  return volumes.every(({ kind }) => kind === 'linear' || kind === 'striped');
}

/** With what lies in between: zeros, or what the device has there. */
function filled(
  parts: readonly LayoutPart[],
  { at, end, rest }: { readonly at: number; readonly end: number; readonly rest: Device | null },
): LayoutPart[] {
  const out: LayoutPart[] = [];
  let done = at;
  const fill = (to: number): void => {
    if (to <= done) return;
    out.push({
      at: done,
      length: to - done,
      from:
        rest === null
          ? { kind: 'zeros' }
          : { kind: 'device', device: rest, deviceAt: done, used: null, fileSystemAt: 0 },
    });
  };
  for (const part of parts) {
    fill(part.at);
    out.push(part);
    done = part.at + part.length;
  }
  fill(end);
  return out;
}
