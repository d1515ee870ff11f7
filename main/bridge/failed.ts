import { ORPCError } from '@orpc/client';
import type { Failure } from '../contract/failure.ts';

/** The answer to a call; whatever goes wrong, then or later in a subscription, is FAILED with a Failure. */
export function onlyFailures<T>(answer: Promise<T>): Promise<T> {
  return answer.then((output) => wrapped(output) as T, fail);
}

/** The contract knows one error. Input that the schemas refuse becomes BAD_INPUT; what nobody foresaw becomes INTERNAL, without its text. */
function asFailed(error: unknown): Error {
  if (error instanceof ORPCError && error.code === 'FAILED') return error;
  const badInput = error instanceof ORPCError && error.code === 'BAD_REQUEST';
  const data: Failure = badInput
    ? { code: 'BAD_INPUT', message: 'The request is not valid.', ...issuesOf(error.data) }
    : { code: 'INTERNAL', message: 'Something went wrong inside Virtlane.' };
  return new ORPCError('FAILED', { defined: true, status: 500, message: data.message, data });
}

function issuesOf(data: unknown): { detail?: string } {
  if (typeof data !== 'object' || data === null || !('issues' in data) || !Array.isArray(data.issues))
    return {};
  const lines = data.issues.slice(0, 10).map((issue: unknown) => {
    const { path = [], message = '' } = issue as { path?: unknown[]; message?: string };
    return `${path.map(String).join('.') || 'input'}: ${message}`;
  });
  return { detail: lines.join('\n') };
}

function fail(error: unknown): never {
  throw asFailed(error);
}

/** A subscription fails later than its call: its iterator is wrapped. */
function wrapped(output: unknown): unknown {
  if (typeof output !== 'object' || output === null || !(Symbol.asyncIterator in output)) return output;
  const iterator = (output as AsyncIterable<unknown, unknown, void>)[Symbol.asyncIterator]();
  return {
    next: () => iterator.next().catch(fail),
    return: (value?: unknown) =>
      iterator.return === undefined
        ? Promise.resolve({ done: true as const, value })
        : iterator.return(value),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
