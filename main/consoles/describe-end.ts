import type { PipeCloseCode } from '../contract/pipe.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';

/**
 * What an error of an open console means to its viewer. libvirt ends a serial console's stream with an error of its own in one case:
 * another session opened it with VIR_DOMAIN_CONSOLE_FORCE. Anything else is the link.
 */
export function describePipeEnd(error: Error): { code: PipeCloseCode; reason: string } {
  if (error instanceof LibvirtError)
    return { code: 'taken', reason: `Another session took this console over (${error.message}).` };
  return { code: 'lost', reason: 'The connection to the host was lost.' };
}
