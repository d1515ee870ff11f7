import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import {
  virConnectGetAllDomainStatsFlags,
  virConnectListAllDomainsFlags,
  virDomainStatsTypes,
} from '../../drivers/libvirt/constants/domain-flags.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';
import { lacksFigures, readStatsFacts, toFacts, type DomainFacts, type StatsFacts } from './records.ts';

/** What one look at a host gives. */
export interface HostListing {
  facts: DomainFacts[];
  refs: Map<string, DomainRef>;
  /** Machines whose figures the bulk statistics of this driver do not hold. */
  bare: string[];
}

const {
  VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
  VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
  VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
} = virConnectListAllDomainsFlags;
const STATS =
  virDomainStatsTypes.VIR_DOMAIN_STATS_STATE |
  virDomainStatsTypes.VIR_DOMAIN_STATS_VCPU |
  virDomainStatsTypes.VIR_DOMAIN_STATS_BALLOON;
const NOWAIT = virConnectGetAllDomainStatsFlags.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;

/** Codes by which a driver says that it lacks a call or a flag. */
const LACKING = new Set([
  'VIR_ERR_NO_SUPPORT',
  'VIR_ERR_INVALID_ARG',
  'VIR_ERR_ARGUMENT_UNSUPPORTED',
  'VIR_ERR_OPERATION_UNSUPPORTED',
  'VIR_ERR_RPC',
]);

/** The call's value, or null when this host cannot do it. */
export async function ifSupported<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LibvirtError && LACKING.has(error.code)) return null;
    throw error;
  }
}

/**
 * All machines of a host in one burst of five calls, which is what libvirtd serves at once: one round trip, whatever their number.
 * Autostart, persistence and saved state come as filters of the list, because asking each machine would cost three calls for each.
 */
export async function listHost(
  client: LibvirtClient,
  host: string,
  options: CallOptions,
): Promise<HostListing> {
  const list = (flags: number): Promise<DomainRef[]> =>
    client.remote
      .connectListAllDomains({ needResults: 1, flags }, { ...options, brief: true })
      .then((reply) => reply.domains);
  const uuids = async (flags: number): Promise<Set<string>> =>
    new Set(((await ifSupported(list(flags))) ?? []).map((ref) => uuidToString(ref.uuid)));
  // First what may have to wait for a machine: the last of a connection's places is for the others.
  const [stats, all, transient, autostart, managedSave] = await Promise.all([
    bulkStats(client, [], options),
    list(0),
    uuids(VIR_CONNECT_LIST_DOMAINS_TRANSIENT),
    uuids(VIR_CONNECT_LIST_DOMAINS_AUTOSTART),
    uuids(VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE),
  ]);
  const listing: HostListing = { facts: [], refs: new Map(), bare: [] };
  for (const ref of all) {
    const uuid = uuidToString(ref.uuid);
    const ofDomain = stats?.get(uuid) ?? null;
    listing.refs.set(uuid, ref);
    if (lacksFigures(ofDomain)) listing.bare.push(uuid);
    const flags = {
      autostart: autostart.has(uuid),
      persistent: !transient.has(uuid),
      managedSave: managedSave.has(uuid),
    };
    listing.facts.push(toFacts({ host, uuid, ref, stats: ofDomain, info: null, ...flags }));
  }
  return listing;
}

/** One machine as it is now, in one burst; null when the host does not have it (any more). */
export async function readOne(
  client: LibvirtClient,
  request: { host: string; uuid: string; ref: DomainRef },
  options: CallOptions,
): Promise<{ ref: DomainRef; facts: DomainFacts } | null> {
  const { host, uuid, ref: dom } = request;
  const { remote } = client;
  const lookup = remote.domainLookupByUuid({ uuid: dom.uuid }, options).then((reply) => reply.dom, noDomain);
  const flag = (call: Promise<{ [key: string]: number }>): Promise<boolean> =>
    call.then((reply) => Object.values(reply)[0] !== 0, gone);
  const [ref, autostart, persistent, managedSave, stats] = await Promise.all([
    lookup,
    flag(remote.domainGetAutostart({ dom }, options)),
    flag(remote.domainIsPersistent({ dom }, options)),
    flag(remote.domainHasManagedSaveImage({ dom, flags: 0 }, options)),
    bulkStats(client, [dom], options).catch(noDomain),
  ]);
  if (ref === null) return null;
  const ofDomain = stats?.get(uuid) ?? null;
  const info = lacksFigures(ofDomain)
    ? await remote.domainGetInfo({ dom: ref }, options).catch(noDomain)
    : null;
  const facts = toFacts({ host, uuid, ref, stats: ofDomain, info, autostart, persistent, managedSave });
  return { ref, facts };
}

/** Figures of one machine by DOMAIN_GET_INFO, for drivers whose bulk statistics lack them; null when it has gone. */
export async function readInfo(
  client: LibvirtClient,
  dom: DomainRef,
  options: CallOptions,
): Promise<Pick<DomainFacts, 'vcpus' | 'maxVcpus' | 'memoryKiB' | 'maxMemoryKiB'> | null> {
  const info = await client.remote.domainGetInfo({ dom }, options).catch(noDomain);
  if (info === null) return null;
  const vcpus = info.nrVirtCpu;
  return { vcpus, maxVcpus: vcpus, memoryKiB: Number(info.memory), maxMemoryKiB: Number(info.maxMem) };
}

async function bulkStats(
  client: LibvirtClient,
  doms: DomainRef[],
  options: CallOptions,
): Promise<Map<string, StatsFacts> | null> {
  const ask = (flags: number) =>
    ifSupported(client.remote.connectGetAllDomainStats({ doms, stats: STATS, flags }, options));
  // libvirt before 4.5 does not know NOWAIT and refuses flags it does not know.
  const reply = (await ask(NOWAIT)) ?? (await ask(0));
  if (reply === null) return null;
  return new Map(reply.retStats.map(({ dom, params }) => [uuidToString(dom.uuid), readStatsFacts(params)]));
}

/** A machine that has gone is null; what else failed stays a failure. */
function noDomain(error: unknown): null {
  if (error instanceof LibvirtError && error.code === 'VIR_ERR_NO_DOMAIN') return null;
  throw error;
}

/** A flag of a machine that has gone, or that its driver does not have (the autostart of a transient one), is not set. */
function gone(error: unknown): false {
  if (error instanceof LibvirtError) return false;
  throw error;
}
