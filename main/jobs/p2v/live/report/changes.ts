import type { SourceChange } from '../../../../contract/p2v-source.ts';
import type { SourceDisk, SourceFacts } from '../model.ts';
import { runsOthers } from '../others-services.ts';
import { changes, groupsOn, placesOn, volumesIn, type Place, type VolumePlace } from './places.ts';

/** A snapshot has room for so much of its volume to change meanwhile. */
export const SNAPSHOT_SHARE = 0.2;
const LEAST_SNAPSHOT_BYTES = 256 * 1024 ** 2;

/** Services that keep data of their own in files, by the beginnings of their units' names. */
const DATA_SERVICES =
  /^(?:mysql|mariadb|postgresql|mongod|redis|valkey|influxd|elasticsearch|opensearch|cassandra|couchdb|neo4j|rabbitmq|slapd|dirsrv|smbd|nfs-server|nfs-kernel-server|postfix|dovecot|exim|named|prometheus|grafana|gitlab|jenkins|nextcloud|oracle|mssql-server|firebird|clickhouse)/;

/** How ids of changes begin. */
export const SNAPSHOT = 'snapshot:';
export const SERVICE = 'service:';
/** The id of the change that lets it write to the host itself. */
export const DIRECT = 'direct';

export function snapshotId({ group, volume }: Pick<VolumePlace, 'group' | 'volume'>): string {
  return `${SNAPSHOT}${group.name}/${volume.name}`;
}

/** What is written to while it is read, by how it can be held still. */
export interface Moving {
  /** Volumes that a snapshot can be made of. */
  readonly snapshots: readonly VolumePlace[];
  /** What is read twice: then again what has changed, with services stopped. */
  readonly twice: readonly Place[];
}

export function movingOn(disks: readonly SourceDisk[], facts: SourceFacts): Moving {
  const groups = [...new Set(disks.flatMap((disk) => groupsOn(disk, facts)))];
  const isMoving = (place: Place | VolumePlace): boolean => changes(place, facts);
  const volumes = volumesIn(groups).filter(isMoving);
  const canSnapshot = facts.tools.includes('lvcreate');
  // The parts of a striped one lie on disks as no part of its snapshot does.
  const able = volumes.filter(({ volume }) => canSnapshot && volume.kind === 'linear');
  const snapshots = groups.flatMap((group) => fitting(able.filter((each) => each.group === group)));
  const others = volumes.filter((volume) => !snapshots.includes(volume));
  return { snapshots, twice: [...disks.flatMap((disk) => placesOn(disk).filter(isMoving)), ...others] };
}

/** The room that a snapshot of a volume takes in its group. */
export function snapshotBytes({ sizeBytes, group }: VolumePlace): number {
  const wanted = Math.min(sizeBytes, Math.max(sizeBytes * SNAPSHOT_SHARE, LEAST_SNAPSHOT_BYTES));
  return Math.ceil(wanted / group.extentBytes) * group.extentBytes;
}

/** Those that have room beside each other, all or none: two moments within one group help nobody. */
function fitting(volumes: readonly VolumePlace[]): readonly VolumePlace[] {
  const wanted = volumes.reduce((sum, volume) => sum + snapshotBytes(volume), 0);
  return wanted <= (volumes[0]?.group.freeBytes ?? 0) ? volumes : [];
}

/** No snapshot holds all that services may write to, or several do, each of an instant of its own. */
function wantsRest({ snapshots, twice }: Moving): boolean {
  return twice.some(holdsData) || snapshots.length > 1;
}

/** What would have to stand still, and cannot be stopped and started as it was. */
export function othersWarnings(moving: Moving, { services }: Pick<SourceFacts, 'services'>): string[] {
  const names = (services ?? []).filter(runsOthers);
  if (names.length === 0 || !wantsRest(moving)) return [];
  return [
    `${names.join(', ')} ${names.length === 1 ? 'runs' : 'run'} containers or guests, which would not all run again as they do now if that were stopped: it is left alone. Stop them yourself while it is copied; what they write may be of different moments in the copy else.`,
  ];
}

/** What a copy of these disks would change on the source, each to be agreed to by itself. */
export function changesFor(moving: Moving, facts: SourceFacts): SourceChange[] {
  const { snapshots, twice } = moving;
  const beside = twice.map(({ path }) => path).join(', ');
  return [
    ...snapshots.map(({ group, volume }): SourceChange => {
      const name = `${group.name}/${volume.name}`;
      return {
        id: snapshotId({ group, volume }),
        kind: 'snapshot',
        lines: [],
        text: `Make a snapshot of the volume ${name}, in free room of its group, and remove it at the end.`,
        why: `${
          snapshots.length === 1
            ? 'All of it is of one moment, as after a power cut: its file system and databases repair themselves as they start.'
            : 'It is of one moment, as after a power cut, and the other volumes of moments close to it: what a database keeps on several of them may not agree unless it is stopped.'
        }${beside === '' ? '' : ` What lies beside it (${beside}) may be of a later moment.`}`,
      };
    }),
    ...(wantsRest(moving)
      ? (facts.services ?? []).filter((name) => DATA_SERVICES.test(name) && !runsOthers(name))
      : []
    ).map((name): SourceChange => ({
      id: `${SERVICE}${name}`,
      kind: 'service',
      lines: [],
      text: `Stop the service ${name} while what it writes to is held still, or compared with the copy, and start it again.`,
      why: 'What it writes is whole in the copy. Without it its files may be of different moments.',
    })),
    ...(facts.tools.includes('ssh')
      ? [
          {
            id: DIRECT,
            kind: 'direct' as const,
            lines: [],
            text: 'Put a key in /run that lets it write to the new disks on the host and do nothing else there, and a line for that key into authorized_keys of the login to the host; and take both away when the disks are read.',
            why: 'The bytes go from it to the host directly, where it reaches that; without it they go through this computer.',
          },
        ]
      : []),
  ];
}

/** Services may write to it: it is not what starts the machine alone. */
export function holdsData({ content }: Place): boolean {
  if (content.kind !== 'fileSystem') return true;
  const { mountpoints } = content;
  return mountpoints.length === 0 || !mountpoints.every((at) => /^\/(?:boot|efi)(?:\/|$)/.test(at));
}
