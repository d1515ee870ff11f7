import { localPlace } from '../../jobs/p2v/local-place.ts';
import type { Place } from '../../jobs/p2v/place.ts';
import { UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import type { Output } from '../output.ts';
import { hostsCalled } from '../resolve.ts';
import type { HostPath } from '../host-path.ts';

/** Where an image is, for one command. */
export interface ImageFrom {
  readonly output: Output;
  readonly place: Place;
  readonly path: string;
}

export function imageHere(output: Output, path: string): ImageFrom {
  return { output, place: localPlace, path };
}

/** Connects the host alone. @throws UsageError where it is none of the command's hosts */
export async function imageOn(session: FleetSession, at: HostPath): Promise<ImageFrom> {
  const id = hostOf(session, at);
  await session.connectAny(new Set([id]));
  const { signal } = new AbortController();
  return { output: session.output, place: session.place(id, signal), path: at.path };
}

/** The id of the command's host that is meant. */
export function hostOf({ hosts }: FleetSession, { host }: HostPath): string {
  const [found, other] = hostsCalled(host, hosts);
  if (found === undefined)
    throw new UsageError(
      `There is no host ${host}: name it with -c, too, as in -c ${host}. A file of this computer whose name has a colon is named ./NAME.`,
    );
  if (other !== undefined) throw new UsageError(`${host} may be several hosts. Name it by its address.`);
  return found.id;
}
