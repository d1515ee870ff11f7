import { isIP } from 'node:net';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { Host } from '../contract/host.ts';
import type { HostSession } from '../hosts/session.ts';
import { OWN_BRIDGE } from './link-problems.ts';
import type { NetworkSurroundings } from './problems.ts';
import { readInterface, readInterfaces, type InterfaceFacts } from './read-interfaces.ts';
import { readNetworks } from './read-networks.ts';
import { usableInterfaces } from './users.ts';

/** A host tells libvirt its address but not the network around it: that alone is surely taken. */
const SINGLE = { 4: 32, 6: 128 } as const;

/**
 * Reads what a network of that host would meet; `except`: the UUID of the one that it replaces; `names`: the devices that it names, which
 * are looked up where the list does not have them: on a host without udev it is not complete.
 */
export async function readSurroundings(
  {
    session,
    host,
    except,
    names,
  }: { session: HostSession; host: Host; except: string | null; names: readonly string[] },
  options: CallOptions,
): Promise<NetworkSurroundings> {
  const networks = (await readNetworks(session.client, options)) ?? [];
  const listed = await readInterfaces(session.client, options);
  const found = listed === null ? null : [...listed, ...(await lookUp(session, { listed, names }, options))];
  // A bridge that libvirt made holds the addresses of its network; one of the host holds the host's.
  const own = new Set(networks.filter(({ mode }) => OWN_BRIDGE.has(mode)).map(({ bridge }) => bridge));
  return {
    networks: networks.filter(({ uuid }) => uuid !== except),
    interfaces: found === null ? null : usableInterfaces(found, networks, []),
    hostAddresses: [
      ...(found ?? [])
        .filter(({ name }) => !own.has(name))
        .flatMap(({ name, addresses }) => addresses.map((one) => ({ device: name, ...one }))),
      ...addressOf(host),
    ],
    libvirtVersion: host.info?.libvirtVersion ?? '',
  };
}

async function lookUp(
  { client }: HostSession,
  { listed, names }: { listed: readonly InterfaceFacts[]; names: readonly string[] },
  options: CallOptions,
): Promise<InterfaceFacts[]> {
  const found: InterfaceFacts[] = [];
  for (const name of new Set(names)) {
    if (listed.some((one) => one.name === name)) continue;
    const one = await readInterface(client, name, options);
    if (one !== null) found.push(one);
  }
  return found;
}

/** The address that we reach it by. */
function addressOf({ uri }: Host): NetworkSurroundings['hostAddresses'][number][] {
  const address = /^[^/]+:\/\/(?:[^@/]*@)?(?:\[([^\]]+)\]|([^:/?]+))/.exec(uri)?.slice(1).find(Boolean) ?? '';
  const version = isIP(address);
  return version === 4 || version === 6 ? [{ device: '', address, prefix: SINGLE[version] }] : [];
}
