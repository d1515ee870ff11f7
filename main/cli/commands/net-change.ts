import { readFile } from 'node:fs/promises';
import type { Host } from '../../contract/host.ts';
import type { Network, NetworkSpec } from '../../contract/network.ts';
import type { Failure } from '../../contract/failure.ts';
import { CliError, UsageError } from '../errors.ts';
import { exitCodeOf, worstOf } from '../exit-codes.ts';
import { outcome, type FleetSession } from '../fleet-session.ts';
import { emptyNetwork, withFlags, type NetworkFlags } from '../network-options.ts';
import { runJob } from './jobs.ts';
import { findNetwork } from './net.ts';

export interface ChangeFlags extends Omit<NetworkFlags, 'json'> {
  /** A file with the network as JSON. */
  readonly file?: string;
  /** Only says what it would be. */
  readonly dryRun: boolean;
}

export interface CreateFlags extends ChangeFlags {
  readonly host?: string;
  /** False: it is defined and not started. */
  readonly start: boolean;
  readonly autostart: boolean;
}

export async function createNetwork(session: FleetSession, name: string, flags: CreateFlags): Promise<void> {
  await session.connectAny();
  const host = oneHost(session, flags.host);
  const spec = withFlags(emptyNetwork(name), await read(flags));
  if (flags.dryRun) return preview(session, { host, spec });
  const { start, autostart } = flags;
  const { uuid } = await session.client.network.create({ host, spec, start, autostart });
  const where = session.hostName(host);
  session.output.either({ host: where, hostId: host, name: spec.name, uuid }, () =>
    session.output.line(`${spec.name} (${where}): ${start ? 'created and started' : 'created'}`),
  );
}

export async function editNetwork(session: FleetSession, text: string, flags: ChangeFlags): Promise<void> {
  const { network } = await findNetwork(session, text);
  const { host, uuid } = network;
  const spec = withFlags(network, await read(flags));
  if (flags.dryRun) return preview(session, { host, spec, uuid });
  const edited = await session.client.network.edit({ host, uuid, base: network, spec });
  session.output.either(edited, () => {
    const where = `${network.name} (${session.hostName(host)})`;
    const { live, atNextStart, kept } = edited;
    session.output.line(`${where}: changed`);
    if (live.length > 0) session.output.line(`  at once: ${live.join(', ')}`);
    if (kept.length > 0)
      session.output.line(`  changed by somebody else meanwhile, and kept: ${kept.join(', ')}`);
    if (atNextStart.length > 0)
      session.output.line(`  at its next start (net restart ${network.name}): ${atNextStart.join(', ')}`);
  });
}

async function read({ file, ...flags }: ChangeFlags): Promise<NetworkFlags> {
  return file === undefined ? flags : { ...flags, json: await readFile(file, 'utf8') };
}

/** Without a name the only host that is connected. @throws {UsageError} where no host is called so, {CliError} HOST_UNREACHABLE where it is away */
export function oneHost(session: FleetSession, named: string | undefined): string {
  const isMeant = ({ id, name, uri }: Host): boolean =>
    named === undefined || [id, name, uri].includes(named);
  const found = session.connectedHosts.filter(isMeant);
  const [host, ...others] = found;
  if (host === undefined) {
    const away = session.hosts.find(isMeant);
    if (away === undefined)
      throw new UsageError(
        `There is no host ${named ?? ''}. There are ${session.hosts.map(({ name }) => name).join(', ')}.`,
      );
    throw new CliError({
      code: 'HOST_UNREACHABLE',
      message: `${away.name} could not be reached, and nothing was done.`,
    });
  }
  if (others.length > 0)
    throw new UsageError(`Say on which host: --host ${found.map(({ name }) => name).join(' or --host ')}.`);
  return host.id;
}

interface Wanted {
  host: string;
  spec: NetworkSpec;
  uuid?: string;
}

async function preview(session: FleetSession, wanted: Wanted): Promise<void> {
  const { xml, problems } = await session.client.network.preview(wanted);
  session.output.either({ xml, problems }, () => {
    session.output.raw(xml.endsWith('\n') ? xml : `${xml}\n`);
    for (const problem of problems) session.output.aside(problem);
  });
}

export type NetworkAction = 'start' | 'stop' | 'restart' | 'autostart' | 'delete';

const DONE = {
  start: 'started',
  stop: 'stopped',
  restart: 'restarted',
  autostart: 'starts with its host',
  delete: 'deleted',
} as const;

/** One after another; a name that is wrong ends the command before the first. */
export async function actOnNetworks(
  session: FleetSession,
  action: NetworkAction,
  { names, off = false, yes = false }: { names: readonly string[]; off?: boolean; yes?: boolean },
): Promise<number> {
  if (action === 'delete' && !yes && !session.canAsk)
    throw new UsageError('There is no terminal to ask at: nothing is deleted without --yes.');
  const networks: { net: string; network: Network }[] = [];
  for (const net of new Set(names))
    networks.push({ net, network: (await findNetwork(session, net)).network });
  if (action === 'delete')
    await tellLoss(
      session,
      networks.map(({ network }) => network),
    );
  if (action === 'delete' && !yes) await ask(session, networks);
  const failures: (Failure | null)[] = [];
  for (const { network } of networks) failures.push(await outcome(run(session, action, { network, off })));
  const done = action === 'autostart' && off ? 'no longer starts with its host' : DONE[action];
  session.output.either(
    networks.map(({ net, network }, at) => {
      const error = failures[at] ?? null;
      const { host, name, uuid } = network;
      return { net, host: session.hostName(host), name, uuid, done: error === null, error };
    }),
    () => {
      for (const [at, { network }] of networks.entries()) {
        const failure = failures[at] ?? null;
        if (failure !== null) session.output.failure(failure);
        else session.output.line(`${network.name} (${session.hostName(network.host)}): ${done}`);
      }
    },
  );
  return worstOf(failures.map((failure) => (failure === null ? 0 : exitCodeOf(failure.code))));
}

async function run(
  session: FleetSession,
  action: NetworkAction,
  { network, off }: { network: Network; off: boolean },
): Promise<unknown> {
  const { client } = session;
  const ref = { host: network.host, uuid: network.uuid };
  if (action === 'autostart') return client.network.setAutostart({ ...ref, autostart: !off });
  if (action !== 'restart') return client.network[action](ref);
  return runJob(session, () => client.network.restart(ref));
}

/** Said also where nobody is asked. */
async function tellLoss(session: FleetSession, networks: readonly Network[]): Promise<void> {
  for (const { name, host, uuid } of networks) {
    const { users } = await session.client.network.loss({ host, uuid });
    session.output.aside(`The network ${name} (${session.hostName(host)}) is deleted. There is no undo.`);
    for (const user of users)
      session.output.aside(
        `  ${user.name} ${user.mac} ${user.running ? 'is cut off' : 'will not start with it any more'}`,
      );
  }
}

async function ask(session: FleetSession, networks: readonly { readonly net: string }[]): Promise<void> {
  const [first] = networks;
  const what = networks.length === 1 && first !== undefined ? first.net : `${networks.length} networks`;
  if (!(await session.confirm(`Delete ${what}? Type yes to delete: `)))
    throw new CliError({ code: 'CANCELLED', message: 'Nothing is deleted.' });
}
