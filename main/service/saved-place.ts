import { programsOf } from '../jobs/host-commands.ts';
import { hostPlace } from '../jobs/p2v/host-place.ts';
import { localPlace } from '../jobs/p2v/local-place.ts';
import type { SavedPlace } from '../jobs/p2v/read-saved.ts';
import type { Services } from './services.ts';

/**
 * Where saved machines are read from.
 * @param on a connected host, by its id; undefined: this computer
 * @param signal ends what is read there
 * @throws FailureError where there is no such host, or it is not connected
 */
export function savedPlace(
  { fleet }: Pick<Services, 'fleet'>,
  on: string | undefined,
  signal: AbortSignal,
): SavedPlace {
  if (on === undefined) return { place: localPlace, host: null };
  const { id, name, uri } = fleet.hosts.session(on);
  const exec = () => programsOf(fleet.hosts.session(on));
  return { place: hostPlace({ name, exec, signal }), host: { id, name, uri } };
}
