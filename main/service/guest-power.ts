import { LibvirtError } from '../../drivers/rpc/errors.ts';

/**
 * What an agent is told to do that ends it. A guest that is quick is gone before its agent's answer has come, and libvirt then says that the
 * agent's socket ended (qemuAgentIO, seen with 9.0): it was asked, and did it.
 */
export async function askAgent(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof LibvirtError && error.message.includes('End of file from agent socket')))
      throw error;
  }
}
