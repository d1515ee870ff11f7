import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { Domain, DomainRef } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';
import type { MigrateInput, MigratePlan } from '../../../main/contract/migrate.ts';
import { useDomains, useHosts } from '../../state/inventory.ts';
import { migrateInputOf, type MigrateForm } from './form.ts';
import { planKey, usePlans } from './use-plans.ts';
import { levelOf, verdictOf, type Checked, type Verdict } from './verdict.ts';

/** A host that machines may go to. */
export interface Target {
  readonly host: Host;
  readonly connected: boolean;
  readonly verdict: Verdict;
  /** How many of the machines are on it. */
  readonly already: number;
  /** As the plans count with it; null: none has told it yet. */
  readonly memoryFreeBytes: number | null;
}

/** A machine on its way to the chosen target. */
export interface Move {
  readonly domain: Domain;
  readonly input: MigrateInput;
  readonly check: Checked;
  /** The plan was said of just this input, and of the machine as it is now. */
  readonly current: boolean;
  /** It is current, and nothing stops it. */
  readonly ready: boolean;
}

const UNASKED: Checked = { plan: null, failure: null, loading: true };

/** What the hosts answer to the form: of all targets at once, and of the chosen one as it is chosen. */
export function useMigrate(form: MigrateForm) {
  const hosts = useHosts();
  const [round, setRound] = useState(0);
  const [settled] = useDebouncedValue(form, 150);
  const machines = useMachines(form.machines);
  const isUp = (id: string): boolean => hosts.some((host) => host.id === id && host.state === 'connected');
  const candidates = hosts.filter((host) => isTarget(host, machines, hosts));
  const moving = (to: string): Domain[] => machines.filter(({ host }) => host !== to);
  const asks = candidates
    .filter(({ id }) => isUp(id))
    .flatMap(({ id }) =>
      moving(id)
        .filter(({ host }) => isUp(host))
        .map((domain) => ({ input: migrateInputOf(settled, domain, id), machine: domain })),
    );
  const plans = usePlans(asks, round);
  const checkOf = ({ host, uuid }: DomainRef, to: string): Checked =>
    plans.get(planKey({ host, uuid, to })) ?? UNASKED;
  const targets = candidates.map((host): Target => {
    const checks = moving(host.id).map((domain) => checkOf(domain, host.id));
    return {
      host,
      connected: isUp(host.id),
      already: machines.length - checks.length,
      verdict: verdictOf(checks),
      memoryFreeBytes: checks.flatMap(({ plan }) => plan?.afterwards.memory ?? [])[0]?.freeBytes ?? null,
    };
  });
  const { to } = form;
  const chosen = targets.find(({ host }) => host.id === to) ?? null;
  const moves =
    to === null || chosen === null
      ? []
      : moving(to).map((domain): Move => {
          const check = checkOf(domain, to);
          const { plan, loading } = check;
          const current = settled === form && !loading && plan !== null && chosen.connected;
          const ready = current && levelOf(plan.items) !== 'stop';
          return { domain, input: migrateInputOf(form, domain, to), check, current, ready };
        });
  const able = moves.filter(({ ready }) => ready);
  const answered = moves.every(({ check }) => !check.loading);
  return {
    machines,
    targets,
    chosen,
    moves,
    able,
    /** Those that can go can go now. */
    ready: able.length > 0 && answered && settled === form,
    plans: moves.flatMap(({ check }): MigratePlan[] => (check.plan === null ? [] : [check.plan])),
    again: () => setRound((n) => n + 1),
  };
}

export type MigrateAnswer = ReturnType<typeof useMigrate>;

function useMachines(refs: readonly DomainRef[]): Domain[] {
  const domains = useDomains();
  return refs.flatMap(
    ({ host, uuid }) => domains.find((domain) => domain.host === host && domain.uuid === uuid) ?? [],
  );
}

/** Not where all of them are already; and the demo's machines stay in the demo. */
function isTarget(host: Host, machines: readonly Domain[], hosts: readonly Host[]): boolean {
  const isDemo = (id: string): boolean => hosts.some((one) => one.id === id && one.kind === 'demo');
  return machines.some((one) => one.host !== host.id && isDemo(one.host) === (host.kind === 'demo'));
}
