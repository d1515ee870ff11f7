import { setMaxListeners } from 'node:events';
import { implement, type ImplementerInternalWithMiddlewares } from '@orpc/server';
import { contract } from '../contract/contract.ts';
import { contractErrorOf } from './errors.ts';

/** No handler gets anything but its input. */
type NoContext = Record<never, never>;
/** Said and not inferred: written out, the contract's types are longer than the compiler writes. */
export type Api = ImplementerInternalWithMiddlewares<typeof contract, NoContext, NoContext>;

/** The contract, ready for handlers. Whatever a handler throws, the caller gets FAILED with a Failure. */
export function createApi(onFault: (what: string, error: unknown) => void): Api {
  return implement(contract).use(async ({ next, path, signal }) => {
    const method = path.join('.');
    // Many calls to a host wait on it at one time.
    if (signal !== undefined) setMaxListeners(0, signal);
    try {
      return await next();
    } catch (error) {
      throw contractErrorOf(error, method, (fault) => onFault(method, fault));
    }
  });
}
