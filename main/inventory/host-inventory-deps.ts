import type { Clock } from '../hosts/clock.ts';
import type { ActivityLog } from '../jobs/activity.ts';
import type { InventoryStore } from './store.ts';

/** What the inventory of a host works with. */
export interface HostInventoryDeps {
  clock: Clock;
  store: InventoryStore;
  activity: ActivityLog;
  /** A machine has begun or ceased to run. */
  onRunning: (uuid: string, running: boolean) => void;
  onFault: (error: unknown) => void;
}
