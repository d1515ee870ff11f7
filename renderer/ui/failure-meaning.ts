import type { FailureCode } from '../../main/contract/failure-codes.ts';
import type { Failure } from '../../main/contract/failure.ts';

/** Codes whose sentence says by itself what is the matter, unless the words are libvirt's. */
type ToldByItself = 'BAD_INPUT' | 'NOT_FOUND' | 'CONFLICT' | 'UNSUPPORTED';
const TOLD: ReadonlySet<string> = new Set<ToldByItself>([
  'BAD_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'UNSUPPORTED',
]);

function isTold(code: FailureCode): code is ToldByItself {
  return TOLD.has(code);
}

/**
 * What is usually the matter with such a failure (keys of `failure:meaning`); null where nothing can be said that the failure does not say better.
 * libvirt's words name a rule of libvirt, and not what led to it: those are explained.
 */
export function meaningOf({ code, libvirt, notListed }: Failure): Exclude<FailureCode, 'BAD_INPUT'> | null {
  // Nothing was asked, so that nothing is known of who answers.
  if (notListed !== undefined) return null;
  if (!isTold(code)) return code;
  return libvirt === undefined || code === 'BAD_INPUT' ? null : code;
}
