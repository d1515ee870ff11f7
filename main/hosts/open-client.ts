import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { noteHostPaths } from './host-paths.ts';
import type { HostLink } from './link.ts';
import { noteOtherDrivers } from './other-drivers.ts';
import type { HostTarget } from './target.ts';

/** A frozen host is away after half a minute: 5 s of silence, then 5 questions 5 s apart. */
const KEEPALIVE = { intervalMs: 5000, count: 5 };
/** No host is asked something ordinary that takes longer; a call that would is given its own limit. */
const OPEN_LIMIT_MS = 20_000;

const lastHeard = new WeakMap<LibvirtClient, number>();

/** Opens a new stream of the link and speaks to libvirt on it. */
export async function openLibvirtClient(
  link: HostLink,
  target: HostTarget,
  signal?: AbortSignal,
): Promise<LibvirtClient> {
  const duplex = await link.openLibvirt(signal);
  const client = await LibvirtClient.connect(duplex, {
    uri: target.libvirtUri,
    keepalive: KEEPALIVE,
    timeoutMs: OPEN_LIMIT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  noteOtherDrivers(client, link, target);
  noteHostPaths(client, link);
  lastHeard.set(client, Date.now());
  // The client reads by 'data' already, so one more listener changes nothing of its flow.
  duplex.on('data', () => lastHeard.set(client, Date.now()));
  return client;
}

/** When the host last sent anything on this connection, keepalive included; null when that is not known. */
export function lastHeardOf(client: LibvirtClient): number | null {
  return lastHeard.get(client) ?? null;
}
