import { hostPlace, type HostFiles } from '../jobs/p2v/host-place.ts';
import { programsOf } from '../jobs/host-commands.ts';
import { programsOver } from '../jobs/p2v/live/source-programs.ts';
import { localPlace } from '../jobs/p2v/local-place.ts';
import type { SavedPlace } from '../jobs/p2v/read-saved.ts';
import type { Services } from './services.ts';

/**
 * Where saved machines are read from.
 * @param on a connected host, by its id, or another machine that SSH reaches: `root@nas`; undefined: this computer
 * @param signal ends what is read there
 * @throws FailureError where the host is not connected
 */
export function savedPlace(
  services: Pick<Services, 'fleet' | 'sources'>,
  on: string | undefined,
  signal: AbortSignal,
): SavedPlace {
  if (on === undefined) return { place: localPlace, on: null };
  const place = hostPlace(filesOn(services, on, signal));
  const { hosts } = services.fleet;
  if (!hosts.has(on)) return { place, on: { kind: 'ssh', target: on } };
  const { id, name, uri } = hosts.session(on);
  return { place, on: { kind: 'host', host: { id, name, uri } } };
}

/**
 * The files of another computer, by its programs; the parameters are those of `savedPlace`.
 * @throws FailureError where the host is not connected
 */
export function filesOn(
  { fleet, sources }: Pick<Services, 'fleet' | 'sources'>,
  on: string,
  signal: AbortSignal,
): HostFiles {
  if (!fleet.hosts.has(on)) return { name: on, exec: () => programsOver(sources, on), signal };
  const { name } = fleet.hosts.session(on);
  return { name, exec: () => programsOf(fleet.hosts.session(on)), signal };
}
