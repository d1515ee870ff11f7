import path from 'node:path';
import { localPlace } from '../../jobs/p2v/local-place.ts';
import type { Place } from '../../jobs/p2v/place.ts';
import { UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import type { Output } from '../output.ts';
import { hostsCalled } from '../resolve.ts';
import { answeringSources } from '../source-questions.ts';
import type { HostPath } from '../host-path.ts';

/** The computer that an image is on, as the contract has it. */
export interface ImageOn {
  readonly on: string;
  readonly keyFile?: string;
}

/** Where an image is, for one command. */
export interface ImageFrom {
  readonly output: Output;
  readonly place: Place;
  readonly path: string;
}

export function imageHere(output: Output, file: string): ImageFrom {
  return { output, place: localPlace, path: file };
}

/**
 * Reads an image on one of the command's hosts, which is connected, or on another machine that SSH reaches.
 * @param key a key file to try first on another machine
 * @throws UsageError where several hosts may be meant
 */
export async function withImageOn<T>(
  session: FleetSession,
  at: HostPath,
  key: string | undefined,
  work: (image: ImageFrom & { readonly at: ImageOn }) => Promise<T>,
): Promise<T> {
  const id = hostOf(session, at);
  if (id !== null && key !== undefined)
    throw new UsageError(`${at.host} is connected already: leave --key-file out.`);
  if (id !== null) await session.connectAny(new Set([id]));
  const computer: ImageOn = {
    on: id ?? at.host,
    ...(key === undefined ? {} : { keyFile: path.resolve(key) }),
  };
  const { signal } = new AbortController();
  const image = {
    output: session.output,
    place: session.place(computer, signal),
    path: at.path,
    at: computer,
  };
  return id === null ? answeringSources(session, () => work(image)) : work(image);
}

/** The id of the command's host that is meant; null: it is none of them. */
function hostOf({ hosts }: FleetSession, { host }: HostPath): string | null {
  const [found, other] = hostsCalled(host, hosts);
  if (other !== undefined) throw new UsageError(`${host} may be several hosts. Name it by its address.`);
  return found?.id ?? null;
}
