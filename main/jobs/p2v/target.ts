import type { StripedSegment, VolumeGroup } from '../../../drivers/formats/disk/volume-group.ts';

/** Where the bytes of a partition or volume are on a disk. */
export interface Target {
  readonly bytes: number;
  /** In order, without gaps. */
  readonly segments: readonly TargetSegment[];
}

export interface TargetSegment {
  readonly from: number;
  readonly bytes: number;
  /** Of each stripe, where it begins on the disk; null: on another disk. One stripe is linear. */
  readonly stripes: readonly (number | null)[];
  readonly stripeBytes: number;
}

/** A part of a piece of content, for one place. */
export interface Placed {
  /** Within the piece. */
  readonly from: number;
  readonly bytes: number;
  /** On the disk; null: on another disk. */
  readonly offset: number | null;
}

export function partitionTarget(offset: number, bytes: number): Target {
  return { bytes, segments: [{ from: 0, bytes, stripes: [offset], stripeBytes: bytes }] };
}

/** @param dataOffsets where the extents of each physical volume begin on the disk; null: on another disk */
export function volumeTarget(
  { extentBytes }: Pick<VolumeGroup, 'extentBytes'>,
  segments: readonly StripedSegment[],
  dataOffsets: ReadonlyMap<string, number | null>,
): Target {
  const placed = segments
    .toSorted((a, b) => a.startExtent - b.startExtent)
    .map(({ startExtent, extents, stripeBytes, stripes }) => ({
      from: startExtent * extentBytes,
      bytes: extents * extentBytes,
      stripes: stripes.map(({ physical, extent }) => {
        const begin = dataOffsets.get(physical) ?? null;
        return begin === null ? null : begin + extent * extentBytes;
      }),
      stripeBytes: stripes.length === 1 ? extents * extentBytes : stripeBytes,
    }));
  return { bytes: placed.reduce((sum, { bytes }) => sum + bytes, 0), segments: placed };
}

/** A piece of content, cut where its place changes. @throws {RangeError} beyond the target's end */
export function* placesOf(target: Target, at: number, bytes: number): Generator<Placed, void, void> {
  if (at + bytes > target.bytes) throw new RangeError(`${at + bytes} is beyond the end at ${target.bytes}`);
  let segment = segmentAt(target, at);
  for (let done = 0; done < bytes;) {
    if (segment === undefined || at + done >= segment.from + segment.bytes)
      segment = segmentAt(target, at + done);
    const within = at + done - segment.from;
    const stripe = Math.floor(within / segment.stripeBytes);
    const inStripe = within % segment.stripeBytes;
    const length = Math.min(segment.stripeBytes - inStripe, segment.bytes - within, bytes - done);
    const begin = segment.stripes[stripe % segment.stripes.length] ?? null;
    const row = Math.floor(stripe / segment.stripes.length);
    yield {
      from: done,
      bytes: length,
      offset: begin === null ? null : begin + row * segment.stripeBytes + inStripe,
    };
    done += length;
  }
}

function segmentAt({ segments }: Target, at: number): TargetSegment {
  const found = segments.find(({ from, bytes }) => at >= from && at < from + bytes);
  if (found === undefined) throw new RangeError(`Nothing is at ${at}`);
  return found;
}
