import type { MigrateInput, MigratePlan } from '../../contract/migrate.ts';
import type { Plan, PlannedStep } from '../engine/step.ts';
import { screenSecrets, withoutPasswords } from '../create/xml.ts';
import { checkMigration } from './check.ts';
import { mended } from './check-items.ts';
import { planDisks, type CopiedDisk } from './disks.ts';
import type { SourceFacts } from './source-facts.ts';
import type { MoveParams } from './steps/move.ts';
import type { TargetFacts } from './target-facts.ts';
import { shownNetworks } from './networks.ts';
import { shownRoom } from './room.ts';
import { moveXml } from './xml.ts';

/** Volumes are made in a moment; the data takes its time. */
const MOVE_WEIGHT = 50;

export interface MigrateFacts {
  readonly source: SourceFacts;
  readonly target: TargetFacts;
  /** Both links can be a way for the data. */
  readonly canRelay: boolean;
  /** The definition with its passwords; null for a plan that is only shown, and for a machine that runs. */
  readonly definition: string | null;
  /** The volumes of its own disks, by target, where a pool of the source has them. */
  readonly volumes: ReadonlyMap<
    string,
    { readonly pool: string; readonly poolName: string; readonly name: string }
  >;
}

export interface PlannedMigration {
  readonly shown: MigratePlan;
  readonly plan: Plan;
  readonly secrets: Record<string, string>;
}

/** What moving a machine takes. Pure; nothing is changed. */
export function planMigration(input: MigrateInput, facts: MigrateFacts): PlannedMigration {
  const { source, target } = facts;
  const offline = source.state === 'shutoff';
  const disks = planDisks(input, source, target);
  const via = offline ? 'none' : viaOf(input, facts);
  const items = checkMigration({ input, source, target, disks, offline, via }).map((item) =>
    item.id === 'route' && facts.canRelay ? mended(item, { kind: 'way', via: 'relay' }) : item,
  );
  if (!offline && input.via === 'relay' && !facts.canRelay)
    items.push({
      id: 'route',
      level: 'stop',
      message:
        'The data cannot go through this computer: one of the hosts is connected by neither SSH nor a socket of this computer.',
      remedy: 'Connect both by SSH, or let the data go from host to host.',
      fix: { kind: 'way', via: 'direct' },
    });
  const secrets: Record<string, string> = {};
  const steps = offline
    ? offlineSteps(input, facts, secrets)
    : liveSteps(input, facts, { copied: disks.copied, relayed: via === 'relay' });
  const { name } = source.model;
  return {
    shown: {
      kind: offline ? 'offline' : 'live',
      via,
      items,
      disks: [...disks.shown],
      steps: steps.map(({ title }) => title),
      networks: shownNetworks(input, source, target),
      ...shownRoom({ source, target, disks, offline }),
    },
    plan: {
      kind: 'migrate',
      name,
      uuid: source.uuidOfMachine,
      hosts: [source.host, target.host],
      steps,
      secrets: Object.keys(secrets),
      failed: `${name} was not migrated to ${target.host.name}.`,
    },
    secrets,
  };
}

function viaOf({ via }: MigrateInput, { canRelay }: MigrateFacts): 'direct' | 'relay' {
  // Whether the hosts reach each other cannot be asked; through this computer it works everywhere.
  return via === 'direct' || (via === 'auto' && !canRelay) ? 'direct' : 'relay';
}

function liveSteps(
  input: MigrateInput,
  facts: MigrateFacts,
  { copied, relayed }: { copied: readonly CopiedDisk[]; relayed: boolean },
): PlannedStep[] {
  const { source, target } = facts;
  const { name } = source.model;
  const params: MoveParams = {
    ...ends(facts),
    persistent: source.persistent,
    disks: copied.map(({ target: disk, path, format }) => ({ target: disk, path, format })),
    networks: input.networks,
    relayed,
    address: input.address,
    bandwidthMiBs: input.bandwidthMiBs,
    downtimeMs: input.downtimeMs,
    autoConverge: input.autoConverge,
    unsafe: input.unsafe,
    diskBytes: copied.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0),
    memoryBytes: source.model.memoryKiB * 1024,
  };
  return [
    ...copied.map((disk, index) => volumeStep(disk, index, target.host.id)),
    {
      id: 'move',
      kind: 'migrate.move',
      host: source.host.id,
      title: `Move ${name} to ${target.host.name}`,
      params,
      weight: MOVE_WEIGHT,
      final: true,
    },
    ...autostart(facts),
    ...(input.deleteSource ? deletions(facts, copied) : []),
  ];
}

function ends({ source, target }: MigrateFacts) {
  return {
    host: source.host.id,
    hostName: source.host.name,
    to: target.host.id,
    toName: target.host.name,
    uuid: source.uuidOfMachine,
    name: source.model.name,
  };
}

/** Made beforehand, since libvirt itself would fill it all at once; exactly as large, since QEMU copies to nothing else. */
function volumeStep(
  { pool, name, format, capacityBytes }: CopiedDisk,
  index: number,
  host: string,
): PlannedStep {
  return {
    id: `volume-${index + 1}`,
    kind: 'volume.create',
    host,
    title: `Create ${name} in ${pool.name}`,
    params: {
      host,
      pool: pool.uuid,
      poolName: pool.name,
      name,
      capacityBytes,
      format,
      preallocation: 'none',
      backing: null,
      secretUuid: null,
      machine: null,
    },
  };
}

/** The flag is its host's, and no part of a definition. */
function autostart({ source, target }: MigrateFacts): PlannedStep[] {
  if (!source.autostart) return [];
  const { name } = source.model;
  const params = { host: target.host.id, name, uuid: source.uuidOfMachine };
  const title = `Let ${name} start with ${target.host.name}`;
  return [{ id: 'autostart', kind: 'create.autostart', host: target.host.id, title, params, optional: true }];
}

function deletions({ source, volumes }: MigrateFacts, copied: readonly CopiedDisk[]): PlannedStep[] {
  const host = source.host.id;
  return copied.flatMap(({ target: disk }, index) => {
    const volume = volumes.get(disk);
    if (volume === undefined) return [];
    return [
      {
        id: `delete-${index + 1}`,
        kind: 'volume.delete',
        host,
        title: `Delete ${volume.name} on ${source.host.name}`,
        params: { host, ...volume, accepted: [] },
        optional: true,
      },
    ];
  });
}

function offlineSteps(
  input: MigrateInput,
  facts: MigrateFacts,
  secrets: Record<string, string>,
): PlannedStep[] {
  const { source, target, definition } = facts;
  const { name } = source.model;
  const moved = definition === null ? '' : moveXml(definition, { disks: [], networks: input.networks });
  const bare = withoutPasswords(moved);
  const passwords = screenSecrets(
    1,
    bare.screens.map(({ password }) => password),
    secrets,
  );
  const at = { host: target.host.id, name, uuid: source.uuidOfMachine };
  const { host, hostName, uuid } = ends(facts);
  return [
    {
      id: 'define',
      kind: 'create.define',
      host: target.host.id,
      title: `Define ${name} on ${target.host.name}`,
      params: { ...at, xml: bare.xml, passwords },
    },
    {
      id: 'undefine',
      kind: 'migrate.undefine',
      host,
      title: `Take ${name} out of the list of ${source.host.name}`,
      params: { host, hostName, uuid, name },
      final: true,
    },
    ...autostart(facts),
  ];
}
