import { setMaxListeners } from 'node:events';
import type { CreateInput, CreatePlan } from '../contract/create.ts';
import type { HostSession } from '../hosts/session.ts';
import { XmlError } from '../../drivers/xml/index.ts';
import { bootOrder, readInput } from '../jobs/create/definition.ts';
import { readDefaults } from '../jobs/create/defaults.ts';
import { detectMedium } from '../jobs/create/detect.ts';
import { readCreateFacts, type CreateFacts } from '../jobs/create/facts.ts';
import { makeIdentities } from '../jobs/create/identity.ts';
import { expandNames } from '../jobs/create/names.ts';
import { readOptions } from '../jobs/create/options.ts';
import { planCreate } from '../jobs/create/plan.ts';
import { virtInstall } from '../jobs/create/virt-install.ts';
import { poolsAfterwards } from '../jobs/create/warnings.ts';
import type { SeenSource } from '../jobs/p2v/live/looks.ts';
import { savedSource } from '../jobs/p2v/read-saved.ts';
import { findSystem } from '../os/index.ts';
import type { Api } from './api.ts';
import { findBackends } from './balancer-backends.ts';
import { BadInput, failing, FailureError, refuseToMake } from './errors.ts';
import { savedPlace } from './saved-place.ts';
import type { Services } from './services.ts';

type Call = <T>(work: (session: HostSession, signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Handlers of `create.*`. */
export function createRoutes(api: Api['create'], services: Services) {
  const { files, workflows } = services;
  return {
    options: api.options.handler(({ input, signal }) =>
      onHost(
        services,
        input.host,
        signal,
        'What a machine can be made of',
      )((session, abort) => readOptions(session, services.home, { signal: abort })),
    ),
    detect: api.detect.handler(({ input, signal }) =>
      onHost(
        services,
        input.host,
        signal,
        'What is on the ISO',
      )((session, abort) => detectMedium(input.medium, { session, files }, abort)),
    ),
    defaults: api.defaults.handler(({ input, signal }) =>
      onHost(
        services,
        input.host,
        signal,
        'What suits the system',
      )(async (session, abort) => {
        const { place } = savedPlace(services, input.clonezilla ?? input.diskFile ?? {}, abort);
        const live =
          input.source === 'live' && input.live !== undefined
            ? await services.looks.glance(input.live, abort)
            : null;
        return readDefaults(session, { input, place, live }, { signal: abort });
      }),
    ),
    readXml: api.readXml.handler(({ input, signal }) =>
      onHost(
        services,
        input.host,
        signal,
        'What the XML says',
      )(async (session, abort) => {
        const facts = await factsOf(services, session, input, abort);
        try {
          return readInput(input, facts);
        } catch (error) {
          if (error instanceof XmlError) throw new BadInput(error.message);
          throw error;
        }
      }),
    ),
    plan: api.plan.handler(({ input, signal }) =>
      onHost(
        services,
        input.host,
        signal,
        'What making the machine takes',
      )((session, abort) => showPlan(services, session, input, abort)),
    ),
    run: api.run.handler(({ input, signal }) =>
      onHost(
        services,
        input.host,
        signal,
        'What making the machine takes',
      )(async (session, abort) => {
        const [facts, taken] = await Promise.all([
          factsOf(services, session, input, abort, 'look'),
          services.macs.taken(session, { signal: abort }),
        ]);
        const cards = input.spec.nics.length;
        const planned = planCreate(input, facts, makeIdentities(expandNames(input).length, cards, taken));
        refuseToMake(input.name, planned.problems);
        const job = await workflows.start(planned.plan, planned.secrets);
        const machines = planned.machines.map(({ name, uuid }) => ({ name, uuid: uuid ?? '' }));
        return { job, machines, warnings: [...planned.warnings] };
      }),
    ),
  };
}

async function showPlan(
  services: Services,
  session: HostSession,
  input: CreateInput,
  signal: AbortSignal,
): Promise<CreatePlan> {
  const facts = await factsOf(services, session, input, signal);
  const { machines, plan, problems, warnings } = planCreate(input, facts, null);
  const [first] = machines;
  const takenKiB = input.spec.memory.sizeMiB * 1024 * machines.length;
  return {
    names: machines.map(({ name }) => name),
    xml: first?.xml ?? '',
    boot: bootOrder(input),
    steps: plan.steps.map(({ title }) => title),
    problems: [...problems],
    warnings: [...warnings],
    afterwards: {
      memory: facts.memory === null ? null : { ...facts.memory, takenKiB },
      pools: poolsAfterwards(facts, machines),
    },
    virtInstall: first === undefined ? '' : virtInstall(input, first, facts),
  };
}

async function factsOf(
  services: Services,
  session: HostSession,
  input: CreateInput,
  signal: AbortSignal,
  /** How a running machine is looked at. */
  how: 'look' | 'glance' = 'glance',
): Promise<CreateFacts> {
  const { fleet, fetching, trees, macs } = services;
  const { source, host } = input;
  const saved = savedPlace(services, savedSource(source) ?? {}, signal);
  const backends = source.kind === 'cloudImage' ? source.balancer : undefined;
  const balancer =
    backends === undefined ? null : await findBackends(fleet, backends, { host, beside: null }, { signal });
  const about = { input, osId: osIdOf(input), fetching, trees, balancer, macs, saved };
  const live = source.kind === 'live' ? await seenOrFault(services.looks[how](source, signal)) : null;
  return readCreateFacts(session, { ...about, live }, { signal });
}

/** A person who plans is told what stands against it, beside all else. */
function seenOrFault(looking: Promise<SeenSource>): Promise<SeenSource | string> {
  return looking.catch((error: unknown) => {
    if (!(error instanceof FailureError) || error.failure.code === 'CANCELLED') throw error;
    const { message, detail } = error.failure;
    return detail === undefined ? message : `${message} ${detail}`;
  });
}

function osIdOf({ os }: CreateInput): string | null {
  return os === null ? null : (findSystem(os)?.id ?? null);
}

function onHost(services: Services, id: string, signal: AbortSignal | undefined, what: string): Call {
  const { fleet, onFault } = services;
  return async (work) => {
    const { host } = fleet.hosts.connection(id);
    const message = `${what} could not be read on ${host.name}.`;
    const at = { id: host.id, name: host.name };
    // Many calls at once wait on it.
    const abort = AbortSignal.any(signal === undefined ? [] : [signal]);
    setMaxListeners(0, abort);
    return failing({ message, host: at, onFault: (error) => onFault(message, error) }, () =>
      work(fleet.hosts.session(id), abort),
    );
  };
}
