import type { Domain } from '../../contract/domain.ts';
import type { Host } from '../../contract/host.ts';
import type { FleetSession } from '../fleet-session.ts';
import { kib } from '../format.ts';
import { isBeingMoved } from '../resolve.ts';
import { table } from '../table.ts';

/** Machines that are asked for their addresses at one time: a guest agent that hangs holds up few others. */
const ASKED_AT_ONCE = 5;

/**
 * The stable JSON of a machine (docs/cli.md): `host` is the host's name, `hostId` what `call` takes. Without its addresses and
 * tags, and whether it is a template: they are read later than the list, and nothing yet would look as if it had none.
 */
export function domainJson(session: FleetSession, domain: Domain): Record<string, unknown> {
  const { host, addresses: _addresses, template: _template, tags: _tags, ...rest } = domain;
  return { host: session.hostName(host), hostId: host, ...rest };
}

export async function listDomains(session: FleetSession, options: { addresses: boolean }): Promise<void> {
  await session.connect();
  await session.settleDomains();
  const { domains, output } = session;
  const addresses = options.addresses ? await readAddresses(session, domains) : null;
  const addressesOf = ({ host, uuid }: Domain): string[] | null => addresses?.get(`${host} ${uuid}`) ?? null;
  output.either(
    domains.map((domain) => ({
      ...domainJson(session, domain),
      ...(addresses === null ? {} : { addresses: addressesOf(domain) }),
    })),
    () => {
      if (domains.length === 0) return output.note('There are no machines.');
      const lines = table(
        [
          { title: 'NAME', value: ({ name }) => name },
          {
            title: 'STATE',
            value: (domain) =>
              isBeingMoved(domain, domains) ? `${domain.state}, being moved` : domain.state,
          },
          { title: 'HOST', value: ({ host }) => session.hostName(host) },
          { title: 'VCPUS', value: ({ vcpus }) => String(vcpus), align: 'right' },
          { title: 'MEMORY', value: ({ memoryKiB }) => kib(memoryKiB), align: 'right' },
          { title: 'AUTOSTART', value: ({ autostart }) => (autostart ? 'yes' : 'no') },
          ...(addresses === null
            ? []
            : [{ title: 'ADDRESS', value: (domain: Domain) => addressesOf(domain)?.join(', ') ?? '-' }]),
        ],
        domains,
      );
      for (const line of lines) output.line(line);
    },
  );
}

/** By host and UUID; a machine that could not be asked is not in it. */
async function readAddresses(
  session: FleetSession,
  domains: readonly Domain[],
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const waiting = [...domains];
  const next = async (): Promise<void> => {
    for (let domain = waiting.shift(); domain !== undefined; domain = waiting.shift()) {
      const { host, uuid } = domain;
      const detail = await session.client.domain.get({ host, uuid }).catch(() => null);
      if (detail !== null)
        found.set(
          `${host} ${uuid}`,
          detail.addresses.map(({ address }) => address),
        );
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, next));
  return found;
}

/** The stable JSON of a host (docs/cli.md). */
export function hostJson(session: FleetSession, host: Host): Record<string, unknown> {
  const { prompt: _prompt, nextAttempt: _next, ...rest } = host;
  return { ...rest, machines: machinesOn(session, host) };
}

/** Of a host that is away none are counted. */
function machinesOn({ mirror }: FleetSession, { id, state }: Host): number {
  return state === 'connected' ? mirror.domains.filter(({ host }) => host === id).length : 0;
}

export async function listHosts(session: FleetSession): Promise<void> {
  await session.connect();
  await session.settleHosts();
  const { hosts, output } = session;
  output.either(
    hosts.map((host) => hostJson(session, host)),
    () => {
      const lines = table(
        [
          { title: 'NAME', value: ({ name }) => name },
          { title: 'STATE', value: ({ state }) => state },
          { title: 'MACHINES', value: (host) => String(machinesOn(session, host)), align: 'right' },
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
