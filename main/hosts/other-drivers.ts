import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import { openFirst, systemSockets } from './libvirt-sockets.ts';
import type { HostLink } from './link.ts';
import type { HostTarget } from './target.ts';

/** Drivers whose machines lie in the same storage pools where one host has several of them. */
const DRIVERS = ['qemu', 'lxc', 'ch', 'xen'] as const;
type Driver = (typeof DRIVERS)[number];

/** Who waits for an answer about a loss does not wait longer for a driver that it may not even know. */
const OPEN_LIMIT_MS = 10_000;

/** Opens a connection to a driver; null: the host has none. */
type Opener = (driver: Driver, signal?: AbortSignal) => Promise<LibvirtClient | null>;

interface OtherDrivers {
  readonly own: string;
  readonly open: Opener;
  /** What the daemon has said that it has not: it says the same as long as it runs. */
  readonly lacking: Set<Driver>;
}

const known = new WeakMap<LibvirtClient, OtherDrivers>();

/** Remembers how the other drivers of a client's host are reached. */
export function noteOtherDrivers(client: LibvirtClient, link: HostLink, target: HostTarget): void {
  // A user's own daemon has pools of its own, and no containers.
  const isShared = target.kind === 'tcp' || ('scope' in target && target.scope === 'system');
  if (!isShared || !DRIVERS.some((driver) => driver === target.driver)) return;
  known.set(client, { own: target.driver, open: openerOf(link, target), lacking: new Set() });
}

/**
 * Shows a connection to each other driver of the client's host, which is asked itself whether it has one.
 * @param visit gets a connection that is closed afterwards
 * @returns drivers that may be there and could not be asked, as a URI names them
 */
export async function visitOtherDrivers(
  client: LibvirtClient,
  visit: (other: LibvirtClient) => Promise<void>,
  { signal }: Pick<CallOptions, 'signal'>,
): Promise<string[]> {
  const others = known.get(client);
  if (others === undefined) return [];
  const silent: string[] = [];
  const ask = async (driver: Driver): Promise<void> => {
    if (driver === others.own || others.lacking.has(driver)) return;
    try {
      const other = await others.open(driver, signal);
      if (other === null) others.lacking.add(driver);
      else await visitAndClose(other, visit);
    } catch {
      signal?.throwIfAborted();
      silent.push(driver);
    }
  };
  await Promise.all(DRIVERS.map(ask));
  return silent.toSorted();
}

function openerOf(link: HostLink, target: HostTarget): Opener {
  // Modular libvirt has a socket for each driver.
  const ownSocket = target.kind === 'tcp' || ('socket' in target && target.socket !== null);
  return async (driver, signal) => {
    try {
      const duplex = ownSocket
        ? await link.openLibvirt(signal)
        : (await openFirst(systemSockets(driver), (path) => link.openUnix(path, signal))).duplex;
      return await LibvirtClient.connect(duplex, {
        uri: `${driver}:///system`,
        timeoutMs: OPEN_LIMIT_MS,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (isLacking(error)) return null;
      throw error;
    }
  };
}

/** It was built without the driver, which is not installed, or has nothing to run machines with. */
function isLacking(error: unknown): boolean {
  if (error instanceof TransportError) return error.code === 'NO_SUCH_SOCKET';
  if (!(error instanceof LibvirtError)) return false;
  return (
    ['VIR_ERR_NO_CONNECT', 'VIR_ERR_CONFIG_UNSUPPORTED', 'VIR_ERR_NO_SUPPORT'].includes(error.code) ||
    /state driver is not active/.test(error.message)
  );
}

async function visitAndClose(
  other: LibvirtClient,
  visit: (other: LibvirtClient) => Promise<void>,
): Promise<void> {
  try {
    await visit(other);
  } finally {
    await other.close();
  }
}
