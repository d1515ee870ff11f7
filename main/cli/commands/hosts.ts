import { parseTarget } from '../../hosts/target.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { FleetSession } from '../fleet-session.ts';
import { hostsCalled } from '../resolve.ts';
import { hostJson } from './list.ts';

export interface AddHostFlags {
  readonly name?: string;
  readonly keyFile?: string;
  readonly unreached: boolean;
}

/** Connects to a host, with the questions that it asks, and saves it; one that cannot be reached only where that is wanted. */
export async function addHost(
  session: FleetSession,
  target: string,
  { name, keyFile, unreached }: AddHostFlags,
): Promise<number> {
  savedOnly(session, 'hosts add');
  if (parseTarget(target).kind === 'demo')
    throw new UsageError('The hosts of the demo fleet are never saved: virtlane -c names one for a command.');
  const id = await session.addSaved({
    target,
    ...(name === undefined ? {} : { name }),
    ...(keyFile === undefined ? {} : { keyFile }),
    trial: true,
  });
  await session.connect(new Set([id]));
  const { client, output } = session;
  const reached = session.connectedHosts.some((host) => host.id === id);
  if (!reached && !unreached) {
    await client.host.remove({ id });
    output.note(`${target} was not saved; --unreached saves it all the same.`);
    return EXIT.unreachable;
  }
  // What it calls itself is told after the list of its machines.
  if (reached) await session.settleHosts();
  await client.host.keep({ id });
  const host = session.hosts.find((each) => each.id === id);
  if (host !== undefined)
    output.either(hostJson(session, host), () => output.line(`${host.name} (${host.uri}): saved`));
  return reached ? EXIT.done : EXIT.unreachable;
}

/** Forgets a saved host, reached or not. */
export async function removeHost(session: FleetSession, text: string): Promise<void> {
  savedOnly(session, 'hosts remove');
  const { client, hosts, output } = session;
  const found = hostsCalled(text, hosts);
  const [host, other] = found;
  if (host === undefined) {
    const names = hosts.map(({ name }) => name).join(', ');
    throw new UsageError(
      `No saved host is called ${text}. ${names === '' ? 'None is saved.' : `Saved are ${names}.`}`,
    );
  }
  if (other !== undefined)
    throw new UsageError(
      `${text} is the name of several hosts: ${found.map(({ uri }) => uri).join(', ')}. Name one by its URI.`,
    );
  await client.host.remove({ id: host.id });
  output.either({ removed: { name: host.name, uri: host.uri } }, () =>
    output.line(`${host.name} (${host.uri}): forgotten`),
  );
}

function savedOnly({ keepsNothing }: FleetSession, command: string): void {
  if (keepsNothing)
    throw new UsageError(
      `${command} is about the saved hosts, and takes none by -c: name the host behind it.`,
    );
}
