import { isIPv4 } from 'node:net';
import type { Backend } from '../../contract/balancer.ts';
import { UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';

const HTTP_PORT = 80;

/**
 * `web-01`, `kvm-a/web-01:8080`, `192.0.2.7:80`, or a machine at an address that nothing tells: `web-01=192.0.2.7:80`.
 * @throws {UsageError}, or as `FleetSession.find`
 */
export function backendOf(session: FleetSession, text: string): Backend {
  const [, place = '', digits] = /^(.+?)(?::(\d+))?$/.exec(text) ?? [];
  const port = digits === undefined ? HTTP_PORT : Number(digits);
  if (port < 1 || port > 65_535) throw new UsageError(`${text}: a port is a number from 1 to 65535.`);
  if (isIPv4(place)) return { machine: null, address: place, port };
  const [, name = place, address = null] = /^(.+)=([^=]+)$/.exec(place) ?? [];
  if (address !== null && !isIPv4(address))
    throw new UsageError(`${text}: ${address} is no IPv4 address, and Traffic Server takes no other.`);
  const { uuid, name: found } = session.find(name);
  return { machine: uuid, name: found, address, port };
}
