import type { BackendView, BalancerView } from '../../contract/balancer.ts';
import type { Domain } from '../../contract/domain.ts';
import { CliError, UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { table } from '../table.ts';
import { backendOf } from './backend.ts';

const SIGNS = { same: '  ', added: '+ ', removed: '- ' } as const;
const MISSING = {
  unknown: 'not known: its host is away, or it was deleted',
  off: 'off',
  noAddress: 'no address',
};

export async function showBalancer(session: FleetSession, vm: string): Promise<void> {
  // Its back ends may be on any host.
  await session.connect();
  const view = await read(session, session.find(vm));
  session.output.either(view, () => print(session, view));
}

export async function setBackends(
  session: FleetSession,
  vm: string,
  { backend, none }: { backend: readonly string[]; none: boolean },
): Promise<void> {
  if (none === backend.length > 0)
    throw new UsageError('Say what it stands in front of: --backend, or --none when it is no load balancer.');
  await session.connect();
  const { host, uuid } = session.find(vm);
  const backends = none ? null : backend.map((text) => backendOf(session, text));
  await session.client.balancer.set({ host, uuid, backends });
  if (!none) return showBalancer(session, vm);
  session.output.either({ backends: null }, () => session.output.line(`${vm} is no load balancer any more.`));
}

/** Shows the change, asks, and writes it. */
export async function syncBalancer(
  session: FleetSession,
  vm: string,
  { yes }: { yes: boolean },
): Promise<void> {
  if (!yes && !session.canAsk)
    throw new UsageError('There is no terminal to ask at: nothing is written without --yes.');
  await session.connect();
  const domain = session.find(vm);
  const { output } = session;
  const view = await read(session, domain);
  const { change, problem, noAgent } = view;
  if (problem !== null || noAgent !== null)
    throw new CliError({
      code: 'CONFLICT',
      message: `Nothing is written on ${domain.name}.`,
      detail: problem ?? noAgent ?? '',
    });
  if (change === null) {
    output.either({ written: [], reload: null }, () => output.line('There is nothing to change.'));
    return;
  }
  for (const line of fileLines(view)) output.aside(line);
  if (!yes && !(await session.confirm(`Write it on ${domain.name}? Type yes to write: `)))
    throw new CliError({ code: 'CANCELLED', message: 'Nothing was written.' });
  const { host, uuid } = domain;
  const synced = await session.client.balancer.sync({ host, uuid, change });
  const { written, reload } = synced;
  output.either(synced, () => output.line(`Written: ${written.join(', ')}`));
  if (!reload.done)
    throw new CliError({
      code: 'CONFLICT',
      message: `The files are written, and Traffic Server did not read them: traffic_ctl config reload failed.`,
      ...(reload.said === '' ? {} : { detail: reload.said }),
    });
}

function read({ client }: FleetSession, { host, uuid }: Domain): Promise<BalancerView> {
  return client.balancer.show({ host, uuid });
}

function print(session: FleetSession, view: BalancerView): void {
  const { output } = session;
  const lines = table<BackendView>(
    [
      { title: 'BACK END', value: ({ name }) => name },
      { title: 'HOST', value: ({ host }) => (host === null ? '' : session.hostName(host)) },
      {
        title: 'ADDRESS',
        value: ({ address, port, missing }) =>
          address === null ? MISSING[missing ?? 'noAddress'] : `${address}:${port}`,
      },
      { title: 'TOLD BY', value: ({ source, typed }) => source ?? (typed === null ? '' : 'typed') },
    ],
    view.backends,
  );
  for (const line of view.backends.length === 0 ? ['No machine is chosen yet.'] : lines) output.line(line);
  for (const line of fileLines(view)) output.line(line);
  for (const line of [view.problem, view.noAgent, ...view.warnings]) if (line !== null) output.line(line);
  if (view.noAgent === null && view.problem === null && view.change === null)
    output.line('Nothing is to be changed.');
}

/** The change where the files were read, else what they are to hold. */
function fileLines({ files, noAgent }: BalancerView): string[] {
  return files.flatMap(({ path, now, wanted, lines }) =>
    noAgent === null && now === wanted
      ? []
      : ['', path, ...lines.map(({ kind, text }) => (noAgent === null ? SIGNS[kind] : '') + text)],
  );
}
