import { LibvirtError } from '../../../drivers/rpc/errors.ts';

/** A target's ports are asked for so often; who else takes them takes another one the next time. */
const MOST_TRIES = 4;

/** `relayed`: through this computer; `same`: as before. */
export type AnotherTry = 'relayed' | 'same';

/**
 * Whether a move that stayed where it was, of which nothing went over, is worth beginning once more, and how; null: it is not.
 * @param tries so often it was begun the same way
 */
export function anotherTry(
  error: unknown,
  { mayRelay, tries }: { readonly mayRelay: boolean; readonly tries: number },
): AnotherTry | null {
  if (!(error instanceof LibvirtError)) return null;
  if (mayRelay && NO_ROUTE.test(error.message)) return 'relayed';
  return tries < MOST_TRIES && PORT_TAKEN.test(error.message) ? 'same' : null;
}

/** No connection for the data came about (virNetSocketNewConnectTCP, QEMU’s own for disks). */
const NO_ROUTE = /unable to connect to server|failed to connect to|no route to host|connection refused/i;

/**
 * libvirt looks for a port that is free (virPortAllocatorAcquire), and QEMU opens it some time later. In between a connection of the host may have got it for its own end:
 * Linux gives these numbers away, too.
 */
const PORT_TAKEN = /address already in use/i;
