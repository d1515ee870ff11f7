import type { CloneInput } from '../../contract/clone.ts';
import type { CreateProblem } from '../../contract/create.ts';
import type { Pool } from '../../contract/storage.ts';
import { hasFormats, pathIn } from '../create/disks.ts';
import type { PlannedStep } from '../engine/step.ts';
import { isStarted } from './choices.ts';
import { copiesOf, copyByOf, unevenDisk } from './copy-by.ts';
import type { ClonedDisks } from './disks.ts';
import type { CloneFacts } from './facts.ts';
import { consistencyOf } from './judge.ts';
import { meanwhileName } from './steps/meanwhile-file.ts';

/** Kinds of the steps that end the instant. */
export const BACKUP = 'clone.backup';
export const REJOIN = 'clone.rejoin';
/** The id of the step that copies by a backup. */
export const BACKUP_ID = 'backup';

interface Of {
  readonly input: CloneInput;
  readonly facts: CloneFacts;
  readonly disks: ClonedDisks;
  /** Nobody else knows it. */
  readonly token: string;
}

/** The steps around those that copy disks of a machine that runs, as they are in one instant. */
export function instantSteps(of: Of): { before: PlannedStep[]; after: PlannedStep[] } {
  const { input, facts } = of;
  const by = copyByOf(input, facts);
  if (by === null) return { before: [], after: [] };
  return by === 'backup' ? { before: [], after: backupSteps(of) } : snapshotSteps(of);
}

/** Fills the disks that are there, all at one instant. */
function backupSteps({ input, facts, disks }: Of): PlannedStep[] {
  const { model, source, sourcePools } = facts;
  const filled = disks.chosen.flatMap(({ target, live: volume }) => {
    const pool = sourcePools.find(({ uuid }) => uuid === volume?.pool);
    if (volume === null || pool === undefined) return [];
    return [
      { disk: target, pool: pool.uuid, path: pathIn(pool, volume.name), format: volume.format ?? 'raw' },
    ];
  });
  if (filled.length === 0) return [];
  const targets = filled.map(({ disk }) => disk);
  const params = { ...instantOf(input, facts), disks: filled, others: othersThan(targets, facts) };
  const title = `Copy ${targets.join(', ')} of ${model.name} while it runs`;
  return [{ id: BACKUP_ID, kind: BACKUP, host: source.id, title, params, weight: 20 * filled.length }];
}

/** Lets the machine write beside its disks, and back. */
function snapshotSteps({ input, facts, disks, token }: Of): { before: PlannedStep[]; after: PlannedStep[] } {
  const { model, source, volumes } = facts;
  const diverted = disks.chosen.flatMap(({ target, live }) => {
    const disk = volumes.get(target) ?? null;
    const pool = overlayPool(facts, disk?.pool ?? null);
    if (live === null || disk === null || pool === undefined) return [];
    const volume = meanwhileName(model.name, target, token);
    return [
      {
        disk: target,
        base: disk.path,
        pool: pool.uuid,
        poolName: pool.name,
        volume,
        path: pathIn(pool, volume),
      },
    ];
  });
  if (diverted.length === 0) return { before: [], after: [] };
  const targets = diverted.map(({ disk }) => disk);
  const named = targets.join(', ');
  const instant = instantOf(input, facts);
  const { host, uuid, name } = instant;
  return {
    before: [
      {
        id: 'snapshot',
        kind: 'clone.snapshot',
        host,
        title: `Let ${name} write beside ${named} for the time of the copy`,
        params: { ...instant, disks: diverted, others: othersThan(targets, facts) },
      },
    ],
    after: [
      {
        id: 'rejoin',
        kind: REJOIN,
        host: source.id,
        title: `Merge what ${name} wrote meanwhile into ${named}`,
        params: { host, uuid, name, disks: diverted },
        weight: 5,
      },
    ],
  };
}

/** What stands against copying disks of a machine that runs. */
export function liveProblems(input: CloneInput, facts: CloneFacts, disks: ClonedDisks): CreateProblem[] {
  const by = copyByOf(input, facts);
  const { model, source, volumes } = facts;
  const found: CreateProblem[] = [];
  if (by !== null && facts.copiedTo !== null)
    found.push({
      field: 'machine',
      message: `${model.name} is being copied to ${facts.copiedTo}: when that is done, clone it again.`,
    });
  if (by === 'backup' && !copiesOf(facts).includes('backup'))
    found.push({
      field: 'copyBy',
      message: `${source.name} has no backups of machines that run (QEMU from 4.2 on has): copy by a snapshot, or shut ${model.name} down first.`,
    });
  const uneven = by === 'backup' ? unevenDisk(input, facts) : null;
  if (uneven !== null)
    found.push({
      field: 'copyBy',
      message: `The size of ${uneven} is no whole number of KiB, as that of a volume is, and a backup needs a volume of the same size: copy by a snapshot, or shut ${model.name} down first.`,
    });
  if (by !== 'snapshot') return found;
  for (const { target, live } of disks.chosen)
    if (live !== null && overlayPool(facts, volumes.get(target)?.pool ?? null) === undefined)
      found.push({
        field: 'copyBy',
        message: `While ${target} is copied by a snapshot, ${model.name} writes into a file beside it: ${source.name} has no pool of files that is started.`,
      });
  return found;
}

/** What a person should know of it. */
export function liveWarnings(input: CloneInput, facts: CloneFacts, disks: ClonedDisks): string[] {
  const { model, source, volumes } = facts;
  if (copyByOf(input, facts) !== 'snapshot') return [];
  const pools = disks.chosen.flatMap(({ target, live }) =>
    live === null ? [] : (overlayPool(facts, volumes.get(target)?.pool ?? null)?.name ?? []),
  );
  return [...new Set(pools)].map(
    (pool) =>
      `What ${model.name} writes while it is copied takes room in the pool ${pool} of ${source.name}, until it is merged into its disks.`,
  );
}

/** Where a machine writes meanwhile: beside the disk, where files can be. */
function overlayPool({ sourcePools }: CloneFacts, beside: string | null): Pool | undefined {
  const good = sourcePools.filter((pool) => hasFormats(pool) && isStarted(pool));
  return good.find(({ uuid }) => uuid === beside) ?? good[0];
}

function instantOf(input: CloneInput, facts: CloneFacts) {
  const { model, source } = facts;
  return {
    host: source.id,
    uuid: model.uuid,
    name: model.name,
    freeze: consistencyOf(input, facts) === 'frozen',
  };
}

function othersThan(targets: readonly string[], { live }: CloneFacts): string[] {
  return [...(live?.disks.keys() ?? [])].filter((target) => !targets.includes(target));
}
