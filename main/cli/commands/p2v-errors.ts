import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { FailureError, toFailure } from '../../hosts/failures.ts';
import { systemWords } from '../../jobs/p2v/system-words.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';

/** What an image is not, and what this computer refuses, is told as a failure, which is no wrong use. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ClonezillaError) {
      const code = error.code === 'UNSUPPORTED' || error.code === 'ENCRYPTED' ? 'UNSUPPORTED' : 'BAD_INPUT';
      throw new CliError({ code, message: error.message }, EXIT.failed);
    }
    if (error instanceof FailureError || error instanceof TransportError)
      throw new CliError(toFailure(error, { message: 'The image could not be read on its host.' }));
    const words = systemWords(error);
    throw words === null ? error : refused(`${pathOf(error)} ${words}.`);
  }
}

function pathOf(error: unknown): string {
  return error instanceof Error && 'path' in error ? String(error.path) : 'A file';
}

export function refused(message: string): CliError {
  return new CliError({ code: 'BAD_INPUT', message }, EXIT.failed);
}
