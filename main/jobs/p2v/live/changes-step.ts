import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { volumeParams } from '../../../storage/steps/volume-calls.ts';
import type { StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { sendChanges, type LiveDisk } from './changes.ts';
import { liveChunks, SummedSource, type LiveChunk } from './chunk-sums.ts';
import { DeviceReader } from './device-reader.ts';
import { summing } from './device-sums.ts';
import { liveLayout } from './disk-layout.ts';
import { SourceDiskReader } from './disk-reader.ts';
import { assertPut } from './first-boot/take-back.ts';
import { layoutFacts, pathAt, pathsOn } from './layout-facts.ts';
import { whileRenewing } from '../../source/lease.ts';
import { assertSame } from './same-source.ts';
import { stillRest, stopAgain, stoppedFor, type Stopped } from './services-step.ts';
import type { SourceHost } from '../../source/source-host.ts';
import { sourceParams, type SourceOf } from './source-params.ts';
import { packing } from '../../source/devices.ts';

const changesParams = sourceParams.extend({
  disks: z.array(
    volumeParams.extend({
      facts: layoutFacts,
      /** Of the disk as it was planned (same-source.ts). */
      identity: z.string().nullable(),
      /** Id of the step that read it. */
      read: z.string(),
      /** Paths of volumes that are not read while they are written to, as they have snapshots, or will have. */
      snapshotted: z.array(z.string()),
    }),
  ),
  packing,
  summing,
  /** Id of an earlier step of this kind for the same disks; null: there is none. */
  since: z.string().nullable(),
  /** As of the steps that stopped services, put files and made snapshots; null: there are none before it. */
  lease: z.string().nullable(),
  /** Id of the step that stopped services, which are to stand still meanwhile; null: none did. */
  rests: z.string().nullable(),
  /** Files for the copy's first boot are to be among what is copied. */
  withFiles: z.boolean(),
  until: z.enum(['once', 'rest']),
});
export type ChangesParams = z.infer<typeof changesParams>;

/** What is to stay as it is as long as it takes, beside services. */
const HELD = ['snapshots', 'files'] as const;

const looked = z.object({ sums: z.array(z.string()) });
/** `sums`: of the disks in their order (`SummedSource.kept`). */
type Looked = z.infer<typeof looked>;

/** `touched`: of each disk bits, in base64: what of its chunks may be written anew, so that nobody knows what the copy has of it. */
const touchedNote = z.object({ touched: z.array(z.string()) });

/**
 * Sends what has changed on disks of a running machine since they were read, by their chunks' sums. Of all disks together, so that they are of one moment; what is to stand still for
 * that stands still no longer than this takes.
 */
export function changesStep(wait: HostWait, sourceOf: SourceOf): StepKind {
  const look = async (params: ChangesParams, step: StepContext): Promise<Looked | null> => {
    const host = sourceOf(params.source, step);
    for (const { identity, facts } of params.disks)
      if (identity !== null)
        await assertSame(host, { disk: facts.disk.name, identity, tag: params.lease }, step.signal);
    const stopped = stoppedFor(host, params.rests, step);
    if (stopped !== null && hasSnapshots(params)) await assertRested(host, stopped, step.signal);
    if (stopped !== null) await stopAgain(host, stopped, step);
    const disks = liveDisks(params, host, step);
    const touched = new Touched(disks, step.noted());
    const later = new Set<string>();
    const leased = stopped === null ? HELD : ([...HELD, 'services'] as const);
    await whileRenewing(host, { tag: params.lease, leased }, step.signal, () =>
      sendChanges(step, {
        host,
        disks,
        devices: [...new Set(params.disks.flatMap(({ facts }) => pathsOn(facts)))],
        summing: params.summing,
        until: params.until,
        wait,
        touching: (chunks) => {
          for (const [disk, those] of chunks) for (const { at } of those) later.add(pathAt(disk.facts, at));
          return step.note(touched.with(chunks));
        },
      }),
    );
    if (stopped === null && later.size > 0 && params.until === 'rest' && hasSnapshots(params))
      step.log(
        `${[...later].join(', ')} of ${host.name}: what has changed there is of the end of the copy, after the snapshots were made. Where its system was updated meanwhile, copy it anew.`,
        'remark',
      );
    if (stopped !== null && !(await stillRest(host, stopped, step.signal)))
      throw new FailureError({
        code: 'CONFLICT',
        message: `The services of ${host.name} were started again while what they write to was copied: it heard nothing of this for half an hour, or was started anew. Copy it anew.`,
      });
    if (params.withFiles) await assertPut(host, params.lease ?? '', step.signal);
    return params.until === 'rest' ? null : { sums: disks.map(({ source }) => source.kept()) };
  };
  return stepKind<ChangesParams, Looked | null>({
    name: 'p2v.changes',
    params: changesParams,
    check: () => Promise.resolve(),
    run: look,
    // The note tells what was begun to be written: all else is as the sums say.
    settle: async (params, step) => ({ done: true, result: await look(params, step) }),
    // Whose volumes they are takes these back.
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

function hasSnapshots({ disks }: ChangesParams): boolean {
  return disks.some(({ snapshotted }) => snapshotted.length > 0);
}

/** Stopped once more they would be of another moment than the snapshots that were made while they stood still. @throws FailureError */
async function assertRested(host: SourceHost, stopped: Stopped, signal: AbortSignal): Promise<void> {
  if (await stillRest(host, stopped, signal)) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The services of ${host.name} were started again since its snapshots were made: it heard nothing of this for half an hour, or was started anew. What they write to would be of two moments. Copy it anew.`,
  });
}

function liveDisks(
  { disks, packing: packed, summing: { program }, since }: ChangesParams,
  host: SourceHost,
  step: StepContext,
) {
  const before = since === null ? undefined : looked.safeParse(step.result(since)).data;
  const reader = new DeviceReader(host, packed);
  return disks.map(({ facts, read, snapshotted, ...at }, index): LiveDisk => {
    const parts = liveLayout(facts, snapshotted);
    const chunks = liveChunks(parts);
    const sums = since === null ? readSums(step.result(read)) : before?.sums[index];
    const source = new SummedSource(new SourceDiskReader(reader, parts), chunks, {
      program,
      kept: sums ?? null,
    });
    return { at, by: read, facts, source, chunks };
  });
}

/** Of a step that read a disk. */
const readResult = z.object({ sums: z.string() });

function readSums(result: unknown): string | null {
  return readResult.safeParse(result).data?.sums ?? null;
}

/** What may be written anew, since the sums were told. */
class Touched {
  readonly #disks: readonly LiveDisk[];
  readonly #bits: readonly Buffer[];

  /** @param noted by an earlier try of the step: those chunks are forgotten */
  constructor(disks: readonly LiveDisk[], noted: unknown) {
    this.#disks = disks;
    const before = touchedNote.safeParse(noted).data?.touched ?? [];
    this.#bits = disks.map(({ chunks, source }, disk) => {
      const bits = Buffer.alloc(Math.ceil(chunks.length / 8));
      Buffer.from(before[disk] ?? '', 'base64').copy(bits);
      for (const [index, chunk] of chunks.entries())
        if (((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0) source.forget(chunk);
      return bits;
    });
  }

  /** These, too, as a note. */
  with(chunks: ReadonlyMap<LiveDisk, readonly LiveChunk[]>): { touched: string[] } {
    for (const [index, disk] of this.#disks.entries()) {
      const bits = this.#bits[index];
      const some = new Set(chunks.get(disk));
      for (const [at, chunk] of disk.chunks.entries())
        if (bits !== undefined && some.has(chunk)) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
    }
    return { touched: this.#bits.map((bits) => bits.toString('base64')) };
  }
}
