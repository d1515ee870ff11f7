import { implement } from '@orpc/server';
import { contract } from '../contract/contract.ts';
import { contractErrorOf } from './errors.ts';

/** The contract, ready for handlers. Whatever a handler throws, the caller gets FAILED with a Failure. */
export function createApi(onFault: (what: string, error: unknown) => void) {
  return implement(contract).use(async ({ next, path }) => {
    const method = path.join('.');
    try {
      return await next();
    } catch (error) {
      throw contractErrorOf(error, method, (fault) => onFault(method, fault));
    }
  });
}

export type Api = ReturnType<typeof createApi>;
