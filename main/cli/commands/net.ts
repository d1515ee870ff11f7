import type { HostInterface, Lease, Network, NetworkFilter } from '../../contract/network.ts';
import type { FleetSession } from '../fleet-session.ts';
import { clock } from '../format.ts';
import { readHosts, type NetworksOfHost } from '../networks.ts';
import { resolveNamed } from '../resolve.ts';
import { keyValues, table, type Column } from '../table.ts';

/** The stable JSON of a network (docs/cli.md): `host` is the host's name, `hostId` what `call` takes. */
function networkJson(session: FleetSession, { host, ...rest }: Network): Record<string, unknown> {
  return { host: session.hostName(host), hostId: host, ...rest };
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
const addresses = ({ ips }: Network): string => ips.map((ip) => `${ip.address}/${ip.prefix}`).join(' ');
const outBy = ({ bridge, devices }: Network): string => [bridge, ...devices].filter(Boolean).join(' ');

function print<Row>(session: FleetSession, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  for (const line of table(columns, rows)) session.output.line(line);
}

export async function listNetworks(session: FleetSession): Promise<number> {
  const { hosts, exitCode } = await readHosts(session);
  const networks = hosts.flatMap((host) => host.networks);
  session.output.either(
    networks.map((network) => networkJson(session, network)),
    () =>
      print(
        session,
        [
          { title: 'NAME', value: ({ name }) => name },
          { title: 'STATE', value: ({ active }) => (active ? 'active' : 'inactive') },
          { title: 'HOST', value: ({ host }) => session.hostName(host) },
          { title: 'MODE', value: ({ mode }) => mode },
          { title: 'BRIDGE OR DEVICE', value: outBy },
          { title: 'ADDRESS', value: addresses },
          { title: 'AUTOSTART', value: ({ autostart }) => yesNo(autostart) },
          { title: 'CARDS', value: ({ users }) => String(users.length), align: 'right' },
        ],
        networks,
      ),
  );
  return exitCode;
}

/** The network of that name, and what is known around it. */
export async function findNetwork(
  session: FleetSession,
  text: string,
): Promise<{ network: Network; of: NetworksOfHost | undefined }> {
  const { hosts } = await readHosts(session);
  const network = resolveNamed(text, {
    hosts: session.hosts,
    items: hosts.flatMap((host) => host.networks),
    noun: 'network',
  });
  return { network, of: hosts.find(({ host }) => host === network.host) };
}

export async function showNetwork(session: FleetSession, text: string): Promise<void> {
  const { network, of } = await findNetwork(session, text);
  const leases = of?.leases.get(network.uuid) ?? [];
  session.output.either({ ...networkJson(session, network), leases }, () => {
    for (const line of keyValues([
      ...summary(session, network),
      ...parts(network),
      ...around(network, leases),
    ]))
      session.output.line(line);
  });
}

type Pair = readonly [string, string | null];

function summary(session: FleetSession, network: Network): Pair[] {
  const { natPorts, virtualPort, vlan, mtu } = network;
  return [
    ['Name', network.name],
    ['UUID', network.uuid],
    ['Host', session.hostName(network.host)],
    ['State', network.active ? 'active' : 'inactive'],
    ['Mode', network.mode],
    ['Bridge', network.bridge],
    ['Devices', network.devices.join(', ')],
    ['NAT ports', natPorts === null ? null : `${natPorts.start}-${natPorts.end}`],
    ['Ports', virtualPort],
    ['VLAN', vlan === null ? null : vlan.tags.map(({ id }) => id).join(', ')],
    ['MTU', mtu === null ? null : String(mtu)],
    ['Domain', network.domain],
    ['Autostart', yesNo(network.autostart)],
    ['Persistent', yesNo(network.persistent)],
    ['Changes', network.changesPending ? 'take effect at the next start' : null],
  ];
}

function parts({ ips, routes, dnsHosts, dnsForwarders, portGroups }: Network): Pair[] {
  return [
    ...ips.flatMap(({ address, prefix, ranges, hosts }): Pair[] => [
      ['Address', `${address}/${prefix}`],
      ...ranges.map(({ start, end }): Pair => ['DHCP range', `${start}-${end}`]),
      ...hosts.map(({ mac, id, name, ip }): Pair => {
        const who = [mac, id, name].filter((word) => word !== null).join(' ');
        return ['Fixed address', `${ip} for ${who}`];
      }),
    ]),
    ...routes.map(({ address, prefix, gateway }): Pair => ['Route', `${address}/${prefix} by ${gateway}`]),
    ...dnsForwarders.map(({ address, domain }): Pair => [
      'DNS forwarder',
      [address, domain].filter(Boolean).join(' for '),
    ]),
    ...dnsHosts.map(({ ip, names }): Pair => ['DNS', `${ip} ${names.join(' ')}`]),
    ...portGroups.map(({ name, isDefault, vlan }): Pair => {
      const tags = vlan === null ? '' : ` VLAN ${vlan.tags.map(({ id }) => id).join(', ')}`;
      return ['Port group', `${name}${tags}${isDefault ? ' (default)' : ''}`];
    }),
  ];
}

function around({ users }: Network, leases: readonly Lease[]): Pair[] {
  return [
    ...users.map(({ name, mac, running, addresses: known }): Pair => {
      const state = running ? (known.length === 0 ? 'running' : known.join(' ')) : 'off';
      return ['Machine', `${name} ${mac} (${state})`];
    }),
    ...leases.map(({ ip, mac, hostname }): Pair => {
      return ['Lease', [ip, mac, hostname].filter((word) => word !== null).join(' ')];
    }),
  ];
}

export async function showLeases(session: FleetSession, text: string | undefined): Promise<void> {
  const { hosts } = await readHosts(session);
  const wanted = text === undefined ? null : (await findNetwork(session, text)).network;
  const rows = hosts.flatMap((host) =>
    host.networks
      .filter(({ uuid }) => wanted === null || (host.host === wanted.host && uuid === wanted.uuid))
      .flatMap((network) =>
        (host.leases.get(network.uuid) ?? []).map((lease) => ({
          host: session.hostName(host.host),
          hostId: host.host,
          network: network.name,
          ...lease,
        })),
      ),
  );
  session.output.either(rows, () =>
    print(
      session,
      [
        { title: 'ADDRESS', value: ({ ip, prefix }) => `${ip}/${prefix}` },
        { title: 'MAC', value: ({ mac }) => mac ?? '' },
        { title: 'NAME', value: ({ hostname }) => hostname ?? '' },
        { title: 'NETWORK', value: ({ network }) => network },
        { title: 'HOST', value: ({ host }) => host },
        { title: 'ENDS', value: ({ expiresAt }) => (expiresAt === null ? 'never' : clock(expiresAt)) },
      ],
      rows,
    ),
  );
}

export async function listFilters(session: FleetSession): Promise<number> {
  const { hosts, exitCode } = await readHosts(session);
  const rows = ofHosts<NetworkFilter>(session, hosts, ({ filters }) => filters);
  session.output.either(rows, () =>
    print(
      session,
      [
        { title: 'NAME', value: ({ name }) => name },
        { title: 'HOST', value: ({ host }) => host },
        { title: 'RULES', value: ({ rules }) => String(rules), align: 'right' },
        { title: 'CARDS', value: ({ users }) => String(users.length), align: 'right' },
        { title: 'MADE OF', value: ({ refs }) => refs.join(' ') },
      ],
      rows,
    ),
  );
  return exitCode;
}

export async function listInterfaces(session: FleetSession): Promise<number> {
  const { hosts, exitCode } = await readHosts(session);
  const rows = ofHosts<HostInterface>(session, hosts, ({ interfaces }) => interfaces);
  session.output.either(rows, () =>
    print(
      session,
      [
        { title: 'NAME', value: ({ name }) => name },
        { title: 'HOST', value: ({ host }) => host },
        { title: 'KIND', value: ({ kind }) => kind },
        { title: 'LINK', value: ({ up }) => (up === null ? '-' : up ? 'up' : 'down') },
        { title: 'MBIT/S', value: ({ speedMbps }) => String(speedMbps ?? '-'), align: 'right' },
        { title: 'MAC', value: ({ mac }) => mac ?? '' },
        {
          title: 'VIRTUAL FUNCTIONS',
          value: ({ virtualFunctions }) =>
            virtualFunctions === null ? '' : `${virtualFunctions.count} of ${virtualFunctions.max}`,
        },
        {
          title: 'PART OF',
          value: ({ bridge, network }) => bridge ?? (network === null ? '' : `network ${network}`),
        },
      ],
      rows,
    ),
  );
  return exitCode;
}

function ofHosts<T>(
  session: FleetSession,
  hosts: readonly NetworksOfHost[],
  of: (host: NetworksOfHost) => readonly T[],
): (T & { host: string; hostId: string })[] {
  return hosts.flatMap((host) =>
    of(host).map((item) => ({ host: session.hostName(host.host), hostId: host.host, ...item })),
  );
}
