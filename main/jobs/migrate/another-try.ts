import { LibvirtError } from '../../../drivers/rpc/errors.ts';

/** A target is asked so often for what it had not in the moment: who else takes its ports takes another one the next time. */
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
  return tries < MOST_TRIES && (PORT_TAKEN.test(error.message) || NO_GROUP.test(error.message))
    ? 'same'
    : null;
}

/** No connection for the data came about (virNetSocketNewConnectTCP, QEMU’s own for disks). */
const NO_ROUTE = /unable to connect to server|failed to connect to|no route to host|connection refused/i;

/**
 * libvirt looks for a port that is free (virPortAllocatorAcquire), and QEMU opens it some time later. In between a connection of the host may have got it for its own end:
 * Linux gives these numbers away, too.
 */
const PORT_TAKEN = /address already in use/i;

/**
 * The first two machines of a host that come at once, where libvirt makes their cgroups itself (v1, without systemd-machined): the second finds the parent group made and not
 * yet filled, its process cannot enter a cpuset without CPUs, and virCgroupNewMachineManual goes on with a group that it has removed. The next time the parent is whole.
 */
const NO_GROUP = /unable to write to '\/sys\/fs\/cgroup\/[^']*': no such file/i;
