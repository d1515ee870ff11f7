import type { ClonezillaImage, Content, ImageDisk } from '../../../drivers/formats/clonezilla/image.ts';
import type { Hardware } from '../../../drivers/formats/clonezilla/hardware.ts';
import type { ContentFacts, Facts } from './plan-builder.ts';
import { planRestore } from './plan.ts';

/** What an image is, for a person or a program (docs/cli.md has it as JSON). */
export interface Inspection extends Hardware {
  readonly savedAt: string | null;
  readonly checksumLists: readonly string[];
  readonly disks: readonly InspectedDisk[];
  readonly groups: readonly InspectedGroup[];
  /** Of no disk alone. */
  readonly warnings: readonly string[];
}

export interface InspectedDisk {
  readonly name: string;
  readonly sizeBytes: number | null;
  readonly sectorSize: number;
  readonly table: 'mbr' | 'gpt' | null;
  readonly partitions: readonly InspectedPartition[];
  /** Why it cannot be restored; empty: it can. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export interface InspectedGroup {
  readonly name: string;
  readonly devices: readonly (string | null)[];
  readonly volumes: readonly InspectedArea[];
}

/** A partition or volume. */
export interface InspectedArea {
  readonly name: string;
  readonly sizeBytes: number;
  readonly content: Content['kind'];
  readonly fileSystem: string | null;
  /** null: no file holds it. */
  readonly image: InspectedContent | null;
}

export interface InspectedPartition extends InspectedArea {
  readonly number: number;
  readonly offsetBytes: number;
  readonly type: string;
}

export interface InspectedContent {
  readonly files: readonly string[];
  readonly storedBytes: number;
  /** null: it cannot be read, as `fault` says. */
  readonly format: ContentFacts['format'] | null;
  readonly compression: ContentFacts['compression'] | null;
  readonly checksum: ContentFacts['checked'] | null;
  readonly usedBytes: number | null;
  readonly fault: string | null;
}

export function inspectionOf(image: ClonezillaImage, facts: Facts): Inspection {
  return {
    savedAt: image.savedAt,
    ...image.hardware,
    checksumLists: image.checksumLists.map(({ file }) => file),
    disks: image.disks.map((disk) => diskOf(image, facts, disk)),
    groups: image.groups.map(({ group, devices, volumes }) => ({
      name: group.name,
      devices: [...devices.values()],
      volumes: volumes.map(({ name, logical, fileSystem, content }) => ({
        name,
        sizeBytes: logical.bytes,
        content: content.kind,
        fileSystem,
        image: contentOf(facts, content),
      })),
    })),
    warnings: image.warnings,
  };
}

function diskOf(image: ClonezillaImage, facts: Facts, disk: ImageDisk): InspectedDisk {
  const { problems, warnings } = planRestore({ ...image, warnings: [] }, facts, { disk, sizeBytes: null });
  return {
    name: disk.name,
    sizeBytes: disk.sizeBytes,
    sectorSize: disk.sectorSize,
    table: disk.table?.kind ?? null,
    partitions: disk.partitions.map(({ name, number, offset, bytes, type, fileSystem, content }) => ({
      name,
      number,
      offsetBytes: offset,
      sizeBytes: bytes,
      type,
      content: content.kind,
      fileSystem: fileSystem ?? (content.kind === 'swap' ? 'swap' : null),
      image: contentOf(facts, content),
    })),
    problems,
    warnings,
  };
}

function contentOf(facts: Facts, content: Content): InspectedContent | null {
  if (content.kind !== 'data') return null;
  const { device, parts, storedBytes } = content.data;
  const found = facts.get(device);
  const fact = typeof found === 'string' ? undefined : found;
  return {
    files: parts,
    storedBytes,
    format: fact?.format ?? null,
    compression: fact?.compression ?? null,
    checksum: fact?.checked ?? null,
    usedBytes: fact?.usedBytes ?? null,
    fault: typeof found === 'string' ? found : null,
  };
}
