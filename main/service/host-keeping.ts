import { errorText } from '../../drivers/transport/errors.ts';
import { FailureError } from '../hosts/failures.ts';
import { ownName } from '../hosts/names.ts';
import type { BrokenFile } from '../settings/json-file.ts';
import type { Services } from './services.ts';

/** What the list of hosts is kept with. */
type Keeping = Pick<Services, 'settings' | 'fleet' | 'notices' | 'onFault'>;

interface Saving {
  settings: Pick<Services['settings'], 'keepHost'>;
  fleet: { hosts: Pick<Services['fleet']['hosts'], 'has' | 'connection'> };
}

/** A host on trial is saved from now on. Fails when it could not be written. */
export async function keepHost(id: string, { settings, fleet }: Saving): Promise<void> {
  await settings.keepHost(id);
  // it may have left the list while it was written, as when the core ends
  if (fleet.hosts.has(id)) fleet.hosts.connection(id).keep();
}

/** A host was reached: one on trial is saved, and a person is told when that cannot be done. */
export function hostReached(id: string, services: Keeping): void {
  const { settings, fleet, notices } = services;
  if (!settings.isTrial(id)) return;
  const { name } = fleet.hosts.connection(id).host;
  keepHost(id, services).catch((error: unknown) => {
    const { message, detail } = told(error);
    notices.add({
      id: `not saved ${id}`,
      message: `${name} is connected, and is not there at the next start: it was not saved. ${message}`,
      ...detail,
    });
  });
}

/** What a host calls itself: shown where nobody typed a name, and kept for the next start. */
export function hostnameRead(id: string, hostname: string, services: Keeping): void {
  const { settings, fleet, onFault } = services;
  const own = ownName(hostname);
  if (own === null) return;
  fleet.hosts.setName(id, { own });
  const saved = settings.host(id);
  if (saved === undefined || saved.ownName === own) return;
  settings.learnOwnName(saved, own).catch((error: unknown) => onFault('name of a host', error));
}

/** A secret could not be kept; the login itself worked. */
export function secretNotKept(
  error: unknown,
  { notices, onFault }: Pick<Keeping, 'notices' | 'onFault'>,
): void {
  onFault('secrets', error);
  notices.add({
    id: 'secret not kept',
    message: `The password could not be kept: ${errorText(error)}. It is asked for again at the next start.`,
  });
}

/** A settings file that is not used, and what that means. */
export function settingsBroken(
  { file, keptAs, reason, newer }: BrokenFile,
  { notices, onFault }: Pick<Keeping, 'notices' | 'onFault'>,
): void {
  onFault('settings', new Error(`${file} (${reason}) is kept as ${keptAs}`));
  const detail = newer ? `${file}: ${reason}` : `${file}: ${reason}\n${keptAs}`;
  const message = newer
    ? 'A newer version of Virtlane wrote these settings. This version leaves them alone: it does not show what is in them, and saves nothing there.'
    : 'These settings could not be read. They were put aside, and Virtlane begins without them.';
  notices.add({ id: `settings ${file}`, message, detail });
}

function told(error: unknown): { message: string; detail: { detail?: string } } {
  if (!(error instanceof FailureError)) return { message: '', detail: { detail: errorText(error) } };
  const { message, detail } = error.failure;
  return { message, detail: detail === undefined ? {} : { detail } };
}
