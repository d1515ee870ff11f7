import { LinkError } from '../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { toFailure } from '../../hosts/failures.ts';
import { isUnsure } from '../registry.ts';
import { firstOf } from './first-of.ts';
import type { RunnerOptions } from './runner-options.ts';
import type { Json, PlannedStep } from './step.ts';

/** The host did not answer, or is not connected: it must be asked again. */
export function isAway(error: unknown): boolean {
  if (isUnsure(error)) return true;
  const { code } = toFailure(error, { message: '' });
  return (
    code === 'LINK_LOST' ||
    code === 'HOST_UNREACHABLE' ||
    code === 'TIMEOUT' ||
    code === 'LIBVIRT_NOT_RUNNING'
  );
}

/** A link to it has just been closed: its session may not know yet, or be back already. */
function isClosed(error: unknown): boolean {
  if (error instanceof LinkError) return error.code === 'LINK_CLOSED';
  return error instanceof TransportError && error.code === 'CLOSED';
}

type Hosts = Pick<RunnerOptions, 'plan' | 'isAway'>;

/** Hosts to wait for after a call of a step was lost. It may have asked another host than its own, as a machine goes from one to another. */
export function awayOf({ plan, isAway: isHostAway }: Hosts, { host }: PlannedStep): string[] {
  if (isHostAway(host)) return [host];
  const others = plan.hosts.map(({ id }) => id).filter(isHostAway);
  return others.length === 0 ? [host] : others;
}

/** What of a job is done, noted, and not taken back. */
interface Done {
  readonly results: ReadonlyMap<string, Json>;
  readonly noted: ReadonlyMap<string, Json>;
  readonly open: readonly PlannedStep[];
}

/** A libvirtd that ends of what it is asked is not asked for ever. */
const MOST_TIMES = 5;

/**
 * Whether a step that has failed before it did anything is begun anew when a host is back, which may be hours later: there is something to lose, and no machine stands still, or is diverted meanwhile.
 * @param times so often it has waited
 */
export function mayWait(
  { plan, kinds, isAway: isHostAway }: Hosts & Pick<RunnerOptions, 'kinds'>,
  { step, error, times }: { readonly step: PlannedStep; readonly error: unknown; readonly times: number },
  { results, noted, open }: Done,
): boolean {
  if (plan.waits !== true || results.size === 0 || kinds.isApart(step)) return false;
  // A host that is there and answers too late is not waited for, least of all by way of another one.
  if (!isAway(error) || (error instanceof LinkError && error.code === 'TIMEOUT')) return false;
  if (isClosed(error) ? times >= MOST_TIMES : !plan.hosts.some(({ id }) => isHostAway(id))) return false;
  const isDone = (id: string): boolean => results.has(id);
  const noteOf = (id: string): Json | undefined => noted.get(id);
  return !open.some((one) => kinds.isUrgent(one, { steps: plan.steps, isDone, noteOf }));
}

/** The hosts of a step; `asked` is called before one of them can be asked for anything. */
export function telling(access: RunnerOptions['access'], asked: () => void): RunnerOptions['access'] {
  return {
    ...access,
    session: (host) => {
      const session = access.session(host);
      asked();
      return session;
    },
    client: (host) => {
      const client = access.client(host);
      asked();
      return client;
    },
  };
}

type Waiting = Pick<RunnerOptions, 'listener' | 'isAway' | 'connected'>;

/** As `StepContext.untilBack`. */
export async function untilBack(
  { listener, isAway: isHostAway, connected }: Waiting,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  let away = hosts.filter(isHostAway);
  signal.throwIfAborted();
  // Back before anybody could wait for it: that is told all the same.
  if (away.length === 0) return listener.log('A link was lost for a moment: it goes on');
  while (away.length > 0) {
    listener.away(away);
    await firstOf(away, connected, signal);
    signal.throwIfAborted();
    away = away.filter(isHostAway);
  }
  listener.away([]);
}

/** Waits for the hosts of a step that `mayWait`. @throws the signal's reason */
export async function untilBegun(
  options: Waiting & Hosts & Pick<RunnerOptions, 'hostBack'>,
  step: PlannedStep,
  signal: AbortSignal,
): Promise<void> {
  const away = awayOf(options, step);
  if (!away.some(options.isAway)) await options.hostBack(step.host, signal);
  await untilBack(options, away, signal);
}
