import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import type { SourceContent, SourceFacts } from './model.ts';

const content = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('swap'), uuid: z.string().nullable(), label: z.string().nullable() }),
  z.object({
    kind: z.literal('physicalVolume'),
    group: z.string().nullable(),
    dataOffset: z.number().nullable(),
    dataBytes: z.number().nullable().default(null),
  }),
  z.object({ kind: z.literal('extended') }),
  z.object({ kind: z.literal('other') }),
]);
export type LayoutContent = z.infer<typeof content>;

const disk = z.object({
  name: z.string(),
  path: z.string(),
  sizeBytes: z.number(),
  table: z.enum(['gpt', 'mbr', 'none', 'other']),
  content,
  partitions: z.array(z.object({ path: z.string(), at: z.number(), sizeBytes: z.number(), content })),
});
export type LayoutDisk = z.infer<typeof disk>;

const volume = z.object({
  name: z.string(),
  path: z.string(),
  sizeBytes: z.number(),
  kind: z.string(),
  content,
  segments: z.array(
    z.object({
      at: z.number(),
      bytes: z.number(),
      stripes: z.array(z.object({ device: z.string(), at: z.number() })),
    }),
  ),
});
export type LayoutVolume = z.infer<typeof volume>;

const group = z.object({ name: z.string(), volumes: z.array(volume) });
export type LayoutGroup = z.infer<typeof group>;

/** What of a source says how one of its disks is laid out; kept in a job's journal, as the copy has to be of what was shown. */
export const layoutFacts = z.object({ disk, groups: z.array(group) });
export type LayoutFacts = z.infer<typeof layoutFacts>;

/** Paths of the partitions of the disk and of the volumes of its groups. */
export function pathsOn({ disk: { path, partitions }, groups }: LayoutFacts): string[] {
  return [path, ...partitions, ...groups.flatMap(({ volumes }) => volumes)].map((each) =>
    typeof each === 'string' ? each : each.path,
  );
}

/** The partition that a byte of the disk lies on; else the disk. */
export function pathAt({ disk }: LayoutFacts, at: number): string {
  const found = disk.partitions.find(
    (some) => some.content.kind !== 'extended' && some.at <= at && at < some.at + some.sizeBytes,
  );
  return (found ?? disk).path;
}

/** @throws FailureError NOT_FOUND */
export function layoutFactsOf(
  facts: Pick<SourceFacts, 'hostname' | 'disks' | 'groups'>,
  name: string,
): LayoutFacts {
  const found = facts.disks.find((some) => some.name === name);
  if (found === undefined)
    throw new FailureError({ code: 'NOT_FOUND', message: `${facts.hostname} has no disk ${name}.` });
  const { path, sizeBytes, table, partitions } = found;
  const groups = new Set(
    [found.content, ...partitions.map((some) => some.content)].map((some) =>
      some.kind === 'physicalVolume' ? some.group : null,
    ),
  );
  return {
    disk: {
      name,
      path,
      sizeBytes,
      table,
      content: contentOf(found.content),
      partitions: partitions.map((some) => ({
        path: some.path,
        at: some.at,
        sizeBytes: some.sizeBytes,
        content: contentOf(some.content),
      })),
    },
    groups: facts.groups
      .filter((some) => groups.has(some.name))
      .map((some) => ({
        name: some.name,
        volumes: some.volumes.map((each) => ({
          name: each.name,
          path: each.path,
          sizeBytes: each.sizeBytes,
          kind: each.kind,
          content: contentOf(each.content),
          segments: each.segments.map(({ at, bytes, stripes }) => ({ at, bytes, stripes: [...stripes] })),
        })),
      })),
  };
}

function contentOf(some: SourceContent): LayoutContent {
  switch (some.kind) {
    case 'swap':
      return { kind: 'swap', uuid: some.uuid, label: some.label };
    case 'physicalVolume':
      return {
        kind: 'physicalVolume',
        group: some.group,
        dataOffset: some.dataOffset,
        dataBytes: some.dataBytes,
      };
    case 'extended':
      return { kind: 'extended' };
    default:
      return { kind: 'other' };
  }
}
