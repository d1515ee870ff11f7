import { hostPlace, type HostFiles } from '../jobs/p2v/host-place.ts';
import { programsOf } from '../jobs/host-commands.ts';
import { programsOver } from '../jobs/p2v/live/source-programs.ts';
import { localPlace } from '../jobs/p2v/local-place.ts';
import type { SavedPlace } from '../jobs/p2v/read-saved.ts';
import type { Services } from './services.ts';

/** Without `on` it is this one. */
export type AnyComputer = { readonly on?: string | undefined } & Pick<OtherComputer, 'keyFile'>;

/** A computer that this one is not. */
export interface OtherComputer {
  /** A connected host, by its id, or another machine that SSH reaches: `root@nas`. */
  readonly on: string;
  /** Of another machine: a key file to try first. */
  readonly keyFile?: string | undefined;
}

/**
 * Where saved machines are read from.
 * @param signal ends what is read there
 * @throws FailureError where the host is not connected
 */
export function savedPlace(
  services: Pick<Services, 'fleet' | 'sources'>,
  { on, keyFile }: AnyComputer,
  signal: AbortSignal,
): SavedPlace {
  if (on === undefined) return { place: localPlace, on: null };
  const place = hostPlace(filesOn(services, { on, keyFile }, signal));
  const { hosts } = services.fleet;
  if (!hosts.has(on)) return { place, on: { kind: 'ssh', target: on, keyFile: keyFile ?? null } };
  const { id, name, uri } = hosts.session(on);
  return { place, on: { kind: 'host', host: { id, name, uri } } };
}

/**
 * The files of another computer, by its programs; the parameters are those of `savedPlace`.
 * @throws FailureError where the host is not connected
 */
export function filesOn(
  { fleet, sources }: Pick<Services, 'fleet' | 'sources'>,
  { on, keyFile }: OtherComputer,
  signal: AbortSignal,
): HostFiles {
  if (!fleet.hosts.has(on)) {
    const address = { target: on, keyFile: keyFile ?? null };
    return { name: on, exec: () => programsOver(sources, address), signal };
  }
  const { name } = fleet.hosts.session(on);
  return { name, exec: () => programsOf(fleet.hosts.session(on)), signal };
}
