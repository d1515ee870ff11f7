import type { HostInterface, Lease, Network, NetworkFilter } from '../contract/network.ts';
import { givesLeases } from '../contract/network.ts';
import { CliError, failureOf } from './errors.ts';
import { exitCodeOf, type ExitCode } from './exit-codes.ts';
import type { FleetSession } from './fleet-session.ts';

/** What there is on one host now. */
export interface NetworksOfHost {
  readonly host: string;
  readonly networks: readonly Network[];
  readonly interfaces: readonly HostInterface[];
  readonly filters: readonly NetworkFilter[];
  /** By the UUID of their network. */
  readonly leases: ReadonlyMap<string, readonly Lease[]>;
}

/**
 * Networks, devices, filters and leases of the connected hosts. A host that refuses is told of and left out; when all do, that is the
 * command's failure.
 */
export async function readHosts(
  session: FleetSession,
): Promise<{ hosts: NetworksOfHost[]; exitCode: ExitCode }> {
  await session.connectAny();
  const hosts: NetworksOfHost[] = [];
  let exitCode: ExitCode = 0;
  for (const { id } of session.connectedHosts) {
    try {
      hosts.push(await readHost(session, id));
    } catch (error) {
      const failure = failureOf(error);
      if (session.connectedHosts.length === 1) throw new CliError(failure);
      session.output.failure(failure);
      exitCode = exitCodeOf(failure.code);
    }
  }
  return { hosts, exitCode };
}

/** The first that a watcher is told is everything. */
async function readHost({ client }: FleetSession, host: string): Promise<NetworksOfHost> {
  const abort = new AbortController();
  const leases = new Map<string, readonly Lease[]>();
  let networks: readonly Network[] | null = null;
  let interfaces: readonly HostInterface[] | null = null;
  let filters: readonly NetworkFilter[] | null = null;
  try {
    for await (const message of await client.network.watch({ host }, { signal: abort.signal })) {
      if (message.type === 'networks') ({ networks } = message);
      if (message.type === 'interfaces') ({ interfaces } = message);
      if (message.type === 'filters') ({ filters } = message);
      if (message.type === 'leases') leases.set(message.network, message.leases);
      if (networks === null || interfaces === null || filters === null) continue;
      if (networks.every((network) => !givesLeases(network) || leases.has(network.uuid)))
        return { host, networks, interfaces, filters, leases };
    }
  } finally {
    abort.abort();
  }
  throw new CliError({ code: 'LINK_LOST', message: 'The host was lost before its networks were read.' });
}
