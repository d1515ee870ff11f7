import { virNetworkXMLFlags } from '../../drivers/libvirt/constants/network.ts';
import { editNetworkXml } from '../../drivers/libvirt/model/network-edit.ts';
import { readNetwork } from '../../drivers/libvirt/model/network.ts';
import { buildNetworkXml } from '../../drivers/libvirt/model/network-xml.ts';
import type { NetworkRef as WireNetwork, NwfilterRef } from '../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString, uuidToString } from '../../drivers/libvirt/uuid.ts';
import { XmlError } from '../../drivers/xml/index.ts';
import type { Host } from '../contract/host.ts';
import type { NetworkRef, NetworkSpec, NetworkUser } from '../contract/network.ts';
import type { HostSession } from '../hosts/session.ts';
import { inPool } from '../inventory/pool.ts';
import { isUnsure } from '../jobs/registry.ts';
import { createNetwork, deleteNetwork, editNetwork, START_LIMIT_MS } from '../networks/change.ts';
import { changeProblems, networkProblems, type NetworkSurroundings } from '../networks/problems.ts';
import { readCards } from '../networks/read-cards.ts';
import { readOneNetwork, readLeases } from '../networks/read-networks.ts';
import { planNetworkRestart } from '../networks/restart-plan.ts';
import { readSurroundings } from '../networks/surroundings.ts';
import { usersOf, type CardsOf } from '../networks/users.ts';
import type { Api } from './api.ts';
import { BadInput, failing, FailureError, toFailure } from './errors.ts';
import type { Services } from './services.ts';

const CARDS_IN_FLIGHT = 3;

/** Handlers of `network.*` and `filter.*`. What an action did arrives by `network.watch`. */
export function networkRoutes(api: Pick<Api, 'network' | 'filter'>, services: Services) {
  const { networks } = services;
  return {
    network: {
      watch: api.network.watch.handler(({ input, signal }) =>
        looking(services, networks.watch(input.host, signal ?? new AbortController().signal)),
      ),
      ...readRoutes(api.network, services),
      ...actionRoutes(api.network, services),
    },
    filter: {
      xml: api.filter.xml.handler(({ input, signal }) =>
        onHost(services, input.host, read('The filter'), async ({ session }) => {
          const { remote } = session.client;
          const uuid = uuidOf(input);
          const { nwfilter } = await remote.nwfilterLookupByUuid({ uuid }, options(signal));
          return (await remote.nwfilterGetXmlDesc({ nwfilter, flags: 0 }, options(signal))).xml;
        }),
      ),
    },
  };
}

function readRoutes(api: Api['network'], services: Services) {
  return {
    xml: api.xml.handler(({ input, signal }) =>
      withNetwork(services, input, read('The XML of the network'), async ({ session, net }) => {
        const flags = input.inactive === true ? virNetworkXMLFlags.VIR_NETWORK_XML_INACTIVE : 0;
        return (await session.client.remote.networkGetXmlDesc({ net, flags }, options(signal))).xml;
      }),
    ),
    preview: api.preview.handler(({ input, signal }) =>
      onHost(services, input.host, read('What the network would meet'), async ({ session, host }) => {
        const { spec, uuid } = input;
        const around = await readSurroundings({ session, host, spec, except: uuid ?? null }, options(signal));
        return previewOf(session, { spec, uuid, around }, options(signal));
      }),
    ),
    loss: api.loss.handler(({ input, signal }) =>
      withNetwork(services, input, read('Who uses the network'), async ({ session, net }) => ({
        users: await readUsers(services, { session, net }, options(signal)),
      })),
    ),
  };
}

function actionRoutes(api: Api['network'], services: Services) {
  return {
    create: api.create.handler(({ input }) =>
      act(services, input.host, { name: input.spec.name, done: 'created' }, async ({ session, host }) => {
        const around = await readSurroundings({ session, host, spec: input.spec, except: null }, {});
        const net = await createNetwork(session.client, {
          ...input,
          around,
          despite: input.despite === true,
        });
        return { uuid: uuidToString(net.uuid) };
      }),
    ),
    edit: api.edit.handler(({ input }) =>
      actOn(services, input, 'changed', async ({ session, host, net }) => {
        const { base, spec, uuid, despite = false } = input;
        const around = await readSurroundings({ session, host, spec, except: uuid }, {});
        return editNetwork(session.client, net, { base, spec, around, despite });
      }),
    ),
    start: api.start.handler(({ input }) =>
      actOn(services, input, 'started', async ({ session, net }) => {
        await session.client.remote.networkCreate({ net }, { timeoutMs: START_LIMIT_MS });
      }),
    ),
    stop: api.stop.handler(({ input }) =>
      actOn(services, input, 'stopped', async ({ session, net }) => {
        await session.client.remote.networkDestroy({ net }, { timeoutMs: START_LIMIT_MS });
      }),
    ),
    restart: api.restart.handler(({ input, signal }) =>
      actOn(services, input, 'restarted', async ({ session, host: { id, name, uri }, net }) => {
        const users = await readUsers(services, { session, net }, options(signal));
        const cards = users
          .filter(({ running }) => running)
          .map(({ uuid, name, mac }) => ({ uuid, name, mac }));
        const plan = planNetworkRestart({ uuid: input.uuid, name: net.name, cards }, { id, name, uri });
        return { job: await services.workflows.start(plan) };
      }),
    ),
    setAutostart: api.setAutostart.handler(({ input }) => {
      const done = input.autostart ? 'set to start with the host' : 'kept from starting with the host';
      return actOn(services, input, done, async ({ session, net }) => {
        await session.client.remote.networkSetAutostart({ net, autostart: input.autostart ? 1 : 0 });
      });
    }),
    delete: api.delete.handler(({ input }) =>
      actOn(services, input, 'deleted', ({ session, net }) => deleteNetwork(session.client, net)),
    ),
  };
}

interface OnHost {
  host: Host;
  session: HostSession;
}

interface OnNetwork extends OnHost {
  net: WireNetwork;
}

type Sentence = (hostName: string) => string;

function read(what: string): Sentence {
  return (host) => `${what} could not be read on ${host}.`;
}

/** Does the work on a host; what goes wrong is told with a sentence that names it. */
async function onHost<T>(
  { fleet, onFault }: Services,
  id: string,
  sentence: Sentence,
  work: (on: OnHost) => Promise<T>,
): Promise<T> {
  const host = fleet.store.host(id);
  const message = sentence(host?.name ?? 'its host');
  const at = host === undefined ? {} : { host: { id: host.id, name: host.name } };
  return failing({ message, onFault: (error) => onFault(message, error), ...at }, async () => {
    const session = fleet.hosts.session(id);
    return work({ host: fleet.hosts.connection(id).host, session });
  });
}

function withNetwork<T>(
  services: Services,
  ref: NetworkRef,
  sentence: Sentence,
  work: (on: OnNetwork) => Promise<T>,
): Promise<T> {
  return onHost(services, ref.host, sentence, async (on) => {
    const { net } = await on.session.client.remote.networkLookupByUuid({ uuid: uuidOf(ref) });
    return work({ ...on, net });
  });
}

/** An action: nothing is repeated by itself, and one whose answer was lost is said to be uncertain. */
function act<T>(
  services: Services,
  host: string,
  { name, done }: { name: string; done: string },
  work: (on: OnHost) => Promise<T>,
): Promise<T> {
  return onHost(
    services,
    host,
    (on) => `The network ${name} was not ${done} on ${on}.`,
    async (on) => {
      try {
        return await work(on);
      } catch (error) {
        if (error instanceof XmlError) throw new BadInput(error.message);
        if (!isUnsure(error)) throw error;
        const message = `It is not known whether the network ${name} was ${done} on ${on.host.name}: the list shows it when the host answers again.`;
        const at = { id: on.host.id, name: on.host.name };
        throw new FailureError(toFailure(error, { message, host: at }), error);
      } finally {
        services.networks.refresh(host);
      }
    },
  );
}

function actOn<T>(
  services: Services,
  ref: NetworkRef,
  done: string,
  work: (on: OnNetwork) => Promise<T>,
): Promise<T> {
  return withNetwork(
    services,
    ref,
    (host) => `The network was not ${done} on ${host}.`,
    (on) => act(services, ref.host, { name: on.net.name, done }, () => work(on)),
  );
}

function uuidOf({ uuid }: { uuid: string }): NwfilterRef['uuid'] {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) throw new BadInput(`${uuid} is no UUID.`);
  return uuidFromString(uuid);
}

async function previewOf(
  session: HostSession,
  { spec, uuid, around }: { spec: NetworkSpec; uuid: string | undefined; around: NetworkSurroundings },
  callOptions: { signal?: AbortSignal },
): Promise<{ xml: string; problems: string[] }> {
  try {
    if (uuid === undefined)
      return { xml: buildNetworkXml(spec, null), problems: networkProblems(spec, around) };
    const { remote } = session.client;
    const { net } = await remote.networkLookupByUuid({ uuid: uuidOf({ uuid }) }, callOptions);
    const flags = virNetworkXMLFlags.VIR_NETWORK_XML_INACTIVE;
    const { xml } = await remote.networkGetXmlDesc({ net, flags }, callOptions);
    return {
      xml: editNetworkXml(xml, spec),
      problems: changeProblems(spec, { present: readNetwork(xml), around }),
    };
  } catch (error) {
    if (error instanceof XmlError) throw new BadInput(error.message);
    throw error;
  }
}

/** Reads the cards of all machines anew: what is about to be deleted must not be known from before. */
async function readUsers(
  { fleet }: Services,
  { session, net }: Pick<OnNetwork, 'session' | 'net'>,
  callOptions: { signal?: AbortSignal },
): Promise<NetworkUser[]> {
  const machines: CardsOf[] = [];
  await inPool(fleet.store.domains(session.id), CARDS_IN_FLIGHT, async (domain) => {
    const dom = fleet.reference(session.id, domain.uuid);
    const cards = dom === undefined ? null : await readCards(session.client, dom, callOptions);
    if (cards !== null) machines.push({ domain, cards });
  });
  const { active } = await readOneNetwork(session.client, net, callOptions);
  return usersOf(net.name, machines, active ? await readLeases(session.client, net, callOptions) : []);
}

/** Who watches networks looks at the hosts: a lost one is tried again more often. */
async function* looking<T>({ fleet }: Services, source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  const lookAway = fleet.hosts.look();
  try {
    yield* source;
  } finally {
    lookAway();
  }
}

function options(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
