import * as z from './zod.ts';
import { domainRef } from './domain.ts';
import { method, nothing } from './method.ts';
import { templateInput, templatePlan } from './template.ts';

/** Methods of machines that are kept as templates. The mark is in the machine's own definition, so that every Virtlane sees it. */
export const templateMethods = {
  template: {
    /**
     * Keeps a machine that is off as a template: it is not started any more, and not with its host. Fails with CONFLICT while it runs,
     * or has a saved state.
     */
    keep: method.input(domainRef).output(nothing),
    /**
     * Makes a template a machine again. Fails with CONFLICT while disks of others lie on its disks, and names them; `force`: all the same.
     * Started, it would damage them.
     */
    release: method.input(domainRef.extend({ force: z.boolean().optional() })).output(nothing),
    /** What `run` would do, and what stands against it. Changes nothing. */
    plan: method.input(templateInput).output(templatePlan),
    /**
     * Makes machines from a template, as one job; on failure nothing of them is left, and the template is never changed. Fails with
     * BAD_INPUT where `plan` has problems.
     */
    run: method.input(templateInput).output(
      z.object({
        job: z.string(),
        machines: z.array(z.object({ name: z.string(), uuid: z.string() })),
        /** Those of its plan. */
        warnings: z.array(z.string()),
      }),
    ),
  },
};
