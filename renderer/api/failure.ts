import { ORPCError } from '@orpc/client';
import { FAILURE_CODES } from '../../main/contract/failure-codes.ts';
import type { Failure } from '../../main/contract/failure.ts';

function isFailure(value: unknown): value is Failure {
  return (
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string' &&
    'code' in value &&
    FAILURE_CODES.some((code) => code === value.code)
  );
}

/** A failure of the window's own side of the bridge, as an Error that `failureOf` reads back. */
export class BridgeError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, { cause });
    this.name = 'BridgeError';
    this.failure = failure;
  }
}

/** What a rejected call of `api` says, whatever it was rejected with. */
export function failureOf(error: unknown): Failure {
  if (error instanceof BridgeError) return error.failure;
  if (error instanceof ORPCError) {
    const data: unknown = error.data;
    if (isFailure(data)) return data;
    // Input that the contract's schema refuses is answered before any handler runs, so it carries no Failure.
    const code = error.code === 'BAD_REQUEST' ? 'BAD_INPUT' : 'INTERNAL';
    return { code, message: error.message };
  }
  if (error instanceof DOMException && error.name === 'AbortError')
    return { code: 'LINK_LOST', message: 'The connection to Virtlane’s core was closed before it answered.' };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
