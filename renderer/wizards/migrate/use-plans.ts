import { useEffect, useRef, useState } from 'react';
import type { Domain } from '../../../main/contract/domain.ts';
import type { MigrateInput, MigratePlan } from '../../../main/contract/migrate.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { HostLanes } from '../../views/machine/lifecycle/bulk.ts';
import type { Checked } from './verdict.ts';

/** What is asked of a machine as it is now. */
export interface PlanAsk {
  readonly input: MigrateInput;
  readonly machine: Pick<Domain, 'state' | 'changedAt'>;
}

interface Held {
  readonly version: string;
  readonly plan: MigratePlan | null;
  readonly failure: Failure | null;
}

/** So that a host that is slow holds up its own checks alone. */
const lanes = new HostLanes();

export function planKey({ host, uuid, to }: Pick<MigrateInput, 'host' | 'uuid' | 'to'>): string {
  return `${host}/${uuid} ${to}`;
}

/**
 * Asks for a plan of each input, once while it and the machine's state and definition stay the same, and anew in another `round`. Answers come in as they are there; what was
 * known of the same machine and target stays in view meanwhile.
 */
export function usePlans(asks: readonly PlanAsk[], round: number): ReadonlyMap<string, Checked> {
  const [known, setKnown] = useState<ReadonlyMap<string, Held>>(new Map());
  const latest = useRef(known);
  const asked = asks.map(({ input, machine: { state, changedAt = 0 } }) => ({
    input,
    version: `${round} ${state} ${changedAt} ${JSON.stringify(input)}`,
  }));
  const versions = asked.map(({ version }) => version).join('\n');
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const put = (key: string, held: Held): void => {
      if (signal.aborted) return;
      latest.current = new Map(latest.current).set(key, held);
      setKnown(latest.current);
    };
    for (const { input, version } of asked) {
      const key = planKey(input);
      if (latest.current.get(key)?.version === version) continue;
      const ask = async (): Promise<void> => {
        if (signal.aborted) return;
        try {
          put(key, { version, plan: await api.migrate.plan(input, { signal }), failure: null });
        } catch (error) {
          put(key, { version, plan: null, failure: failureOf(error) });
        }
      };
      void lanes.send(input.to, ask);
    }
    return () => controller.abort();
    // oxlint-disable-next-line react/exhaustive-deps -- `asked` differs at each render; the versions say what is asked
  }, [versions]);
  return new Map(
    asked.map(({ input, version }) => {
      const key = planKey(input);
      const held = known.get(key);
      const { plan = null, failure = null } = held ?? {};
      return [key, { plan, failure, loading: held?.version !== version }];
    }),
  );
}
