import * as z from './zod.ts';
import { cloneInput, cloneOptions, cloneOptionsInput, clonePlan } from './clone.ts';
import { method } from './method.ts';

/** Methods of making machines like another one. */
export const cloneMethods = {
  clone: {
    /** What a machine has, and what can become of it in a clone. Asks the host anew each time. */
    options: method.input(cloneOptionsInput).output(cloneOptions),
    /** What `run` would do, and what stands against it. Changes nothing. */
    plan: method.input(cloneInput).output(clonePlan),
    /**
     * Makes the machines, as one job; on failure nothing of them is left, and the machine that is cloned is as it was. Fails with BAD_INPUT
     * where `plan` has problems.
     */
    run: method.input(cloneInput).output(
      z.object({
        job: z.string(),
        machines: z.array(z.object({ name: z.string(), uuid: z.string() })),
        /** Those of its plan. */
        warnings: z.array(z.string()),
      }),
    ),
  },
};
