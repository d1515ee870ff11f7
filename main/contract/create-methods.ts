import * as z from './zod.ts';
import { createInput, createOptions, createPlan, hostField, medium, readXml } from './create.ts';
import { defaultsInput, defaultsOutput, detected } from './create-defaults.ts';
import { method } from './method.ts';

/** Methods of making a machine. */
export const createMethods = {
  create: {
    /** What the host has to offer. Asks the host anew each time. */
    options: method.input(z.object({ host: hostField })).output(createOptions),
    /** Which system an ISO holds, by its labels. */
    detect: method.input(z.object({ host: hostField, medium })).output(detected),
    /** A machine that suits the system on this host. */
    defaults: method.input(defaultsInput).output(defaultsOutput),
    /** What the XML in `xml` says of the other fields, which are taken as what it was written from. Fails with BAD_INPUT where it is no domain's. */
    readXml: method.input(createInput).output(readXml),
    /** What `run` would do, and what stands against it. Changes nothing. */
    plan: method.input(createInput).output(createPlan),
    /** Makes the machines, as one job; on failure nothing of them is left. Fails with BAD_INPUT where `plan` has problems. */
    run: method.input(createInput).output(
      z.object({
        job: z.string(),
        machines: z.array(z.object({ name: z.string(), uuid: z.string() })),
        /** Those of its plan. */
        warnings: z.array(z.string()),
      }),
    ),
  },
};
