import { hostPlace } from '../jobs/p2v/host-place.ts';
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
  { fleet, sources }: Pick<Services, 'fleet' | 'sources'>,
  on: string | undefined,
  signal: AbortSignal,
): SavedPlace {
  if (on === undefined) return { place: localPlace, on: null };
  if (!fleet.hosts.has(on))
    return {
      place: hostPlace({ name: on, exec: () => programsOver(sources, on), signal }),
      on: { kind: 'ssh', target: on },
    };
  const { id, name, uri } = fleet.hosts.session(on);
  const exec = () => programsOf(fleet.hosts.session(on));
  return { place: hostPlace({ name, exec, signal }), on: { kind: 'host', host: { id, name, uri } } };
}
