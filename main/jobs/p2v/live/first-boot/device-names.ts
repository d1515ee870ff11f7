import type { DeviceRow, DeviceTable, SourceContent, SourceFacts } from '../model.ts';
import { placesOn, volumesIn } from '../report/places.ts';

/** Names that follow how and where a disk is attached. */
const BY_PLACE = /^\/dev\/(?:[shv]d[a-z]|xvd[a-z]|nvme\d|mmcblk\d|disk\/by-(?:path|id)\/)/;
/** Those that LVM and the device mapper give follow what is on the disks. */
const BY_CONTENT = /^\/dev\/disk\/by-id\/(?:dm|lvm|md)-/;

/** A name that may be another disk's, or nobody's, in the new machine. */
export function isByPlace(name: string): boolean {
  return BY_PLACE.test(name) && !BY_CONTENT.test(name);
}

export interface NewName {
  readonly row: DeviceRow;
  /** `UUID=…`, `PARTUUID=…` */
  readonly to: string;
}

/** Rows of a table that name a device by its place, each with a name that stays; null: none is known. */
export function newNames(
  { rows }: DeviceTable,
  facts: SourceFacts,
): { readonly row: DeviceRow; readonly to: string | null }[] {
  return rows
    .filter(({ device }) => isByPlace(device))
    .map((row) => ({ row, to: lastingName(row.leadsTo, facts) }));
}

/** What two devices have tells neither. */
function lastingName(path: string | null, facts: SourceFacts): string | null {
  const places = facts.disks.flatMap((disk) =>
    placesOn(disk).map((place) => ({
      ...place,
      partUuid: disk.partitions.find(({ path: own }) => own === place.path)?.partUuid ?? null,
    })),
  );
  const found = places.find((place) => place.path === path);
  if (found === undefined) return null;
  const everything = [...places, ...volumesIn(facts.groups), ...facts.stacks];
  const uuid = uuidOf(found.content);
  if (uuid !== null && everything.filter(({ content }) => uuidOf(content) === uuid).length === 1)
    return `UUID=${uuid}`;
  const { partUuid } = found;
  const isOne = places.filter((place) => place.partUuid === partUuid).length === 1;
  return partUuid !== null && isOne && isPlain(partUuid) ? `PARTUUID=${partUuid}` : null;
}

function uuidOf(content: SourceContent): string | null {
  switch (content.kind) {
    case 'fileSystem':
    case 'swap':
    case 'luks':
      return content.uuid !== null && isPlain(content.uuid) ? content.uuid : null;
    default:
      return null;
  }
}

function isPlain(uuid: string): boolean {
  return /^[0-9A-Za-z-]{2,64}$/.test(uuid);
}
