import { randomUUID } from 'node:crypto';
import type { HostInput, SavedHost } from '../contract/host.ts';
import { BadInput, FailureError } from '../hosts/failures.ts';
import { parseTarget, type HostTarget } from '../hosts/target.ts';
import type { HostChange } from '../settings/settings.ts';
import type { Api } from './api.ts';
import { keepHost } from './host-keeping.ts';
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
    keep: api.keep.handler(({ input }) => keepHost(input.id, services)),
    saved: api.saved.handler(({ input }) => savedHostOf(input.id, services)),
    update: api.update.handler(({ input }) => updateHost(input, services)),
    remove: api.remove.handler(async ({ input }) => {
      fleet.hosts.connection(input.id);
      // first the file: a host whose removal cannot be written stays in the list, and the removal can be tried again
      await settings.removeHost(input.id);
      await fleet.remove(input.id);
    }),
    connect: api.connect.handler(({ input }) => fleet.hosts.connection(input.id).connect('person')),
    disconnect: api.disconnect.handler(({ input }) => fleet.hosts.connection(input.id).disconnect()),
    answer: api.answer.handler(({ input }) => fleet.hosts.answer(input.id, input.promptId, input.answer)),
    openDemo: api.openDemo.handler(() => openDemo(services)),
    closeDemo: api.closeDemo.handler(() => closeDemo(services)),
  };
}

/** Hosts that were saved: all are in the list, those that a person wants are connected. */
export function startSavedHosts(services: Services, connect: boolean): void {
  startHosts(services.settings.hosts(), services, connect);
}

/** The same of some of them. */
export function startHosts(
  hosts: readonly SavedHost[],
  { settings, fleet, onFault }: Services,
  connect: boolean,
): void {
  for (const saved of hosts) {
    try {
      addToFleet(saved, parseTarget(saved.uri), { fleet, settings });
      if (connect && saved.connectAtStart) fleet.hosts.connection(saved.id).connect('start');
    } catch (error) {
      // A URI of a newer version: the others still start.
      onFault(`saved host ${saved.uri}`, error);
    }
  }
}

type NewHostInput = HostInput & { trial?: boolean | undefined };

async function addHost(input: NewHostInput, services: Services): Promise<SavedHost> {
  const target = parseTarget(input.target);
  // Before the list is looked at: nothing is waited for between that and the new entry.
  if (target.kind === 'demo') await services.demo.link(target);
  // Saved ones too: a second click comes while the first one's host is being written.
  const listed = [...services.fleet.store.hosts(), ...services.settings.hosts()];
  const same = listed.find((host) => host.uri === target.uri);
  if (same !== undefined) {
    const host = { id: same.id, name: same.name ?? target.uri };
    const message = `${target.uri} is in the list already: ${host.name}.`;
    throw new FailureError({ code: 'CONFLICT', message, host });
  }
  const saved: SavedHost = {
    id: target.kind === 'demo' ? demoId(target.name) : randomUUID(),
    name: target.kind === 'demo' ? target.name : input.name?.trim() || null,
    ownName: null,
    uri: target.uri,
    keyFile: input.keyFile || null,
    connectAtStart: input.connectAtStart ?? true,
    setBalloonPeriod: input.setBalloonPeriod ?? false,
  };
  if (input.trial === true && target.kind !== 'demo') services.settings.tryHost(saved);
  else if (target.kind !== 'demo') await services.settings.addHost(saved);
  addToFleet(saved, target, services);
  services.fleet.hosts.connection(saved.id).connect('person');
  return saved;
}

function savedHostOf(id: string, { settings, fleet }: Services): SavedHost {
  const saved = settings.host(id);
  if (saved !== undefined) return saved;
  const { host } = fleet.hosts.connection(id);
  const { name, uri } = host;
  return { id, name, ownName: null, uri, keyFile: null, connectAtStart: false, setBalloonPeriod: false };
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
  const name = input.name === undefined ? before.name : input.name.trim() || null;
  const saved: SavedHost = {
    id: before.id,
    name,
    // What another address calls itself is not known.
    ownName: target.uri === before.uri ? before.ownName : null,
    uri: target.uri,
    keyFile,
    connectAtStart: input.connectAtStart ?? before.connectAtStart,
    setBalloonPeriod: input.setBalloonPeriod ?? before.setBalloonPeriod,
  };
  await settings.changeHost(saved.id, changesOf(before, saved));
  if (saved.uri === before.uri && saved.keyFile === before.keyFile) {
    fleet.hosts.setName(saved.id, { given: name });
    if (saved.setBalloonPeriod !== before.setBalloonPeriod) fleet.renewFigures(saved.id);
    return saved;
  }
  // Another way to the host: what was known of the old one is not true of it.
  const wanted = fleet.hosts.connection(saved.id).host.state !== 'disconnected';
  await fleet.remove(saved.id);
  addToFleet(saved, target, services);
  if (wanted) fleet.hosts.connection(saved.id).connect('person');
  return saved;
}

/** What a person changed. The rest may be older than what another Virtlane has saved. */
function changesOf(before: SavedHost, after: SavedHost): HostChange {
  const changed = Object.entries(after).filter(([key, value]) => before[key as keyof SavedHost] !== value);
  return Object.fromEntries(changed);
}

async function openDemo(services: Services): Promise<string[]> {
  const { demo, fleet } = services;
  return (await demo.names()).map((name) => {
    const id = demoId(name);
    if (!fleet.hosts.has(id)) {
      const known = { id, name, ownName: null, keyFile: null };
      addToFleet(known, parseTarget(`demo:///${name}`), services);
    }
    fleet.hosts.connection(id).connect('person');
    return id;
  });
}

async function closeDemo({ demo, fleet }: Services): Promise<void> {
  const ids = fleet.hosts.ids().filter((id) => fleet.hosts.connection(id).host.kind === 'demo');
  await Promise.all(ids.map((id) => fleet.remove(id)));
  await demo.close();
}

function addToFleet(
  { id, name, ownName, keyFile }: Pick<SavedHost, 'id' | 'name' | 'ownName' | 'keyFile'>,
  target: HostTarget,
  { fleet, settings }: Pick<Services, 'fleet' | 'settings'>,
): void {
  fleet.hosts.add({ id, given: name, own: ownName, target, keyFile, trial: settings.isTrial(id) });
}
