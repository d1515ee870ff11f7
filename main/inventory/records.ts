import type { DomainRef, TypedParam } from '../../drivers/libvirt/protocol/structs.ts';
import type { Domain } from '../contract/domain.ts';
import { isActive, stateFromWire } from './states.ts';

/** What the host says of a machine in a list; the rest is what events told and we keep. */
export type DomainFacts = Omit<Domain, 'since' | 'addresses' | 'changedAt' | 'template' | 'tags'>;

/** Figures of a machine that the list shows, from its bulk statistics; null where this driver gives none. */
export interface StatsFacts {
  state: number | null;
  reason: number;
  vcpus: number | null;
  maxVcpus: number | null;
  memoryKiB: number | null;
  maxMemoryKiB: number | null;
}

/** Picks what the list needs in one pass: a record of a large machine has hundreds of fields. */
export function readStatsFacts(params: readonly TypedParam[]): StatsFacts {
  const facts: StatsFacts = {
    state: null,
    reason: 0,
    vcpus: null,
    maxVcpus: null,
    memoryKiB: null,
    maxMemoryKiB: null,
  };
  for (const { field, value } of params) {
    switch (field) {
      case 'state.state':
        facts.state = Number(value.value);
        break;
      case 'state.reason':
        facts.reason = Number(value.value);
        break;
      case 'vcpu.current':
        facts.vcpus = Number(value.value);
        break;
      case 'vcpu.maximum':
        facts.maxVcpus = Number(value.value);
        break;
      case 'balloon.current':
        facts.memoryKiB = Number(value.value);
        break;
      case 'balloon.maximum':
        facts.maxMemoryKiB = Number(value.value);
        break;
      default:
        break;
    }
  }
  return facts;
}

/** What DOMAIN_GET_INFO tells, for drivers whose bulk statistics hold less. */
export interface InfoFacts {
  state: number;
  maxMem: bigint;
  memory: bigint;
  nrVirtCpu: number;
}

export interface RecordParts {
  host: string;
  uuid: string;
  ref: DomainRef;
  stats: StatsFacts | null;
  info: InfoFacts | null;
  autostart: boolean;
  persistent: boolean;
  managedSave: boolean;
}

/** Puts together what several calls told of one machine. What none of them told is 0 until it is read. */
export function toFacts(parts: RecordParts): DomainFacts {
  const { ref, stats, info } = parts;
  // Without any statistics a number says at least that it runs.
  const wireState = stats?.state ?? info?.state ?? (ref.id >= 0 ? 1 : 5);
  const { state, reason } = stateFromWire(wireState, stats?.reason ?? 0);
  const maxMemoryKiB = stats?.maxMemoryKiB ?? Number(info?.maxMem ?? 0n);
  const vcpus = stats?.vcpus ?? info?.nrVirtCpu ?? 0;
  return {
    host: parts.host,
    uuid: parts.uuid,
    name: ref.name,
    id: isActive(state) && ref.id >= 0 ? ref.id : null,
    state,
    reason,
    vcpus,
    maxVcpus: stats?.maxVcpus ?? vcpus,
    memoryKiB: stats?.memoryKiB ?? Number(info?.memory ?? 0n),
    maxMemoryKiB,
    autostart: parts.autostart,
    persistent: parts.persistent,
    managedSave: parts.managedSave,
  };
}

/** Whether DOMAIN_GET_INFO must fill in what the statistics did not have. */
export function lacksFigures(stats: StatsFacts | null): boolean {
  return stats === null || stats.maxMemoryKiB === null || stats.vcpus === null;
}

/** The record with what we know besides: since when the state holds, and addresses while it runs. */
export function withHistory(facts: DomainFacts, before: Domain | undefined, since: number | null): Domain {
  const same = before !== undefined && before.state === facts.state && before.id === facts.id;
  return {
    ...facts,
    since: same ? before.since : since,
    addresses: before !== undefined && isActive(facts.state) ? before.addresses : [],
    ...(before?.changedAt === undefined ? {} : { changedAt: before.changedAt }),
    ...(before?.template === undefined ? {} : { template: before.template }),
    ...(before?.tags === undefined ? {} : { tags: before.tags }),
  };
}

/** What is filled in after the list, where a driver's list does not hold it. */
export function figuresOf(domain: Domain): Pick<Domain, 'vcpus' | 'maxVcpus' | 'memoryKiB' | 'maxMemoryKiB'> {
  const { vcpus, maxVcpus, memoryKiB, maxMemoryKiB } = domain;
  return { vcpus, maxVcpus, memoryKiB, maxMemoryKiB };
}
