import type { CoreClient } from '../../bridge/rpc-client.ts';
import type { Domain, DomainRef, DomainState } from '../../contract/domain.ts';
import type { Failure } from '../../contract/failure.ts';
import { CliError, failureOf } from '../errors.ts';
import { EXIT, exitCodeOf, worstOf } from '../exit-codes.ts';
import type { FleetSession } from '../fleet-session.ts';
import { oncePerMachine } from '../resolve.ts';
import { jobDone } from './jobs.ts';
import { oneHost } from './net-change.ts';

/** How long the host's event is waited for after it accepted an action. */
const SEEN_WITHIN_MS = 60_000;

export interface ActionOptions {
  readonly paused?: boolean;
  /** How the guest is asked; left out: the host chooses, the agent where there is one, else ACPI. */
  readonly mode?: 'acpi' | 'agent';
  /** Of resume: the host that the machine was going to when a migration paused it. */
  readonly movedTo?: string;
  /** Of autostart: the other way round. */
  readonly off?: boolean;
  /** Seconds to wait for the guest to be off; null: not at all. */
  readonly waitSeconds?: number | null;
}

interface Action {
  run(client: CoreClient, ref: DomainRef, options: ActionOptions): Promise<unknown>;
  /** The machine is in this state when the action is done; left out: when the host accepted it. */
  readonly until?: (options: ActionOptions) => DomainState | null;
  /** `web-01 (kvm-a): started` */
  readonly done: (options: ActionOptions) => string;
}

export type ActionName =
  | 'start'
  | 'shutdown'
  | 'reboot'
  | 'reset'
  | 'off'
  | 'pause'
  | 'resume'
  | 'save'
  | 'restore'
  | 'discard-saved'
  | 'autostart';

function modeOf(mode: ActionOptions['mode']): Pick<ActionOptions, 'mode'> {
  return mode === undefined ? {} : { mode };
}

export const ACTIONS: Readonly<Record<ActionName, Action>> = {
  start: {
    run: (client, ref, { paused = false }) => client.domain.start({ ...ref, paused }),
    until: ({ paused }) => (paused === true ? 'paused' : 'running'),
    done: ({ paused }) => (paused === true ? 'started, paused' : 'started'),
  },
  shutdown: {
    run: (client, ref, { mode }) => client.domain.shutdown({ ...ref, ...modeOf(mode) }),
    until: ({ waitSeconds }) => (typeof waitSeconds === 'number' ? 'shutoff' : null),
    done: ({ waitSeconds }) => (typeof waitSeconds === 'number' ? 'shut down' : 'asked to shut down'),
  },
  reboot: {
    run: (client, ref, { mode }) => client.domain.reboot({ ...ref, ...modeOf(mode) }),
    done: () => 'asked to reboot',
  },
  reset: { run: (client, ref) => client.domain.reset(ref), done: () => 'reset' },
  off: { run: (client, ref) => client.domain.destroy(ref), until: () => 'shutoff', done: () => 'off' },
  pause: { run: (client, ref) => client.domain.suspend(ref), until: () => 'paused', done: () => 'paused' },
  resume: {
    run: (client, ref, { movedTo }) =>
      client.domain.resume({ ...ref, ...(movedTo === undefined ? {} : { movedTo }) }),
    until: () => 'running',
    done: () => 'resumed',
  },
  save: {
    run: async (client, ref) => jobDone(client, () => client.domain.save(ref)),
    until: () => 'shutoff',
    done: () => 'saved',
  },
  restore: {
    run: async (client, ref) => jobDone(client, () => client.domain.restore(ref)),
    until: () => 'running',
    done: () => 'restored',
  },
  'discard-saved': {
    run: (client, ref) => client.domain.discardSaved(ref),
    done: () => 'its saved state is gone',
  },
  autostart: {
    run: (client, ref, { off = false }) => client.domain.setAutostart({ ...ref, autostart: !off }),
    done: ({ off }) => (off === true ? 'does not start with its host' : 'starts with its host'),
  },
};

/** What makes a machine run that does not, now or later. */
const STARTING: ReadonlySet<ActionName> = new Set(['start', 'resume', 'restore', 'autostart']);

interface Result {
  readonly vm: string;
  readonly domain: Domain | null;
  readonly failure: Failure | null;
  readonly code: number;
}

/** Does one thing to several machines at one time, once to each; one line for each, in the order they were named. */
export async function act(
  session: FleetSession,
  name: ActionName,
  request: { vms: readonly string[]; options: ActionOptions },
): Promise<number> {
  await session.connectFor(request.vms);
  const action = ACTIONS[name];
  const { movedTo } = request.options;
  const options =
    movedTo === undefined ? request.options : { ...request.options, movedTo: oneHost(session, movedTo) };
  // All names are looked up before anything is done: a wrong one must not leave half a command behind.
  const found = oncePerMachine(request.vms.map((vm) => lookUp(session, vm)));
  const wrong = found.find(({ code }) => code === EXIT.usage);
  if (wrong?.failure != null) throw new CliError(wrong.failure, EXIT.usage);
  if (STARTING.has(name) && options.off !== true) await askOthers(session);
  const results = await Promise.all(
    found.map(async (result): Promise<Result> => {
      if (result.domain === null) return result;
      try {
        await actOn(session, action, { domain: result.domain, options });
        return result;
      } catch (error) {
        const failure = failureOf(error);
        return { ...result, failure, code: exitCodeOf(failure.code) };
      }
    }),
  );
  print(session, results, action.done(options));
  return worstOf(results.map(({ code }) => code));
}

/** A definition, or a paused copy, that a move has left makes a second one run: the core refuses that where it sees the other one. */
async function askOthers(session: FleetSession): Promise<void> {
  const silent = await session.connectOthers();
  if (silent.length > 0)
    session.output.note(`${silent.join(', ')} could not be asked whether the same machine runs there.`);
}

function lookUp(session: FleetSession, vm: string): Result {
  try {
    return { vm, domain: session.find(vm), failure: null, code: EXIT.done };
  } catch (error) {
    const code = error instanceof CliError ? error.exitCode : EXIT.failed;
    return { vm, domain: null, failure: failureOf(error), code };
  }
}

async function actOn(
  session: FleetSession,
  action: Action,
  { domain, options }: { domain: Domain; options: ActionOptions },
): Promise<void> {
  const { host, uuid } = domain;
  await action.run(session.client, { host, uuid }, options);
  const wanted = action.until?.(options) ?? null;
  if (wanted === null) return;
  const limitMs = typeof options.waitSeconds === 'number' ? options.waitSeconds * 1000 : SEEN_WITHIN_MS;
  await seenBy(session, domain, { name: wanted, seen: (now) => hasReached(now, wanted), limitMs });
}

/** What the host's events are to show once it accepted an action. */
export interface Goal {
  /** `was not gone within 60 s` */
  readonly name: string;
  readonly seen: (now: Domain | undefined) => boolean;
  readonly limitMs?: number;
}

/** Waits until the machine has come to where it should. @throws CliError TIMEOUT */
export async function seenBy(session: FleetSession, { host, uuid, name }: Domain, goal: Goal): Promise<void> {
  const { limitMs = SEEN_WITHIN_MS } = goal;
  const seen = await session.mirror.until(
    () => (goal.seen(session.mirror.domain(host, uuid)) ? true : undefined),
    limitMs,
  );
  if (seen === true) return;
  const message = `${session.hostName(host)} accepted it, but ${name} was not ${goal.name} within ${limitMs / 1000} s.`;
  throw new CliError({ code: 'TIMEOUT', message, host: { id: host, name: session.hostName(host) } });
}

/** A machine that is off may be gone altogether: transient ones are. */
function hasReached(domain: Domain | undefined, wanted: DomainState): boolean {
  if (domain === undefined) return wanted === 'shutoff';
  return domain.state === wanted || (wanted === 'running' && domain.state === 'blocked');
}

function print(session: FleetSession, results: readonly Result[], done: string): void {
  const { output } = session;
  if (output.json) {
    output.value(
      results.map(({ vm, domain, failure }) => ({
        vm,
        host: domain === null ? null : session.hostName(domain.host),
        name: domain?.name ?? null,
        uuid: domain?.uuid ?? null,
        done: failure === null,
        error: failure,
      })),
    );
    return;
  }
  for (const { domain, failure } of results) {
    if (failure !== null) output.failure(failure);
    else if (domain !== null) output.line(`${domain.name} (${session.hostName(domain.host)}): ${done}`);
  }
}
