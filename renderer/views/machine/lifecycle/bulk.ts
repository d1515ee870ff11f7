import type { Domain } from '../../../../main/contract/domain.ts';
import { whyDisabled } from './availability.ts';

/** What can be asked of several machines at once, in the order of the bar. Deleting several is not among them. */
export const BULK_ACTIONS = ['start', 'resume', 'suspend', 'shutdown', 'destroy'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** An action, and the machines whose state allows it. */
export interface BulkItem {
  readonly action: BulkAction;
  readonly domains: readonly Domain[];
}

/** What an action means for one machine: one with a saved state is started by restoring it. */
export function actionFor(action: BulkAction, domain: Domain): BulkAction | 'restore' {
  return action === 'start' && domain.managedSave ? 'restore' : action;
}

/** What at least one of the machines allows; a host that is not connected allows nothing. */
export function bulkItems(
  domains: readonly Domain[],
  isConnected: (host: string) => boolean,
): readonly BulkItem[] {
  return BULK_ACTIONS.map((action) => ({
    action,
    domains: domains.filter(
      (domain) => whyDisabled(actionFor(action, domain), domain, isConnected(domain.host)) === null,
    ),
  })).filter((item) => item.domains.length > 0);
}

/** As many calls of a host as the core has under way at once (drivers/rpc/window.ts). */
const IN_FLIGHT = 4;

/** Holds calls back so that at most four for a host are under way; they are sent in the order in which they came. */
export class HostLanes {
  readonly #lanes = new Map<string, { busy: number; readonly waiting: (() => void)[] }>();

  /** Calls `call` in its turn and gives its result. */
  async send<T>(host: string, call: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(host) ?? { busy: 0, waiting: [] };
    this.#lanes.set(host, lane);
    if (lane.busy < IN_FLIGHT) lane.busy += 1;
    else await new Promise<void>((resolve) => lane.waiting.push(resolve));
    try {
      return await call();
    } finally {
      const next = lane.waiting.shift();
      if (next !== undefined) next();
      else {
        lane.busy -= 1;
        if (lane.busy === 0) this.#lanes.delete(host);
      }
    }
  }
}
