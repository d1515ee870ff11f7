import type { Failure } from '../../../main/contract/failure.ts';
import type { MigrateItem, MigratePlan } from '../../../main/contract/migrate.ts';

export const CHECK_GROUPS = ['machine', 'processor', 'devices', 'disks', 'networks', 'hosts'] as const;
export type CheckGroup = (typeof CHECK_GROUPS)[number];

const GROUP_OF: Record<MigrateItem['id'], CheckGroup> = {
  host: 'hosts',
  machine: 'machine',
  name: 'machine',
  state: 'machine',
  hypervisor: 'machine',
  machineType: 'machine',
  cpu: 'processor',
  version: 'machine',
  memory: 'processor',
  firmware: 'devices',
  tpm: 'devices',
  devices: 'devices',
  snapshots: 'machine',
  disks: 'disks',
  media: 'devices',
  space: 'disks',
  networks: 'networks',
  route: 'hosts',
  manner: 'hosts',
  clock: 'hosts',
};

/** Items under the heads that a person looks for them under; what stops it first. */
export function grouped(items: readonly MigrateItem[]): { group: CheckGroup; items: MigrateItem[] }[] {
  return CHECK_GROUPS.map((group) => ({
    group,
    items: byWeight(items.filter(({ id }) => GROUP_OF[id] === group)),
  }));
}

const WEIGHT = { stop: 0, warn: 1, ok: 2 } as const;

/** What stops it first, then what one should know. */
export function byWeight(items: readonly MigrateItem[]): MigrateItem[] {
  return items.toSorted((a, b) => WEIGHT[a.level] - WEIGHT[b.level]);
}

export function levelOf(items: readonly MigrateItem[]): MigrateItem['level'] {
  if (items.some(({ level }) => level === 'stop')) return 'stop';
  return items.some(({ level }) => level === 'warn') ? 'warn' : 'ok';
}

/** What is known of one machine on one target. */
export interface Checked {
  readonly plan: MigratePlan | null;
  readonly failure: Failure | null;
  readonly loading: boolean;
}

/** What can be said of a target: of all machines together. */
export interface Verdict {
  readonly level: MigrateItem['level'] | 'asked' | 'failed';
  /** What is not fine, worst first; each sentence once. */
  readonly reasons: readonly string[];
  /** How many of the machines can go. */
  readonly able: number;
  /** How many were not looked at yet. */
  readonly asked: number;
  readonly all: number;
}

/** Of several machines a target is as good as for the best of them: those that it stops stay, and are named. */
export function verdictOf(checks: readonly Checked[]): Verdict {
  const plans = checks.flatMap(({ plan }) => plan ?? []);
  const failures = checks.flatMap(({ failure, plan }) => (plan === null ? (failure ?? []) : []));
  const levels = plans.map(({ items }) => levelOf(items));
  const able = levels.filter((level) => level !== 'stop').length;
  const bad = byWeight(plans.flatMap(({ items }) => items.filter(({ level }) => level !== 'ok')));
  const reasons = [
    ...new Set([...failures.map(({ message }) => message), ...bad.map(({ message }) => message)]),
  ];
  const asked = checks.length - plans.length - failures.length;
  const level = (): Verdict['level'] => {
    if (able > 0)
      return able < plans.length || failures.length > 0 || levels.includes('warn') ? 'warn' : 'ok';
    if (asked > 0 || checks.length === 0) return 'asked';
    return plans.length === 0 ? 'failed' : 'stop';
  };
  return { level: level(), reasons, able, asked, all: checks.length };
}

/** A move that was refused, as the window says it: what else stops it, and what helps, the checks show with buttons of their own in place of the command line's options. */
export function refusalOf(failure: Failure): Failure {
  if (failure.code !== 'BAD_INPUT') return failure;
  const { detail: _, ...rest } = failure;
  return rest;
}
