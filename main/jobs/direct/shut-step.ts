import { FailureError } from '../../hosts/failures.ts';
import type { StepKind } from '../engine/step.ts';
import { stepKind } from '../engine/step-kinds.ts';
import { closeWay } from './key-line.ts';
import { removeKey } from './key-step.ts';
import { hostOfPlan, keyFolder, shutParams, type ShutParams, type WayKinds } from './way.ts';

/** The disks are read by then: either machine is waited for so long. */
const LIMIT_MS = 15 * 60_000;

/** Closes the way from the source to the host, once the disks are read: what let the source in is taken out, and its key is removed. */
export function shutStep({ of, wait, sourceOf }: WayKinds): StepKind {
  return stepKind<ShutParams, null>({
    name: `${of}.shut`,
    params: shutParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      const { tag, hostName, key } = params;
      const source = sourceOf(params.source, step);
      // Where none was put, it may be a host that runs no programs.
      const hasKey = key === null || step.noted(key) !== undefined;
      const late = new AbortController();
      const stop = wait.clock.setTimer(() => late.abort(), LIMIT_MS);
      const signal = AbortSignal.any([step.signal, late.signal]);
      const done = await Promise.allSettled([
        closeWay(hostOfPlan(params, step, wait.clock), step.noted(params.direct), signal),
        hasKey ? removeKey(source, tag, signal) : Promise.resolve(),
      ]);
      stop();
      step.signal.throwIfAborted();
      if (late.signal.aborted) {
        step.outside(null);
        throw new FailureError({
          code: 'CONFLICT',
          message: `${source.name} or ${hostName} does not answer. The line of ${tag} in the login’s authorized_keys on ${hostName}, and ${keyFolder(tag)} on ${source.name}, may be there: each takes them away itself in half an hour where it runs on.`,
        });
      }
      for (const each of done) if (each.status === 'rejected') throw each.reason;
      if (hasKey) step.log(`${source.name} has no way to ${hostName} any more`);
      return null;
    },
    // What is done is not done twice.
    settle: () => Promise.resolve({ done: false }),
    // There is nothing that should be as it was before.
    undo: () => Promise.resolve(),
    leaves: () => null,
    lasts: true,
  });
}
