import { createHash } from 'node:crypto';
import { FailureError } from '../../../hosts/failures.ts';
import type { SourceContent, SourceFacts } from './model.ts';
import { probeDisks } from './probe.ts';
import { groupsOn } from './report/places.ts';
import { overSourceLinks, type SourceHost } from '../../source/source-host.ts';

/**
 * What a copy of a disk relies on, as one word: the disk, its partitions, the volumes on it and what they hold. null: there is no such disk.
 * @param tag of the job, whose own snapshots are no change of the source; those of another job are
 */
export function identityOf(
  facts: Pick<SourceFacts, 'disks' | 'groups'>,
  name: string,
  tag: string | null = null,
): string | null {
  const disk = facts.disks.find((each) => each.name === name);
  if (disk === undefined) return null;
  const { path, sizeBytes, sectorBytes, table, partitions } = disk;
  const groups = groupsOn(disk, facts).map((group) => [
    group.name,
    group.extentBytes,
    group.devices.map((device) => [device.path, device.uuid]),
    group.volumes
      .filter((volume) => !(volume.kind === 'snapshot' && tag !== null && volume.name.startsWith(`${tag}-`)))
      .map((volume) => [volume.name, volume.sizeBytes, volume.kind, volume.segments, held(volume.content)]),
  ]);
  const all = [
    [path, sizeBytes, sectorBytes, table, held(disk.content)],
    partitions.map((each) => [each.path, each.at, each.sizeBytes, each.type, held(each.content)]),
    groups,
  ];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}

function held(content: SourceContent): unknown[] {
  return [
    content.kind,
    'uuid' in content ? content.uuid : null,
    'type' in content ? content.type : null,
    content.kind === 'physicalVolume' ? [content.group, content.dataOffset] : null,
  ];
}

/**
 * Looks at the source again: days may lie between the plan, or the begin of the job, and now.
 * @throws FailureError CONFLICT where the disk is not as it was
 */
export async function assertSame(
  host: SourceHost,
  { disk, identity, tag }: { readonly disk: string; readonly identity: string; readonly tag: string | null },
  signal: AbortSignal,
): Promise<void> {
  const facts = await overSourceLinks(host, signal, (exec) => probeDisks({ exec, name: host.name }, signal));
  if (identityOf(facts, disk, tag) === identity) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `${disk} of ${host.name}, or what is on it, is not as it was when the copy was planned, or another copy of it is being made. Plan it anew.`,
  });
}
