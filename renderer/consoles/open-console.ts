import type { Failure } from '../../main/contract/failure.ts';
import { failureOf } from '../api/failure.ts';
import type { PipeEnd } from './pipe.ts';
import { PipeError } from './pipe-carriers.ts';
import type { Outcome } from './reconnector.ts';

/** What a failure to open a console means for the next attempt: what time may mend is tried again. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof PipeError)
    return { next: 'backoff', failure: { code: 'LINK_LOST', message: error.message } };
  const failure = failureOf(error);
  return { next: isPassing(failure) ? 'backoff' : 'hold', failure };
}

function isPassing({ code }: Failure): boolean {
  return code === 'LINK_LOST' || code === 'TIMEOUT' || code === 'HOST_UNREACHABLE';
}

/** What the end of an open pipe means. Only another viewer that took it over is not answered by taking it back. */
export function outcomeOfEnd({ code, reason }: PipeEnd): Outcome {
  if (code === 'taken') return { next: 'hold', failure: { code: 'CONFLICT', message: reason } };
  if (code === 'failed') return { next: 'backoff', failure: { code: 'INTERNAL', message: reason } };
  return { next: 'again', failure: null };
}
