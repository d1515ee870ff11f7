import type { JobContext } from '../registry.ts';
import { whyUndone, withWhere } from './job-parts.ts';
import type { RunnerListener } from './runner-options.ts';
import type { StepBoard } from './step-board.ts';
import type { Plan } from './step.ts';

/** Tells of a run in the list of jobs. */
export function listenerOf(plan: Plan, job: JobContext, board: StepBoard): RunnerListener {
  let said = ''; // What it waits for is looked at every few seconds.
  let why = '';
  const goesBack = (stayed: boolean) => ({
    stayed,
    because: withWhere(why, stayed ? (plan.stayed ?? null) : null),
  });
  const namesOf = (ids: readonly string[]): string[] =>
    plan.hosts.filter(({ id }) => ids.includes(id)).map(({ name }) => name);
  return {
    log: (text, as) => job.log(text, as),
    step: (step, state) => {
      if (state === 'done') job.release(({ until }) => until === step);
      job.show({ steps: board.set(step, state) });
    },
    progress: (step, now) => job.progress({ ...now, fraction: board.fraction(step, now.fraction) }),
    goesOn: () => job.show({ state: 'running', cancellable: true, mayBeLeft: [], waitsFor: [] }),
    away: (away) => {
      const waitsFor = namesOf(away);
      job.log(
        waitsFor.length === 0
          ? 'The link is back'
          : `The link to ${waitsFor.join(', ')} was lost: it goes on when the link is back`,
      );
      job.show({ waitsFor, waitsWhy: undefined });
    },
    silent: (hosts, waitsWhy) => job.show({ waitsFor: namesOf(hosts), waitsWhy }),
    outside: (name, undo) => {
      const waitsFor = name === null ? [] : [name];
      if (undo === null) return job.show({ waitsFor, waitsWhy: undefined });
      const { mayBeLeft, stayed } = undo;
      job.show(
        name === null
          ? { state: 'undoing', cancellable: false, mayBeLeft: [], waitsFor, stayed }
          : { state: 'waiting', cancellable: true, mayBeLeft: [...mayBeLeft], waitsFor, stayed },
      );
    },
    settling: (host) => {
      const waitsFor = namesOf([host]);
      const text = `Waiting for ${waitsFor.join(', ')} to tell where ${plan.name} is`;
      if (text !== said) job.log(text);
      said = text;
      job.show({ state: 'settling', cancellable: false, waitsFor });
    },
    turns: (reason, error) => {
      why = whyUndone(plan, reason, error);
      job.release(({ reads }) => reads === true);
    },
    undoing: (stayed) =>
      job.show({ state: 'undoing', cancellable: false, mayBeLeft: [], waitsFor: [], ...goesBack(stayed) }),
    waiting: (away, mayBeLeft, stayed) => {
      const waitsFor = namesOf(away);
      job.log(`Waiting for ${waitsFor.join(', ')} to take back the rest`);
      const back = goesBack(stayed);
      job.show({ state: 'waiting', cancellable: true, mayBeLeft: [...mayBeLeft], waitsFor, ...back });
    },
  };
}
