import * as z from './zod.ts';
import { domainRef } from './domain.ts';

export const consoleOpenInput = domainRef.extend({
  kind: z.enum(['vnc', 'serial']),
  /** Serial: the alias (`serial0`); left out: the first. */
  device: z.string().max(256).optional(),
  /** Serial: end another session that holds the console (VIR_DOMAIN_CONSOLE_FORCE). */
  takeOver: z.boolean().optional(),
});

/** A console is open on the host; its bytes are fetched with the token through the pipe (pipe.ts), once, within `expiresInMs`. */
export const consoleOpened = z.object({
  token: z.string(),
  kind: z.enum(['vnc', 'serial']),
  expiresInMs: z.number().int(),
  /** The VNC password from the machine's own XML, if it has one and this login may read it. */
  password: z.string().nullable(),
});
export type ConsoleOpened = z.infer<typeof consoleOpened>;

export const screenshotInput = domainRef.extend({ screen: z.number().int().min(0).max(15).optional() });
export const screenshot = z.object({ mime: z.string(), base64: z.string() });
export type Screenshot = z.infer<typeof screenshot>;
