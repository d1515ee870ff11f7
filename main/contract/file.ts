import * as z from './zod.ts';

/**
 * A file of the laptop that the core reads, wherever the window or the command is that has it. Offering one answers with a pipe (pipe.ts);
 * over it the core asks for ranges and the offering side answers, one after the other: a request is FILE_REQUEST_BYTES long, offset and length as
 * unsigned 64-bit big-endian numbers; the answer is parts (file-parts.ts) of `length` bytes together. A side that cannot go on closes the pipe. The file must
 * not change while it is offered.
 */
export const fileOffer = z.object({
  /** Without its folder. */
  name: z.string().min(1).max(255),
  sizeBytes: z.number().int().min(0),
});
export type FileOffer = z.infer<typeof fileOffer>;

export const offeredFile = z.object({
  /** What other methods take as a file; good until the pipe is closed. */
  file: z.string(),
  token: z.string(),
  expiresInMs: z.number().int(),
});

export const FILE_REQUEST_BYTES = 16;
