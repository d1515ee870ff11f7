import type { DomainRef } from '../../main/contract/domain.ts';
import type { MigrateItem } from '../../main/contract/migrate.ts';
import { api } from '../api/client.ts';
import { createStore, useStore } from './store.ts';

/** Machines that are being dragged, and what is known by now of each host that they may be dropped on. */
export interface Dragged {
  readonly machines: readonly DomainRef[];
  /** The worst that was found, by the host's id; a host that is not in it was not looked at yet. */
  readonly levels: ReadonlyMap<string, MigrateItem['level']>;
}

/** Of many machines so many are looked at: where they may go is said by the sheet. */
const MAX_LOOKED_AT = 5;
const WEIGHT = { ok: 0, warn: 1, stop: 2 } as const;

const dragged = createStore<Dragged | null>(null);

export function useDragged(): Dragged | null {
  return useStore(dragged);
}

/** A drag begins: the hosts are looked at, and light up as they answer. */
export function startDrag(machines: readonly DomainRef[]): void {
  const mine: Dragged = { machines, levels: new Map() };
  dragged.set(mine);
  for (const machine of machines.slice(0, MAX_LOOKED_AT))
    void api.migrate.check(machine).then(
      (found) =>
        dragged.update((now) => {
          // It may be over, or another one, by now.
          if (now === null || now.machines !== machines) return now;
          const levels = new Map(now.levels);
          for (const { host, items } of found)
            levels.set(host, worst([levels.get(host) ?? 'ok', ...items.map(({ level }) => level)]));
          return { machines, levels };
        }),
      // The sheet says what the host answers.
      () => undefined,
    );
}

export function endDrag(): void {
  dragged.set(null);
}

function worst(levels: readonly MigrateItem['level'][]): MigrateItem['level'] {
  return levels.reduce((one, other) => (WEIGHT[other] > WEIGHT[one] ? other : one), 'ok');
}
