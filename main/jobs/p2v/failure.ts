import { ClonezillaError, type ClonezillaErrorCode } from '../../../drivers/formats/clonezilla/errors.ts';
import type { FailureCode } from '../../contract/failure-codes.ts';
import { FailureError } from '../../hosts/failures.ts';

const CODES: Readonly<Record<ClonezillaErrorCode, FailureCode>> = {
  NOT_AN_IMAGE: 'NOT_FOUND',
  MISSING: 'NOT_FOUND',
  BROKEN: 'CONFLICT',
  UNREADABLE: 'CONFLICT',
  DAMAGED: 'CONFLICT',
  ENCRYPTED: 'UNSUPPORTED',
  UNSUPPORTED: 'UNSUPPORTED',
};

/** What is wrong with an image, as a Failure; other errors stay what they are. */
export function imageFailure(error: unknown): unknown {
  if (!(error instanceof ClonezillaError)) return error;
  return new FailureError({ code: CODES[error.code], message: error.message }, error);
}
