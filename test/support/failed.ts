import assert from 'node:assert/strict';
import type { Failure } from '../../main/contract/failure.ts';

/** The Failure that a call of the contract ends with. */
export async function isFailed(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'data' in error) return error.data as Failure;
    throw error;
  }
  return assert.fail('it did not fail');
}
