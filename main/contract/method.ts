import { oc } from '@orpc/contract';
import * as z from './zod.ts';
import { failure } from './failure.ts';
import { inputWords } from './input-words.ts';

z.config({ customError: inputWords });

/** Every method fails with `FAILED` and a Failure, and with nothing else. */
export const method = oc.errors({ FAILED: { status: 500, data: failure } });
export const nothing = z.void();
