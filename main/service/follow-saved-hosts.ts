import { pause } from '../hosts/clock.ts';
import { startHosts } from './host-routes.ts';
import type { Services } from './services.ts';

/** How often is looked whether another Virtlane has saved a host. */
const LOOK_MS = 3000;

/**
 * Hosts that another Virtlane saves, a window or a command, come into the list of this one until the signal is aborted. What it changes or removes of those that are listed
 * is seen at the next start: here they may be in use.
 */
export async function followSavedHosts(
  services: Services,
  { connect }: { readonly connect: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { clock, settings, onFault } = services;
  for (;;) {
    await pause(clock, LOOK_MS, signal);
    if (signal.aborted) return;
    try {
      const found = await settings.takeNewHosts();
      if (!signal.aborted) startHosts(found, services, connect);
    } catch (error) {
      onFault('saved hosts', error);
    }
  }
}
