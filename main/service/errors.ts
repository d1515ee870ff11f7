import { ORPCError } from '@orpc/server';
import type { Failure, FieldProblem } from '../contract/failure.ts';
import { FailureError, isExpected, toFailure, type FailureContext } from '../hosts/failures.ts';

export {
  BadInput,
  FailureError,
  isExpected,
  saidOf,
  toFailure,
  type FailureContext,
} from '../hosts/failures.ts';

/** Runs a handler's work; what goes wrong becomes a FailureError with this sentence. Faults of ours are told to `onFault`. */
export async function failing<T>(
  context: FailureContext & { onFault: (error: unknown) => void },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isExpected(error)) context.onFault(error);
    throw new FailureError(toFailure(error, context), error);
  }
}

/** @throws FailureError BAD_INPUT with all that stands against making it, when something does */
export function refuseToMake(name: string, problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  throw new FailureError({
    code: 'BAD_INPUT',
    message: `${name} is not created.`,
    problems: [...problems],
  });
}

/** The contract's one error. */
export function asContractError(failure: Failure): ORPCError<'FAILED', Failure> {
  return new ORPCError('FAILED', { defined: true, status: 500, message: failure.message, data: failure });
}

/**
 * Whatever a method threw, as the contract's one error: input that its schema refuses is BAD_INPUT, a FailureError is what it says,
 * and everything else is INTERNAL and goes to the log.
 */
export function contractErrorOf(
  error: unknown,
  method: string,
  onFault: (error: unknown) => void,
): ORPCError<'FAILED', Failure> {
  if (error instanceof FailureError) return asContractError(error.failure);
  if (error instanceof ORPCError) {
    if (error.code === 'BAD_REQUEST')
      return asContractError({
        code: 'BAD_INPUT',
        message: `${method} was called with wrong input.`,
        ...issues(error),
      });
    if (error.code === 'FAILED') return error as ORPCError<'FAILED', Failure>;
  }
  if (!isExpected(error)) onFault(error);
  return asContractError(toFailure(error, { message: `${method} did not work.` }));
}

/** Where the input was wrong; the values themselves may be secrets and are left out. */
function issues(error: ORPCError<string, unknown>): { detail?: string } {
  const data = error.data as { issues?: { path?: unknown[]; message?: string }[] } | undefined;
  const lines = (data?.issues ?? []).slice(0, 10).map((issue) => {
    const path = (issue.path ?? []).map(keyText).join('.');
    return `${path}: ${issue.message ?? 'wrong'}`;
  });
  return lines.length === 0 ? {} : { detail: lines.join('\n') };
}

function keyText(key: unknown): string {
  return typeof key === 'string' || typeof key === 'number' ? `${key}` : '?';
}
