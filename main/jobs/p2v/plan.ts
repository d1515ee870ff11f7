import type { ClonezillaImage, ImageDisk } from '../../../drivers/formats/clonezilla/image.ts';
import { sizeWords } from '../size-words.ts';
import { PlanBuilder, type Act, type Facts } from './plan-builder.ts';
import { planGroups } from './plan-groups.ts';
import { neededBytes, tableActs } from './plan-table.ts';
import { sectorWarning } from './sector-warning.ts';
import { partitionTarget } from './target.ts';

const SIZE_STEP = 1 << 20;

export interface RestorePlan {
  readonly disk: string;
  readonly sizeBytes: number;
  readonly acts: readonly Act[];
  /** Why it cannot be done, in sentences; empty: it can. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** At least so many bytes are written. */
  readonly writesBytes: number;
  /** Of all contents, as the image holds them. */
  readonly readsBytes: number;
}

/** @param sizeBytes of the new disk; null: as large as the saved one */
export function planRestore(
  image: ClonezillaImage,
  facts: Facts,
  { disk, sizeBytes }: { readonly disk: ImageDisk; readonly sizeBytes: number | null },
): RestorePlan {
  const needed = neededBytes(disk);
  const size = sizeBytes ?? disk.sizeBytes ?? Math.ceil(needed / SIZE_STEP) * SIZE_STEP;
  const builder = new PlanBuilder(facts, image.checksumLists);
  builder.problems.push(...disk.problems);
  builder.warnings.push(...image.warnings, ...disk.warnings);
  if (sizeBytes === null && disk.sizeBytes === null && disk.table !== null)
    builder.warnings.push(
      `The image does not tell the size of ${disk.name}: the new disk ends after its last partition.`,
    );
  if (disk.sectorSize !== 512) builder.warnings.push(sectorWarning(disk.sectorSize));
  if (size < needed)
    builder.problems.push(
      `It does not fit on ${sizeWords(size, Math.floor)}: its partitions need ${sizeWords(needed, Math.ceil)}.`,
    );
  if (size % disk.sectorSize !== 0)
    builder.problems.push(`${size} bytes are no whole number of sectors of ${disk.sectorSize} bytes.`);
  if (builder.problems.length === 0) {
    builder.attempt(() => builder.acts.push(...tableActs(disk, size, (files) => builder.listOf(files))));
    for (const { name, offset, bytes, content } of disk.partitions)
      builder.add(name, content, partitionTarget(offset, bytes));
    planGroups(builder, image, disk);
  }
  return {
    disk: disk.name,
    sizeBytes: size,
    acts: builder.acts,
    problems: builder.problems,
    warnings: builder.warnings,
    writesBytes: builder.writesBytes,
    readsBytes: builder.acts.reduce(
      (sum, act) => sum + (act.kind === 'content' ? act.data.storedBytes : 0),
      0,
    ),
  };
}
