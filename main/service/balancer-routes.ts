import { createHash } from 'node:crypto';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';
import type { Backend, BackendView, BalancerView } from '../contract/balancer.ts';
import type { DomainRef } from '../contract/domain.ts';
import { readOwnMetadata, writeOwnMetadata } from '../inventory/own-metadata.ts';
import { isActive } from '../inventory/states.ts';
import {
  balancerLines,
  changedLines,
  endpointsOf,
  hasEarlierLines,
  REMAP_CONFIG,
  withOwnLines,
} from '../jobs/balancer/config.ts';
import { Guest } from '../jobs/balancer/guest.ts';
import { balancerXml, readBalancerXml } from '../jobs/balancer/metadata.ts';
import { writeConfig, type FileChange } from '../jobs/balancer/write.ts';
import type { Api } from './api.ts';
import { findBackends } from './balancer-backends.ts';
import { FailureError } from './errors.ts';
import type { Machine } from './fleet.ts';
import type { Services } from './services.ts';
import { callOptions, readAgain, withMachine } from './with-machine.ts';

/** Handlers of `balancer.*`. */
export function balancerRoutes(api: Api['balancer'], services: Services) {
  const message = ({ name, host }: { name: string; host: string }): string =>
    `What ${name} on ${host} stands in front of could not be read.`;
  return {
    show: api.show.handler(({ input, signal }) =>
      withMachine(services, input, { message }, async (machine) => {
        const { view } = await look(services, machine, callOptions(signal));
        return view;
      }),
    ),
    set: api.set.handler(({ input, signal }) =>
      withMachine(services, input, { done: 'told its back ends' }, async ({ session, dom, domain }) => {
        const { backends } = input;
        const xml =
          backends === null ? null : balancerXml(backends.map((one) => named(services, input, one)));
        const running = isActive(domain.state);
        const write = { dom, kind: 'balancer' as const, xml, running };
        await writeOwnMetadata(session.client, write, callOptions(signal));
      }).finally(() => readAgain(services, input)),
    ),
    sync: api.sync.handler(({ input, signal }) =>
      withMachine(services, input, { done: 'told its configuration' }, async (machine) => {
        const { view, changes } = await look(services, machine, callOptions(signal));
        if (view.change === null || view.change !== input.change)
          throw new FailureError({
            code: 'CONFLICT',
            message: `Nothing is written on ${machine.domain.name}: ${view.problem ?? view.noAgent ?? (view.change === null ? 'there is nothing to change' : 'the change would be another one by now. Look at it again.')}`,
            host: { id: machine.host.id, name: machine.host.name },
          });
        return writeConfig(guestOf(services, machine, callOptions(signal)), changes);
      }),
    ),
  };
}

/** With the name that it has now, for when its host is away. */
function named({ fleet }: Services, { host }: DomainRef, backend: Backend): Backend {
  const { machine } = backend;
  if (machine === null) return backend;
  const own = fleet.store.domain(host, machine);
  const name = own?.name ?? fleet.store.domains().find(({ uuid }) => uuid === machine)?.name;
  return name === undefined ? backend : { ...backend, name };
}

function guestOf({ clock }: Services, { session, dom }: Machine, call: CallOptions): Guest {
  return new Guest(session.client, dom, { clock, call });
}

/** How it stands, and what of it is to be written. */
async function look(
  services: Services,
  machine: Machine,
  options: CallOptions,
): Promise<{ view: BalancerView; changes: FileChange[] }> {
  const { session, dom, domain, host } = machine;
  const xml = await readOwnMetadata(session.client, { dom, kind: 'balancer' }, options);
  if (xml === null)
    throw new FailureError({
      code: 'NOT_FOUND',
      message: `${domain.name} on ${host.name} is no load balancer.`,
      host: { id: host.id, name: host.name },
    });
  const running = isActive(domain.state);
  const around = { host: host.id, beside: running ? machine : null };
  const backends = await findBackends(services.fleet, readBalancerXml(xml), around, options);
  const own = balancerLines(endpointsOf(backends));
  const read = running
    ? await readFiles(guestOf(services, machine, options), [...own.keys()], domain.name)
    : { files: null, noAgent: isOff(domain.name) };
  return viewOf(backends, own, read);
}

type Read =
  | { readonly files: ReadonlyMap<string, string | null>; readonly noAgent: null }
  | { readonly files: null; readonly noAgent: string };

const isOff = (name: string): string => `${name} does not run.`;

async function readFiles(guest: Guest, paths: readonly string[], name: string): Promise<Read> {
  const files = new Map<string, string | null>();
  try {
    for (const path of paths) files.set(path, await guest.readFile(path));
    return { files, noAgent: null };
  } catch (error) {
    // It went off, and its host’s word of it is still on its way.
    if (error instanceof LibvirtError && error.code === 'VIR_ERR_OPERATION_INVALID')
      return { files: null, noAgent: isOff(name) };
    // libvirt says why: no agent is set up, it does not answer, it may not.
    if (error instanceof LibvirtError) return { files: null, noAgent: error.message };
    if (error instanceof FailureError) return { files: null, noAgent: error.message };
    throw error;
  }
}

function viewOf(
  backends: BackendView[],
  own: ReadonlyMap<string, string>,
  { files: read, noAgent }: Read,
): { view: BalancerView; changes: FileChange[] } {
  const broken: string[] = [];
  const warnings: string[] = [];
  const files: FileChange[] = [];
  for (const [path, lines] of own) {
    const now = read?.get(path) ?? null;
    const wanted = withOwnLines(now ?? '', lines);
    if (wanted === null) broken.push(path);
    else files.push({ path, now, wanted });
    if (path === REMAP_CONFIG && now !== null && hasEarlierLines(now))
      warnings.push(`${path} has lines of its own before Virtlane’s: the first that fits counts.`);
  }
  const problem = problemOf(backends, broken);
  const changes = files.filter(({ now, wanted }) => now !== wanted);
  const canWrite = noAgent === null && problem === null && changes.length > 0;
  const shown = files.map((file) => ({ ...file, lines: changedLines(file.now ?? '', file.wanted) }));
  const change = canWrite ? digest(changes) : null;
  return { view: { backends, noAgent, files: shown, problem, warnings, change }, changes };
}

function problemOf(backends: readonly BackendView[], broken: readonly string[]): string | null {
  if (broken.length > 0)
    return `The marks “virtlane begin” and “virtlane end” in ${broken.join(' and ')} are not one pair: put them right by hand.`;
  // Traffic Server does not take a remap.config without a line, and goes on with the one before.
  if (backends.length === 0) return 'No machine is chosen: what Traffic Server has is kept.';
  if (backends.every(({ address }) => address === null))
    return 'None of the machines has an address now: what Traffic Server has is kept.';
  return null;
}

function digest(changes: readonly FileChange[]): string {
  const facts = changes.map(({ path, now, wanted }) => [path, now, wanted]);
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}
