import { isIP } from 'node:net';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { Host } from '../contract/host.ts';
import type { NetworkSpec } from '../contract/network.ts';
import type { HostSession } from '../hosts/session.ts';
import { OWN_BRIDGE } from './link-problems.ts';
import type { NetworkSurroundings } from './problems.ts';
import { readInterfacesWith } from './read-interfaces.ts';
import { readNetworks } from './read-networks.ts';
import { usableInterfaces } from './users.ts';

/** A host tells libvirt its address but not the network around it: that alone is surely taken. */
const SINGLE = { 4: 32, 6: 128 } as const;

/**
 * Reads what a network of that host would meet; `except`: the UUID of the one that it replaces. The devices that it names are looked up
 * where the list does not have them: on a host without udev it is not complete.
 */
export async function readSurroundings(
  {
    session,
    host,
    spec,
    except,
  }: { session: HostSession; host: Host; spec: NetworkSpec; except: string | null },
  options: CallOptions,
): Promise<NetworkSurroundings> {
  const ssh = await readSshEnds(session, options);
  const names = [...spec.devices, ...(spec.bridge === null ? [] : [spec.bridge])];
  const networks = (await readNetworks(session.client, options)) ?? [];
  const found = await readInterfacesWith(session.client, names, options);
  // A bridge that libvirt made holds the addresses of its network; one of the host holds the host's.
  const own = new Set(networks.filter(({ mode }) => OWN_BRIDGE.has(mode)).map(({ bridge }) => bridge));
  return {
    networks: networks.filter(({ uuid }) => uuid !== except),
    interfaces: found === null ? null : usableInterfaces(found, networks, []),
    client: ssh?.client ?? null,
    hostAddresses: [
      ...(found ?? [])
        .filter(({ name }) => !own.has(name))
        .flatMap(({ name, addresses }) => addresses.map((one) => ({ device: name, ...one }))),
      ...single(ssh?.host ?? addressIn(host)),
    ],
    libvirtVersion: host.info?.libvirtVersion ?? '',
  };
}

/** The two ends of the way to a host, as it sees them (sshd's SSH_CONNECTION); null where it runs no programs for us. */
async function readSshEnds(
  { link, uri }: HostSession,
  { signal = new AbortController().signal }: CallOptions,
): Promise<{ client: string; host: string } | null> {
  const { exec } = link.commands;
  // On this computer it would tell of the login that this program was started in.
  if (exec === undefined || addressIn({ uri }) === '') return null;
  try {
    const { stdout } = await exec(['sh', '-c', 'echo "$SSH_CONNECTION"'], { signal });
    const [client = '', , host = ''] = stdout.trim().split(' ');
    return isIP(client) === 0 || isIP(host) === 0 ? null : { client, host };
  } catch (error) {
    if (error instanceof TransportError && !signal.aborted) return null;
    throw error;
  }
}

/** An address of the host, without the network that it is in. */
function single(address: string): NetworkSurroundings['hostAddresses'][number][] {
  const version = isIP(address);
  return version === 4 || version === 6 ? [{ device: '', address, prefix: SINGLE[version] }] : [];
}

/** The host as its URI names it; empty: it is this computer. */
function addressIn({ uri }: Pick<Host, 'uri'>): string {
  return /^[^/]+:\/\/(?:[^@/]*@)?(?:\[([^\]]+)\]|([^:/?]+))/.exec(uri)?.slice(1).find(Boolean) ?? '';
}
