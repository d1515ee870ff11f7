import type { Domain } from '../../contract/domain.ts';
import type { Host } from '../../contract/host.ts';
import type { FleetSession } from '../fleet-session.ts';
import { kib } from '../format.ts';
import { table } from '../table.ts';

/** The stable JSON of a machine (docs/cli.md): `host` is the host's name, `hostId` what `call` takes. */
export function domainJson(session: FleetSession, domain: Domain): Record<string, unknown> {
  const { host, ...rest } = domain;
  return { host: session.hostName(host), hostId: host, ...rest };
}

export async function listDomains(session: FleetSession): Promise<void> {
  await session.connect();
  await session.settleDomains();
  const { domains, output } = session;
  output.either(
    domains.map((domain) => domainJson(session, domain)),
    () => {
      const lines = table(
        [
          { title: 'NAME', value: ({ name }) => name },
          { title: 'STATE', value: ({ state }) => state },
          { title: 'HOST', value: ({ host }) => session.hostName(host) },
          { title: 'VCPUS', value: ({ vcpus }) => String(vcpus), align: 'right' },
          { title: 'MEMORY', value: ({ memoryKiB }) => kib(memoryKiB), align: 'right' },
          { title: 'AUTOSTART', value: ({ autostart }) => (autostart ? 'yes' : 'no') },
          { title: 'ADDRESS', value: ({ addresses }) => addresses[0] ?? '' },
        ],
        domains,
      );
      for (const line of lines) output.line(line);
    },
  );
}

export async function listHosts(session: FleetSession): Promise<void> {
  await session.connect();
  await session.settleHosts();
  const { hosts, domains, output } = session;
  const counts = new Map<string, number>();
  for (const { host } of domains) counts.set(host, (counts.get(host) ?? 0) + 1);
  const machines = ({ id }: Host): number => counts.get(id) ?? 0;
  output.either(
    hosts.map((host) => {
      const { prompt: _prompt, nextAttempt: _next, ...rest } = host;
      return { ...rest, machines: machines(host) };
    }),
    () => {
      const lines = table(
        [
          { title: 'NAME', value: ({ name }) => name },
          { title: 'STATE', value: ({ state }) => state },
          { title: 'MACHINES', value: (host) => String(machines(host)), align: 'right' },
          { title: 'CPUS', value: ({ info }) => String(info?.cpus ?? '-'), align: 'right' },
          { title: 'TOTAL MEMORY', value: ({ info }) => kib(info?.memoryKiB ?? null), align: 'right' },
          { title: 'LIBVIRT', value: ({ info }) => info?.libvirtVersion ?? '-' },
          { title: 'URI', value: ({ uri }) => uri },
        ],
        hosts,
      );
      for (const line of lines) output.line(line);
    },
  );
}
