import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import type { HostSession } from '../../hosts/session.ts';
import { NoCommands, runProgram } from '../host-commands.ts';

/** A login that is as slow as that tells nothing. */
const LOOK_LIMIT_MS = 5000;
/** Of `test`: it is not so. Any other says nothing of the device. */
const NOT_SO = 1;

/**
 * Why machines of a host can have no vsock; null: they can, or the login runs no programs there. libvirt does not tell: a machine with one is
 * defined, and does not start (qemuProcessOpenVhostVsock).
 */
export async function readNoVsock(
  session: Pick<HostSession, 'link' | 'name'>,
  { signal }: CallOptions,
): Promise<string | null> {
  const limit = AbortSignal.timeout(LOOK_LIMIT_MS);
  const look = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    const { status } = await runProgram(session, ['test', '-c', '/dev/vhost-vsock'], look);
    if (status !== NOT_SO) return null;
    return `${session.name} has no /dev/vhost-vsock: load its kernel’s module vhost_vsock.`;
  } catch (error) {
    if (error instanceof NoCommands || error instanceof TransportError) return null;
    throw error;
  }
}
