import { z } from 'zod';
import type { StepContext } from '../../engine/step.ts';
import { jobTag } from '../../source/lease.ts';
import type { SourceHost } from '../../source/source-host.ts';

/** How a step names the machine that it works on; a step's own host is the one that the new machine is for. */
export const sourceParams = z.object({
  source: z.object({ target: z.string(), keyFile: z.string().nullable() }),
});
export type SourceParams = z.infer<typeof sourceParams>;

/** Of a step that changes something of the source. */
export const taggedParams = sourceParams.extend({
  tag: jobTag,
});

/** The source of a step, whose waiting is told in the job and its log. */
export type SourceOf = (
  source: SourceParams['source'],
  step: Pick<StepContext, 'log' | 'outside'>,
) => SourceHost;
