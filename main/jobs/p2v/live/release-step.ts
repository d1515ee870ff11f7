import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import type { StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { leftFiles, pathsIn, putBy, takeBack, type Put } from './first-boot/take-back.ts';
import { startServices, stoppedBy, type Stopped } from './services-step.ts';
import { removeSnapshots, snapshotParams } from './snapshot-step.ts';
import type { SourceHost } from '../../source/source-host.ts';
import { sourceParams, type SourceOf } from './source-params.ts';

const releaseParams = sourceParams.extend({
  /** Id of the step that stopped services; null: nothing is started. */
  services: z.string().nullable(),
  /** null: none is removed. */
  snapshots: snapshotParams.pick({ tag: true, snapshots: true }).nullable(),
  /** Id of the step that put them, and paths of those that are taken away (null: all); null: none is. */
  files: z
    .object({ step: z.string(), only: z.array(z.string()).nullable() })
    .nullable()
    .default(null),
});
export type ReleaseParams = z.infer<typeof releaseParams>;

/** The copy is whole by then, and the old machine may have been switched off: so long it is waited for. */
const LIMIT_MS = 15 * 60_000;

/** Leaves the source as it was, before the job is over: what steps before did is taken back. */
export function releaseStep(sourceOf: SourceOf): StepKind {
  return stepKind<ReleaseParams, null>({
    name: 'p2v.release',
    params: releaseParams,
    check: () => Promise.resolve(),
    async run({ source, services, snapshots, files }, step) {
      const host = sourceOf(source, step);
      const late = new AbortController();
      const cancel = host.clock.setTimer(() => late.abort(), LIMIT_MS);
      const signal = AbortSignal.any([step.signal, late.signal]);
      const failed: unknown[] = [];
      const attempt = (work: Promise<void>): Promise<void> =>
        work.catch((error: unknown) => void failed.push(error));
      const stopped = services === null ? null : stoppedBy(step.result(services));
      if (services !== null && stopped !== null)
        await attempt(
          startServices(host, stopped, {
            signal,
            log: (text) => step.log(text),
            started: (note) => step.note(note, services),
          }),
        );
      const put = files === null ? null : putBy(step.result(files.step));
      const only = files?.only ?? null;
      if (put !== null) await attempt(takeBack(host, put, { signal, ...(only === null ? {} : { only }) }));
      if (snapshots !== null) await attempt(removeSnapshots(host, snapshots, signal));
      cancel();
      step.signal.throwIfAborted();
      if (late.signal.aborted) throw notWaited(host, { stopped, snapshots, put }, step);
      const [first] = failed;
      if (first !== undefined) throw first;
      if (put !== null) step.log(`${host.name}: ${pathsIn(put, only).join(', ')} as before`);
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

function notWaited(
  { name }: SourceHost,
  {
    stopped,
    snapshots,
    put,
  }: Pick<ReleaseParams, 'snapshots'> & { readonly stopped: Stopped | null; readonly put: Put | null },
  step: Pick<StepContext, 'outside'>,
): FailureError {
  step.outside(null);
  const left = [
    ...(stopped === null
      ? []
      : [
          `${stopped.units.join(', ')} may not run, and it starts them itself in half an hour, or when it is started anew`,
        ]),
    ...(put === null ? [] : [leftFiles(put)]),
    ...(snapshots?.snapshots ?? []).map(
      (each) =>
        `the snapshot ${each.group}/${each.name} may be there: it removes that itself in six hours where it runs on, else lvremove does`,
    ),
  ];
  const message = `${name} does not answer. On it ${left.join('; ')}.`;
  return new FailureError({ code: 'CONFLICT', message, detail: message });
}
