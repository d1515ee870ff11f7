import { randomUUID } from 'node:crypto';
import type { HostInput, SavedHost } from '../contract/host.ts';
import { BadInput, FailureError } from '../hosts/failures.ts';
import { parseTarget, type HostTarget } from '../hosts/target.ts';
import type { Api } from './api.ts';
import type { Services } from './services.ts';
import { suggestHosts } from './suggest.ts';

/** A demo host's id; it is not saved. */
const demoId = (name: string): string => `demo-${name}`;

/** Handlers of `host.*`. */
export function hostRoutes(api: Api['host'], services: Services) {
  const { fleet, settings } = services;
  return {
    list: api.list.handler(() => fleet.store.hosts()),
    suggest: api.suggest.handler(({ input }) => suggestHosts(input.text, services)),
    add: api.add.handler(({ input }) => addHost(input, services)),
    saved: api.saved.handler(({ input }) => savedHostOf(input.id, services)),
    update: api.update.handler(({ input }) => updateHost(input, services)),
    remove: api.remove.handler(async ({ input }) => {
      await fleet.remove(input.id);
      await settings.removeHost(input.id);
    }),
    connect: api.connect.handler(({ input }) => fleet.hosts.connection(input.id).connect('person')),
    disconnect: api.disconnect.handler(({ input }) => fleet.hosts.connection(input.id).disconnect()),
    answer: api.answer.handler(({ input }) => fleet.hosts.answer(input.id, input.promptId, input.answer)),
    openDemo: api.openDemo.handler(() => openDemo(services)),
    closeDemo: api.closeDemo.handler(() => closeDemo(services)),
  };
}

/** Hosts that were saved: all are in the list, those that a person wants are connected. */
export function startSavedHosts({ settings, fleet, onFault }: Services, connect: boolean): void {
  for (const saved of settings.hosts()) {
    try {
      addToFleet(saved, parseTarget(saved.uri), fleet);
      if (connect && saved.connectAtStart) fleet.hosts.connection(saved.id).connect('start');
    } catch (error) {
      // A URI of a newer version: the others still start.
      onFault(`saved host ${saved.name}`, error);
    }
  }
}

async function addHost(input: HostInput, services: Services): Promise<SavedHost> {
  const target = parseTarget(input.target);
  // Saved ones too: a second click comes while the first one's host is being written.
  const listed = [...services.fleet.store.hosts(), ...services.settings.hosts()];
  const same = listed.find((host) => host.uri === target.uri);
  if (same !== undefined)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${target.uri} is in the list already: ${same.name}.`,
      host: { id: same.id, name: same.name },
    });
  const saved: SavedHost = {
    id: target.kind === 'demo' ? demoId(target.name) : randomUUID(),
    name: input.name?.trim() || defaultName(target),
    uri: target.uri,
    keyFile: input.keyFile || null,
    connectAtStart: input.connectAtStart ?? true,
    setBalloonPeriod: input.setBalloonPeriod ?? false,
  };
  if (target.kind === 'demo') services.demo.link(target);
  else await services.settings.putHost(saved);
  addToFleet(saved, target, services.fleet);
  services.fleet.hosts.connection(saved.id).connect('person');
  return saved;
}

function savedHostOf(id: string, { settings, fleet }: Services): SavedHost {
  const saved = settings.host(id);
  if (saved !== undefined) return saved;
  const { host } = fleet.hosts.connection(id);
  const { name, uri } = host;
  return { id, name, uri, keyFile: null, connectAtStart: false, setBalloonPeriod: false };
}

type HostUpdate = { [K in keyof HostInput]?: HostInput[K] | undefined } & { id: string };

async function updateHost(input: HostUpdate, services: Services): Promise<SavedHost> {
  const { settings, fleet } = services;
  const before = settings.host(input.id);
  if (before === undefined) {
    fleet.hosts.connection(input.id);
    throw new BadInput('A host of the demo fleet is not saved and cannot be changed.');
  }
  const target = parseTarget(input.target ?? before.uri);
  const keyFile = input.keyFile === undefined ? before.keyFile : input.keyFile || null;
  const saved: SavedHost = {
    id: before.id,
    name: input.name?.trim() || before.name,
    uri: target.uri,
    keyFile,
    connectAtStart: input.connectAtStart ?? before.connectAtStart,
    setBalloonPeriod: input.setBalloonPeriod ?? before.setBalloonPeriod,
  };
  await settings.putHost(saved);
  if (saved.uri === before.uri && saved.keyFile === before.keyFile) {
    if (saved.name !== before.name) fleet.hosts.connection(saved.id).rename(saved.name);
    if (saved.setBalloonPeriod !== before.setBalloonPeriod) fleet.renewFigures(saved.id);
    return saved;
  }
  // Another way to the host: what was known of the old one is not true of it.
  const wanted = fleet.hosts.connection(saved.id).host.state !== 'disconnected';
  await fleet.remove(saved.id);
  addToFleet(saved, target, fleet);
  if (wanted) fleet.hosts.connection(saved.id).connect('person');
  return saved;
}

function openDemo({ demo, fleet }: Services): string[] {
  return demo.names().map((name) => {
    const id = demoId(name);
    if (!fleet.hosts.has(id)) {
      const identity = { id, name, uri: `demo:///${name}`, keyFile: null };
      addToFleet(identity, parseTarget(identity.uri), fleet);
    }
    fleet.hosts.connection(id).connect('person');
    return id;
  });
}

async function closeDemo({ demo, fleet }: Services): Promise<void> {
  const ids = fleet.hosts.ids().filter((id) => fleet.hosts.connection(id).host.kind === 'demo');
  await Promise.all(ids.map((id) => fleet.remove(id)));
  demo.close();
}

function addToFleet(
  saved: Pick<SavedHost, 'id' | 'name' | 'keyFile'>,
  target: HostTarget,
  fleet: Services['fleet'],
): void {
  fleet.hosts.add({ id: saved.id, name: saved.name, target, keyFile: saved.keyFile });
}

function defaultName(target: HostTarget): string {
  if (target.kind === 'ssh' || target.kind === 'tcp') return target.host;
  return target.kind === 'demo' ? target.name : 'This computer';
}
