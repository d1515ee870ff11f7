import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virDomainJobOperation as OPERATION } from '../../../drivers/libvirt/constants/domain-block.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { getNumber, typedParamsToMap, type TypedParam } from '../../../drivers/libvirt/typed-params.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import { stateFromWire } from '../../inventory/states.ts';
import { without } from '../../storage/read.ts';
import { domainByUuid } from '../create/steps/host-calls.ts';
import type { SourceSeen, TargetSeen } from './decide.ts';

const GONE = ['VIR_ERR_NO_DOMAIN'];
/** What libvirt answers of a migration that comes in, as its figures are its source's; it calls so, too, what is off. */
const ONLY_AT_SOURCE: readonly string[] = ['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_OPERATION_UNSUPPORTED'];
/** A machine that is off has no job. */
const NO_JOB = ['VIR_ERR_NO_DOMAIN', 'VIR_ERR_NO_SUPPORT', ...ONLY_AT_SOURCE];

/** Types of virDomainJobInfo that tell of a job under way: bounded and unbounded. */
const UNDER_WAY = new Set([1, 2]);

/** Reasons of virDomainState while some of a machine's memory is on each host. */
const SPLIT: ReadonlySet<string> = new Set(['postcopy', 'postcopy_failed']);
/** The one of them in which libvirt lets it be gone on with. */
const TORN = 'postcopy_failed';

/** The machine as its source shows it now. */
export async function lookAtSource(
  client: LibvirtClient,
  { uuid, wasPaused }: { readonly uuid: string; readonly wasPaused: boolean },
): Promise<{ state: Exclude<SourceSeen, 'away'>; busy: boolean }> {
  const dom = await domainByUuid(client, uuid);
  const seen = dom === null ? null : await stateOf(client, dom);
  if (dom === null || seen === null) return { state: 'absent', busy: false };
  return { state: sourceSeen(seen, wasPaused), busy: await leaves(client, dom) };
}

/** libvirt works on a job of this machine here: of one that comes in it tells of none. */
export async function hasJob(client: LibvirtClient, dom: DomainRef): Promise<boolean> {
  const job = await client.remote.domainGetJobInfo({ dom }).catch(without(NO_JOB));
  return job !== null && UNDER_WAY.has(job.type);
}

/** It is being moved away from here. A backup, or saving it, is somebody else's job, and nothing of a move. */
export async function leaves(
  client: LibvirtClient,
  dom: DomainRef,
  options: CallOptions = {},
): Promise<boolean> {
  const stats = await client.remote.domainGetJobStats({ dom, flags: 0 }, options).catch(without(NO_JOB));
  return stats !== null && isMoveAway(stats);
}

interface JobStats {
  readonly type: number;
  readonly params: readonly TypedParam[];
}

function isMoveAway({ type, params }: JobStats): boolean {
  const operation = getNumber(typedParamsToMap(params), 'operation');
  return UNDER_WAY.has(type) && operation === OPERATION.VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT;
}

/**
 * A migration of this machine is under way here, whoever drives it: away from this host or to it. Null: there is none.
 * @throws LinkError TIMEOUT where the host does not say so in the time: QEMU that hangs holds up the question
 */
export async function movesHere(
  client: LibvirtClient,
  dom: DomainRef,
  timeoutMs: number,
): Promise<'from' | 'to' | null> {
  try {
    return isMoveAway(await client.remote.domainGetJobStats({ dom, flags: 0 }, { timeoutMs }))
      ? 'from'
      : null;
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    if (!ONLY_AT_SOURCE.includes(error.code)) return null;
    const seen = await stateOf(client, dom);
    return seen !== null && isWaiting(seen) ? 'to' : null;
  }
}

/** QEMU waits for what comes (virDomainPausedReason), or is being started for it. */
function isWaiting({ state, reason }: ReturnType<typeof stateFromWire>): boolean {
  return state === 'paused' && (reason === 'migration' || reason === 'starting_up');
}

function sourceSeen(
  { state, reason }: ReturnType<typeof stateFromWire>,
  wasPaused: boolean,
): Exclude<SourceSeen, 'away' | 'absent'> {
  if (state === 'paused' && SPLIT.has(reason)) return reason === TORN ? 'torn' : 'split';
  if (state === 'paused') return reason === 'migration' || wasPaused ? 'held' : 'paused';
  return state === 'shutoff' || state === 'crashed' ? 'off' : 'running';
}

/** The machine as its target shows it now. */
export async function lookAtTarget(
  client: LibvirtClient,
  { uuid, postCopy }: { readonly uuid: string; readonly postCopy: boolean },
): Promise<Exclude<TargetSeen, 'away'>> {
  const dom = await domainByUuid(client, uuid);
  const seen = dom === null ? null : await stateOf(client, dom);
  if (dom === null || seen === null) return 'absent';
  const { state, reason } = seen;
  if (isWaiting(seen)) return 'waiting';
  const isActive = state === 'paused' || state === 'running';
  // Whatever it shows, as by an I/O error: while it takes in, some of its memory is not there.
  if (isActive && reason === TORN) return 'torn';
  if (isActive && (SPLIT.has(reason) || (postCopy && (await takesIn(client, dom))))) return 'split';
  if (state === 'paused') return 'paused';
  if (state !== 'shutoff' && state !== 'crashed' && state !== 'nostate') return 'running';
  // Without a definition nothing can be off: it is being made, or given up.
  const persistent = await client.remote.domainIsPersistent({ dom }).catch(without(GONE));
  if (persistent === null) return 'absent';
  return persistent.persistent === 0 ? 'waiting' : 'off';
}

/** libvirt tells nothing of a migration that comes in but that there is one (qemuDomainGetJobStatsInternal: only on the source host). */
async function takesIn(client: LibvirtClient, dom: DomainRef): Promise<boolean> {
  try {
    return UNDER_WAY.has((await client.remote.domainGetJobInfo({ dom })).type);
  } catch (error) {
    if (error instanceof LibvirtError) return ONLY_AT_SOURCE.includes(error.code);
    throw error;
  }
}

async function stateOf(client: LibvirtClient, dom: DomainRef) {
  const reply = await client.remote.domainGetState({ dom, flags: 0 }).catch(without(GONE));
  return reply === null ? null : stateFromWire(reply.state, reply.reason);
}
