import { z } from 'zod';
import { INITIAL_CREDIT_BYTES, type PipeControl } from '../contract/pipe.ts';

/** Credit beyond this is not counted: it would only overflow. */
export const MAX_CREDIT_BYTES = 64 * INITIAL_CREDIT_BYTES;
const MAX_CONTROL_CHARS = 4096;

const control = z.discriminatedUnion('type', [
  z.object({ type: z.literal('credit'), bytes: z.number().int().positive().max(MAX_CREDIT_BYTES) }),
  z.object({
    type: z.literal('close'),
    code: z.enum(['ended', 'taken', 'lost', 'closed', 'failed']),
    reason: z.string().max(1000),
  }),
]);

/** A control message as it came: JSON text from a WebSocket, an object from a port. Null when it is neither. */
export function readControl(message: unknown): PipeControl | null {
  if (typeof message === 'string') {
    if (message.length > MAX_CONTROL_CHARS) return null;
    try {
      return control.safeParse(JSON.parse(message)).data ?? null;
    } catch {
      return null;
    }
  }
  return control.safeParse(message).data ?? null;
}
