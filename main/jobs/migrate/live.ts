import { migrateManner, type MigrateInput } from '../../contract/migrate.ts';
import type { SourceVolume } from '../clone/facts.ts';
import { isCdMadeFor } from '../create/names.ts';
import type { PlannedStep } from '../engine/step.ts';
import type { CopiedDisk } from './disks.ts';
import { mediaSteps, movedMedia, type CarriedCd } from './media.ts';
import { replaceSteps, type ProvenCopy } from './own-copies.ts';
import { peerUriOf } from './rules.ts';
import type { SourceFacts } from './source-facts.ts';
import type { MoveParams } from './steps/move-params.ts';
import type { TargetFacts } from './target-facts.ts';

/** Volumes are made in a moment; the data takes its time. */
const MOVE_WEIGHT = 50;

export interface MigrateFacts {
  readonly source: SourceFacts;
  readonly target: TargetFacts;
  /** The job that copies it now, by the name of what it makes; null: there is none. */
  readonly copiedTo: string | null;
  /** Both links can be a way for the data. */
  readonly canRelay: boolean;
  /** The definition with its passwords; null for a plan that is only shown, and for a machine that runs. */
  readonly definition: string | null;
  /** The volumes of its own disks, and of CDs that were made for it, by target; null: no pool of the source that is started has it. */
  readonly volumes: ReadonlyMap<string, SourceVolume | null>;
  /** What it left on the target once, and is proven to be that, by disk. */
  readonly ownCopies: ReadonlyMap<string, ProvenCopy>;
  /** Of the pools that are there for the time of the job: nobody else has it. */
  readonly folderUuid: string;
}

/** What of its volumes goes over. */
export interface Goods {
  readonly copied: readonly CopiedDisk[];
  readonly media: readonly CarriedCd[];
}

/** A machine that runs, or is paused: volumes for what is copied, and the move. Pure. */
export function liveSteps(
  input: MigrateInput,
  facts: MigrateFacts,
  { copied, media, relayed, fallsBack }: Goods & { readonly relayed: boolean; readonly fallsBack: boolean },
): PlannedStep[] {
  const { source, target } = facts;
  const { name } = source.model;
  const params: MoveParams = {
    ...endsOf(facts),
    persistent: source.persistent,
    disks: copied.map(({ target: disk, path, format }) => ({ target: disk, path, format })),
    media: movedMedia(media, facts),
    copies: copied.length === 0 ? 'none' : copied.every(({ base }) => base === null) ? 'whole' : 'top',
    networks: input.networks,
    relayed,
    fallsBack,
    address: input.address,
    bandwidthMiBs: input.bandwidthMiBs,
    downtimeMs: input.downtimeMs,
    autoConverge: input.autoConverge,
    unsafe: input.unsafe,
    manner: {
      ...migrateManner.parse(input),
      peerUri: input.drive === 'app' ? null : peerUriOf(input, target),
    },
    diskBytes: copied.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0),
    memoryBytes: source.model.memoryKiB * 1024,
  };
  return [
    ...replaceSteps([...copied, ...media], facts),
    ...mediaSteps(media, facts),
    ...copied.map((disk, index) => volumeStep(disk, index, target.host.id)),
    ...autostartOffSteps(facts),
    {
      id: 'move',
      kind: 'migrate.move',
      host: source.host.id,
      title: `Move ${name} to ${target.host.name}`,
      params,
      weight: MOVE_WEIGHT,
      final: true,
    },
    ...autostartSteps(input, facts),
    ...(input.deleteSource ? deletionSteps(facts, [...copied, ...media]) : []),
  ];
}

export function endsOf({ source, target }: MigrateFacts) {
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
  { pool, name, format, capacityBytes, base }: CopiedDisk,
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
      backing: base,
      secretUuid: null,
      machine: null,
    },
  };
}

/** From before the switch on: a definition that is there afterwards, whatever happens, starts no second copy with its host. */
export function autostartOffSteps({ source }: MigrateFacts): PlannedStep[] {
  if (!source.autostart) return [];
  const { id: host, name: hostName } = source.host;
  const { name } = source.model;
  const params = { host, hostName, name, uuid: source.uuidOfMachine };
  const title = `Keep ${name} from starting with ${hostName}`;
  return [{ id: 'autostart-off', kind: 'migrate.autostartOff', host, title, params }];
}

/** The flag is its host's, and no part of a definition. */
export function autostartSteps(
  input: Pick<MigrateInput, 'name'>,
  { source, target }: MigrateFacts,
): PlannedStep[] {
  if (!source.autostart) return [];
  const name = input.name ?? source.model.name;
  const params = { host: target.host.id, name, uuid: source.uuidOfMachine };
  const title = `Let ${name} start with ${target.host.name}`;
  return [{ id: 'autostart', kind: 'create.autostart', host: target.host.id, title, params, optional: true }];
}

/** Nobody else misses it at the source. */
export function isOwn(one: CopiedDisk | CarriedCd, { source }: Pick<MigrateFacts, 'source'>): boolean {
  return typeof one.source === 'string' || isCdMadeFor(source.model.name, one.source.name);
}

/** The source's own, once the target has the machine. */
export function deletionSteps(facts: MigrateFacts, gone: readonly (CopiedDisk | CarriedCd)[]): PlannedStep[] {
  const { source, volumes } = facts;
  const host = source.host.id;
  const own = gone.filter((one) => isOwn(one, facts));
  return own.flatMap(({ target: disk, source: from }, index) => {
    const { pool, name } = volumes.get(disk) ?? {};
    if (pool === undefined || name === undefined) return [];
    const poolName = source.pools.find(({ uuid }) => uuid === pool)?.name ?? pool;
    return [
      {
        id: `delete-${index + 1}`,
        kind: 'volume.delete',
        host,
        title: `Delete ${name} on ${source.host.name}`,
        params: {
          host,
          pool,
          poolName,
          name,
          accepted: [],
          // To a CD nobody writes: what was sent is what is there.
          ...(typeof from === 'string' ? {} : { changed: from.changed }),
        },
        optional: true,
      },
    ];
  });
}
