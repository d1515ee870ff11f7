import { openDialog } from './dialogs.ts';
import { hostInView } from './host-in-view.ts';
import { inventory } from './inventory.ts';

/** Opens the sheet for a new machine: on the host that is looked at where it is connected, else where the last one was. */
export function openNewMachine(wanted: string | null = hostInView()): void {
  const host = inventory.hosts.get().find(({ id, state }) => id === wanted && state === 'connected')?.id;
  openDialog({ kind: 'createMachine', ...(host === undefined ? {} : { host }) });
}
