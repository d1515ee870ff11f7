import type { ClonezillaImage, Content, ImageDisk } from '../../../drivers/formats/clonezilla/image.ts';
import type { InspectedContent, InspectedDisk, Inspection } from '../../contract/p2v.ts';
import type { Facts } from './plan-builder.ts';
import { planRestore } from './plan.ts';

/** What an image is, for a person or a program (docs/cli.md has it as JSON). */
export function inspectionOf(image: ClonezillaImage, facts: Facts): Inspection {
  return {
    savedAt: image.savedAt,
    ...image.hardware,
    macs: [...image.hardware.macs],
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
    warnings: [...image.warnings],
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
    problems: [...problems],
    warnings: [...warnings],
  };
}

function contentOf(facts: Facts, content: Content): InspectedContent | null {
  if (content.kind !== 'data') return null;
  const { device, parts, storedBytes } = content.data;
  const found = facts.get(device);
  const fact = typeof found === 'string' ? undefined : found;
  return {
    files: [...parts],
    storedBytes,
    format: fact?.format ?? null,
    compression: fact?.compression ?? null,
    checksum: fact?.checked ?? null,
    usedBytes: fact?.usedBytes ?? null,
    fault: typeof found === 'string' ? found : null,
  };
}
