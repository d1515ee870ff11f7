import { z } from 'zod';
import { uuidFromString } from '../../../../drivers/libvirt/uuid.ts';
import type { Clock } from '../../../hosts/clock.ts';
import { FailureError, toFailure } from '../../../hosts/failures.ts';
import { stateFromWire } from '../../../inventory/states.ts';
import { domainByName, domainByUuid } from '../../create/steps/host-calls.ts';
import { existing } from '../../create/steps/machine.ts';
import { isAway } from '../../engine/away.ts';
import { AllStays, NothingDone, type Settled, type StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { anotherTry, type AnotherTry } from '../another-try.ts';
import {
  migrate,
  settleAfterwards,
  Unsettled,
  type Driven,
  type MigrationPorts,
  type Settlement,
} from '../drive.ts';
import { migrationPorts, type PortsOptions } from '../ports.ts';
import { readDowntime } from '../progress.ts';
import { remedyOf } from '../remedies.ts';
import { SharedTurns } from '../shared-turns.ts';
import { MOST_LOOKS, MOST_TURNS, Turns } from '../turns.ts';
import { driveOf } from './move-drive.ts';
import { moveParams, type MoveParams } from './move-params.ts';
import { whyUnsettled } from './unsettled-words.ts';

/** How far it came, on the disk before the host is asked: who finds it knows what can have happened. */
const note = z.object({
  phase: z.enum(['preparing', 'performing', 'peer', 'finishing', 'arrived']),
  wasPaused: z.boolean(),
});

/** Moves a machine that runs, or is paused, with its memory and the disks that are not shared. */
export function moveStep({ clock, turnsDir }: { readonly clock: Clock; readonly turnsDir: string }) {
  const turns = new SharedTurns({ clock, most: MOST_TURNS, dir: turnsDir });
  const looks = new Turns(MOST_LOOKS);
  return stepKind<MoveParams, { downtimeMs: number | null }>({
    name: 'migrate.move',
    urgent: 'noted',
    writes: true,
    params: moveParams,
    async check({ host, to, uuid, name, toName, manner }, step) {
      await existing(step.client(host), { uuid, name });
      const target = step.client(to);
      const there = (await domainByUuid(target, uuid)) ?? (await domainByName(target, manner.name ?? name));
      if (there === null) return;
      throw new FailureError({ code: 'CONFLICT', message: `${toName} has a machine ${there.name} already.` });
    },
    async run(params, step) {
      const inTurn = async (now: MoveParams): Promise<Driven> => {
        const over = await turnOf(turns, now, step);
        try {
          return await moveOnce(now, step, { clock, looks, wasPaused: await isPaused(now, step), over });
        } finally {
          over();
          step.silent([]);
        }
      };
      let now = params;
      for (let tries = 1; ; tries += 1) {
        const end = await inTurn(now);
        if (end.on === 'target') return arrived(params, step, end.error);
        const mayRelay = params.fallsBack && !now.relayed;
        const again = step.signal.aborted ? null : anotherTry(end.error, { mayRelay, tries });
        if (again === null) throw new NothingDone(stayed(params, step, end));
        step.log(
          `${whyAgain(params, again)} (${wordsOf(end.error)})`,
          again === 'relayed' ? 'remark' : undefined,
        );
        if (again === 'relayed') {
          now = { ...now, relayed: true };
          tries = 0;
        }
      }
    },
    async settle(params, step): Promise<Settled<{ downtimeMs: number | null }>> {
      const settlement = await settleNoted(params, step, { clock, looks });
      if (settlement !== null)
        step.log(`${params.name} is on ${settlement.on === 'source' ? params.hostName : params.toName}`);
      return settlement?.on === 'target' ? { done: true, result: { downtimeMs: null } } : { done: false };
    },
    async undo(params, _result, step) {
      const settlement = await settleNoted(params, step, { clock, looks }).catch((error: unknown): never => {
        if (isAway(error)) throw error;
        const why = error instanceof Unsettled ? whyUnsettled(params, error.why) : wordsOf(error);
        const isGone = error instanceof Unsettled && error.why === 'neither';
        throw new AllStays(isGone ? `what belongs to ${params.name}` : whereabouts(params), why);
      });
      if (settlement?.on === 'target')
        throw new AllStays(whereabouts(params), `it runs on ${params.toName} with what this job made`);
    },
    leaves: whereabouts,
    namesHosts: true,
  });
}

const MENDED = 'Post-copy has come to its end';

/** Resolves when it may begin, with what tells that it is over. @throws NothingDone where it is cancelled before */
async function turnOf(
  turns: SharedTurns,
  { host, hostName, to, manner }: MoveParams,
  step: StepContext,
): Promise<() => void> {
  // By post-copy the target's call waits for the rest of the memory, too.
  const hosts = manner.postCopy ? [host, to] : [host];
  const tell = (): void => step.log(`${MOST_TURNS} are leaving ${hostName}: it waits for one of them`);
  try {
    const uris = hosts.map((id) => step.session(id).uri);
    return await turns.take(uris, step.signal, tell);
  } catch (error) {
    throw new NothingDone(error);
  }
}

/** What a move knows beside its parameters. `over`: its turn is, as data goes no more. */
interface How {
  readonly clock: Clock;
  /** At the source of any move. */
  readonly looks: Turns;
  readonly wasPaused: boolean;
  readonly over: () => void;
}

/** Drives it once to its end. @throws FailureError where only a person can decide */
async function moveOnce(params: MoveParams, step: StepContext, how: How): Promise<Driven> {
  const drive = await driveOf(params, step, how);
  const { close, wasTorn, ...ports } = migrationPorts({ ...portOptions(params, step, how), drive });
  try {
    const end = await migrate({ ...ports, ...surroundings(params, step, how) }, how.wasPaused);
    if (end.on === 'target' && wasTorn()) step.log(MENDED);
    return end;
  } catch (error) {
    throw unsettled(params, error);
  } finally {
    await close();
  }
}

function whyAgain({ hostName, toName }: MoveParams, again: AnotherTry): string {
  return again === 'relayed'
    ? `${hostName} does not reach ${toName}: it goes through this computer`
    : `${toName} had not what it takes in that moment: it begins once more`;
}

function whereabouts({ name, hostName, toName }: MoveParams): string {
  return `machine ${name}, on ${hostName} or on ${toName}`;
}

async function isPaused({ host, uuid, name }: MoveParams, step: StepContext): Promise<boolean> {
  const client = step.client(host);
  const dom = await existing(client, { uuid, name });
  const { state, reason } = await client.remote.domainGetState({ dom, flags: 0 });
  const now = stateFromWire(state, reason).state;
  if (now === 'running' || now === 'blocked' || now === 'paused') return now === 'paused';
  throw new NothingDone(
    new FailureError({
      code: 'CONFLICT',
      message: `${name} is neither running nor paused any more: it was not migrated.`,
    }),
  );
}

function portOptions(params: MoveParams, step: StepContext, how: Omit<How, 'over'>): PortsOptions {
  const { host, to, toName, uuid, name } = params;
  const { postCopy } = params.manner;
  const { clock, wasPaused } = how;
  return {
    clock,
    subject: { uuid, name, toName, wasPaused, definitionGoes: definitionGoes(params), postCopy },
    session: (side) => step.session(side === 'source' ? host : to),
    log: (text) => step.log(text),
    cancelled: step.signal,
    drive: null,
    again: postCopy ? () => driveOf(params, step, how) : null,
  };
}

function definitionGoes({ persistent, manner }: MoveParams): boolean {
  return persistent && !manner.keepDefinition;
}

function surroundings(
  params: MoveParams,
  step: StepContext,
  { wasPaused, over }: Pick<How, 'wasPaused' | 'over'>,
): Pick<MigrationPorts, 'postCopy' | 'definitionGoes' | 'note' | 'cancelled' | 'isAway' | 'wait'> {
  const { host, to, manner } = params;
  return {
    postCopy: manner.postCopy,
    definitionGoes: definitionGoes(params),
    note: (phase) => step.note({ phase, wasPaused }),
    cancelled: step.signal,
    isAway,
    wait: (side) => {
      // Who waits for a host holds no call of it; by post-copy what follows may last as long as data goes.
      if (!manner.postCopy) over();
      return step.settling(side === 'source' ? host : to);
    },
  };
}

/** Where the machine is, after nobody saw the end; null: nothing was asked of a host yet. */
async function settleNoted(
  params: MoveParams,
  step: StepContext,
  how: Pick<How, 'clock' | 'looks'>,
): Promise<Settlement | null> {
  const noted = note.safeParse(step.noted());
  if (!noted.success) return null;
  const { phase, wasPaused } = noted.data;
  const { wasTorn, ...ports } = migrationPorts(portOptions(params, step, { ...how, wasPaused }));
  const settlement = await settleAfterwards(
    { ...ports, ...surroundings(params, step, { wasPaused, over: () => undefined }) },
    phase,
    wasPaused,
  );
  if (settlement.on === 'target' && wasTorn()) step.log(MENDED);
  return settlement;
}

/** What a person is told when it stayed: why. Where it is the plan says. */
function stayed(params: MoveParams, step: StepContext, { error, lost }: Driven): FailureError {
  const { name, hostName, toName } = params;
  const why =
    lost === null ? ownWords(error) : ` The link to ${lost === 'source' ? hostName : toName} was lost.`;
  const message = `${name} was not migrated to ${toName}.${why}`;
  if (lost !== null) {
    // What ends because the link has ended is not why.
    step.log(`It ended with this: ${wordsOf(error)}`);
    return new FailureError({ code: 'CONFLICT', message }, error);
  }
  const detail = remedyOf(error, params);
  const failure = { ...toFailure(error, { message }), message, ...(detail === null ? {} : { detail }) };
  // Both hosts were asked since: nothing of it is unknown any more.
  const isKnown = ['LINK_LOST', 'TIMEOUT', 'HOST_UNREACHABLE'].includes(failure.code);
  return new FailureError(isKnown ? { ...failure, code: 'CONFLICT' } : failure, error);
}

/** The sentences of a failure that has its own, after others. */
function ownWords(error: unknown): string {
  return error instanceof FailureError ? ` ${error.failure.message.replace(/[^.!?]$/, '$&.')}` : '';
}

/** QEMU's own. It holds a limit by what it expects of the link, and may be wrong in that. */
const USUAL_DOWNTIME_MS = 300;

async function arrived(params: MoveParams, step: StepContext, error: unknown) {
  if (error !== null)
    step.log(`${params.name} is on ${params.toName}, though not every answer came: ${wordsOf(error)}`);
  const dom = { name: params.name, uuid: uuidFromString(params.uuid), id: -1 };
  const downtimeMs = await readDowntime(step.client(params.to), dom).catch(() => null);
  const limit = params.downtimeMs ?? USUAL_DOWNTIME_MS;
  if (downtimeMs !== null && downtimeMs > limit)
    step.log(`It stood still for ${downtimeMs} ms; ${limit} ms were the limit as it began`, 'remark');
  else if (downtimeMs !== null) step.log(`It stood still for ${downtimeMs} ms`);
  step.progress({ fraction: 1, migration: { memoryLeft: 0, diskLeft: 0, downtimeMs } });
  return { downtimeMs };
}

function unsettled(params: MoveParams, error: unknown): unknown {
  if (!(error instanceof Unsettled)) return error;
  const message = `${params.name} was not migrated to ${params.toName}: ${whyUnsettled(params, error.why)}.`;
  return new FailureError({ code: 'CONFLICT', message }, error);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
