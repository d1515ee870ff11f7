import type { Medium } from '../contract/migrate-ejects.ts';
import { FailureError, isExpected, toFailure } from './errors.ts';

/** A machine whose media keep it where it is. */
export interface EjectsFirst<T> {
  readonly name: string;
  readonly host: { readonly id: string; readonly name: string };
  readonly media: readonly Medium[];
  readonly eject: (target: string) => Promise<void>;
  readonly begin: () => Promise<T>;
}

/**
 * Takes media out of their drives, and begins the move.
 * @throws what `eject` or `begin` throws; where a medium was out by then, with words that say so
 */
export async function ejectFirst<T>({ name, host, media, eject, begin }: EjectsFirst<T>): Promise<T> {
  const out: string[] = [];
  try {
    for (const { target, path } of media) {
      await eject(target);
      out.push(`${path} is out of its drive (${target} of ${name}).`);
    }
    return await begin();
  } catch (error) {
    if (out.length === 0 || !isExpected(error)) throw error;
    const failure = toFailure(error, { message: `${name} was not moved on ${host.name}.`, host });
    throw new FailureError({ ...failure, message: [failure.message, ...out].join(' ') }, error);
  }
}
