import { z } from 'zod';
import type { UsedBlocks } from '../../../../drivers/formats/used-blocks/used-blocks.ts';
import { FailureError } from '../../../hosts/failures.ts';
import type { StepContext } from '../../engine/step.ts';
import type { DeviceReader } from './device-reader.ts';
import { deviceUsed, mapper } from './device-used.ts';
import type { Taken } from './disk-layout.ts';
import type { LayoutFacts } from './layout-facts.ts';
import { whileRenewing } from '../../source/lease.ts';
import { assertReadable } from './snapshot-state.ts';
import { readSnapshotResult } from './snapshot-step.ts';
import type { SourceHost } from '../../source/source-host.ts';

/** The snapshots of a disk that a step reads. */
export const heldSnapshots = z.object({
  /** Id of the step that makes them. */
  step: z.string(),
  /** By the paths of their volumes; `mapper`: what tells which blocks such a file system uses; null: only this program, or nothing. */
  paths: z.array(z.object({ volume: z.string(), snapshot: z.string(), mapper: mapper.nullable() })),
});
export type HeldSnapshots = z.infer<typeof heldSnapshots>;

export interface Held {
  readonly lease: string | null;
  /** null: there are none. */
  readonly snapshots: HeldSnapshots | null;
}

/** Reads what snapshots hold, which stay as long as that takes. @throws FailureError where one is gone, or full */
export async function reading<T>(
  host: SourceHost,
  { lease, snapshots }: Held,
  step: StepContext,
  work: () => Promise<T>,
): Promise<T> {
  const paths = (snapshots?.paths ?? []).map(({ snapshot }) => snapshot);
  await assertReadable(host, paths, step.signal);
  if (paths.length > 0) step.log(`${host.name}: read from ${paths.join(', ')}`);
  return whileRenewing(host, { tag: lease, leased: ['snapshots', 'files'] }, step.signal, async () => {
    try {
      return await work();
    } catch (error) {
      // A snapshot that is full cannot be read: that says why.
      if (error instanceof FailureError) await assertReadable(host, paths, step.signal);
      throw error;
    }
  });
}

/** The snapshots, what LVM knew before them, and which blocks their file systems use. */
export async function takenFor(
  { facts, snapshots }: { readonly facts: LayoutFacts; readonly snapshots: HeldSnapshots },
  {
    host,
    reader,
    step,
  }: { readonly host: SourceHost; readonly reader: DeviceReader; readonly step: StepContext },
): Promise<Taken> {
  const made = readSnapshotResult(step.result(snapshots.step));
  if (made === null)
    throw new FailureError({ code: 'CONFLICT', message: `${host.name} has no snapshots to be read.` });
  const planned = new Map(snapshots.paths.map((each) => [each.volume, each]));
  const used = new Map<string, UsedBlocks>();
  for (const { path, sizeBytes } of facts.groups.flatMap(({ volumes }) => volumes)) {
    const snapshot = planned.get(path);
    if (snapshot === undefined) continue;
    const device = { path: snapshot.snapshot, live: false };
    const still = { device, sizeBytes, mapper: snapshot.mapper };
    const found = await deviceUsed(host, reader, still, step.signal);
    if (typeof found === 'string') step.log(`All of ${path} is read. ${found}.`);
    else if (found !== null) used.set(path, found);
  }
  const metadata = made.metadata.map(
    ({ path, pieces }) =>
      [path, pieces.map(({ offset, base64 }) => ({ offset, data: Buffer.from(base64, 'base64') }))] as const,
  );
  const paths = new Map(snapshots.paths.map(({ volume, snapshot }) => [volume, snapshot]));
  return { snapshots: paths, used, metadata: new Map(metadata) };
}
