import { z } from 'zod';
import type { StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { startServices, stoppedBy } from './services-step.ts';
import { removeSnapshots, snapshotParams } from './snapshot-step.ts';
import { sourceParams, type SourceOf } from './source-params.ts';

const releaseParams = sourceParams.extend({
  /** Id of the step that stopped services; null: nothing is started. */
  services: z.string().nullable(),
  /** null: none is removed. */
  snapshots: snapshotParams.pick({ tag: true, snapshots: true }).nullable(),
});
export type ReleaseParams = z.infer<typeof releaseParams>;

/** Leaves the source as it was, before the job is over: what steps before did is taken back. */
export function releaseStep(sourceOf: SourceOf): StepKind {
  return stepKind<ReleaseParams, null>({
    name: 'p2v.release',
    params: releaseParams,
    check: () => Promise.resolve(),
    async run({ source, services, snapshots }, step) {
      const host = sourceOf(source, step);
      const failed: unknown[] = [];
      const attempt = (work: Promise<void>): Promise<void> =>
        work.catch((error: unknown) => void failed.push(error));
      const stopped = services === null ? null : stoppedBy(step.result(services));
      if (stopped !== null) await attempt(startServices(host, stopped, step));
      if (snapshots !== null) await attempt(removeSnapshots(host, snapshots, step.signal));
      step.signal.throwIfAborted();
      const [first] = failed;
      if (first !== undefined) throw first;
      if (snapshots !== null) step.log(`${host.name}: the snapshots are removed`);
      return null;
    },
    // What is done is not done twice.
    settle: () => Promise.resolve({ done: false }),
    // There is nothing that should be as it was before.
    undo: () => Promise.resolve(),
    leaves: () => null,
    lasts: true,
    apart: true,
  });
}
