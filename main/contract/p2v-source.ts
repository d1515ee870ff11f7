import { z } from 'zod';
import { prompt } from './host.ts';

/** What the login to a source asks. */
export const sourceQuestion = z.object({
  /** As it was named: `root@server`. */
  source: z.string(),
  prompt,
});
export type SourceQuestion = z.infer<typeof sourceQuestion>;
