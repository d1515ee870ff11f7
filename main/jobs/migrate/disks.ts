import { poolAbilities } from '../../contract/pool-abilities.ts';
import type { MigrateDisk, MigrateFix, MigrateInput } from '../../contract/migrate.ts';
import type { Pool } from '../../contract/storage.ts';
import type { SourceDisk, SourceFacts } from './source-facts.ts';
import type { SeenFile } from './same-file.ts';
import type { SeenBase, TargetFacts } from './target-facts.ts';
import { firstFree } from '../../storage/names-like.ts';
import type { MigrateFacts } from './live.ts';
import { ownCopyOf, type ProvenCopy } from './own-copies.ts';

/** A disk whose bytes go over. */
export interface CopiedDisk {
  readonly target: string;
  readonly source: string;
  readonly pool: Pool;
  readonly name: string;
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly capacityBytes: number;
  /** What it lies on there, at a path that both hosts have; null: it is copied wholly. */
  readonly base: { readonly path: string; readonly format: string } | null;
  /** What the machine left there under this name; null: the name is free. */
  readonly replaces: ProvenCopy | null;
}

export interface PlannedDisks {
  readonly copied: readonly CopiedDisk[];
  readonly shown: readonly MigrateDisk[];
  /** What stands against it, with what to do. */
  readonly problems: readonly DiskProblem[];
}

type DiskFacts = Pick<MigrateFacts, 'source' | 'target' | 'volumes' | 'ownCopies'>;

interface DiskProblem {
  readonly message: string;
  readonly remedy: string;
  readonly fix?: MigrateFix;
}

/** What becomes of each disk: one that both hosts see stays where it is, the machine's own others are copied. Pure. */
export function planDisks(
  input: Pick<MigrateInput, 'pool' | 'disks' | 'unsafe' | 'deleteSource'>,
  facts: DiskFacts,
): PlannedDisks {
  const { source, target } = facts;
  const copied: CopiedDisk[] = [];
  const shown: MigrateDisk[] = [];
  const problems: PlannedDisks['problems'][number][] = [];
  for (const disk of source.disks) {
    const { model, path, capacityBytes } = disk;
    // Drives are told of apart; a disk of a network is the same wherever it is opened.
    if (model.device === 'cdrom' || model.device === 'floppy' || model.source === null) continue;
    const from = path ?? model.source.display;
    const way = choiceOf(input, model.target)?.way ?? null;
    const seen = target.files.get(model.target) ?? 'none';
    if (way === 'share' && path !== null)
      problems.push(...shareProblems({ input, model, path, seen }, target));
    if (path === null || way === 'share' || (way === null && seen === 'same')) {
      shown.push({
        target: model.target,
        way: 'shared',
        source: from,
        path: from,
        capacityBytes: capacityBytes ?? 0,
      });
      continue;
    }
    if (way === null && seen === 'unlooked') {
      shown.push({
        target: model.target,
        way: 'either',
        source: from,
        path,
        capacityBytes: capacityBytes ?? 0,
      });
      continue;
    }
    const copy = copyOf(input, disk, { ...facts, path, taken: copied });
    if ('remedy' in copy) problems.push(copy);
    else {
      copied.push(copy);
      shown.push({
        target: model.target,
        way: 'copy',
        source: from,
        path: copy.path,
        capacityBytes: copy.capacityBytes,
      });
    }
  }
  if (copied.some(({ base }) => base === null) && copied.some(({ base }) => base !== null))
    problems.push({
      message: 'libvirt copies all disks of a machine wholly, or of all of them what was written since.',
      remedy: 'Choose the same for all disks that are copied.',
    });
  if (input.deleteSource && copied.some(({ base }) => base !== null))
    problems.push({
      message:
        'Whether what a disk lies on is the same on both hosts is not compared byte by byte: the source’s disks are not deleted then.',
      remedy: 'Keep them, or let all disks be copied wholly.',
    });
  const unknown = input.disks.filter(({ target: disk }) =>
    source.disks.every(({ model }) => model.target !== disk),
  );
  const targets = source.disks.map(({ model }) => model.target);
  const has = targets.length === 0 ? '' : `: it has ${targets.join(', ')}`;
  for (const { target: disk } of unknown)
    problems.push({
      message: `The machine has no disk ${disk}${has}.`,
      remedy: 'Leave it out.',
    });
  return { copied, shown, problems };
}

/** Pools that something of the machine may get a volume in. */
export function poolsWanted(
  input: Pick<MigrateInput, 'pool' | 'disks'>,
  at: { readonly source: Pick<SourceFacts, 'pools' | 'disks'>; readonly target: Pick<TargetFacts, 'pools'> },
): string[] {
  const wanted = at.source.disks.flatMap(({ model, path }) => {
    const { pool = null } = choiceOf(input, model.target) ?? {};
    // A CD has no choice of its own.
    const asked = path === null ? [] : [pool ?? input.pool, input.pool];
    return asked.flatMap((one) => poolFor({ pool: one }, path ?? '', at)?.uuid ?? []);
  });
  return [...new Set(wanted)];
}

function choiceOf({ disks }: Pick<MigrateInput, 'disks'>, target: string) {
  return disks.find((one) => one.target === target);
}

function shareProblems(
  of: {
    readonly input: Pick<MigrateInput, 'unsafe'>;
    readonly model: SourceDisk['model'];
    readonly path: string;
    readonly seen: SeenFile;
  },
  { host }: TargetFacts,
): DiskProblem[] {
  const { input, model, path, seen } = of;
  const what = `The disk ${model.target} (${path})`;
  if (seen === 'none' || seen === 'unlooked')
    return [
      {
        message: `${what} is not on ${host.name}${seen === 'none' ? '' : ', as far as its pool there knows'}.`,
        remedy: `Let it be copied, or have it there${seen === 'none' ? '' : ': refresh the pool'}.`,
        fix: { kind: 'disk', target: model.target, way: 'copy' },
      },
    ];
  if (seen === 'same' || input.unsafe) return [];
  return [
    {
      message: `${what} is a file of the same path on ${host.name}, and not seen to be the same one.`,
      remedy: 'Let it be copied; or, where it is the same (a replicated device), say so: --unsafe.',
      fix: { kind: 'shared', targets: [model.target] },
    },
  ];
}

interface CopyOf extends DiskFacts {
  readonly path: string;
  readonly taken: readonly CopiedDisk[];
}

function copyOf(
  input: Pick<MigrateInput, 'pool' | 'disks'>,
  { model, capacityBytes, encrypted }: SourceDisk,
  { taken, ...facts }: CopyOf,
): CopiedDisk | DiskProblem {
  const { path, source, target } = facts;
  const { name: there } = target.host;
  const what = `The disk ${model.target} (${path})`;
  const share = `Give both hosts the same storage for it.`;
  if (model.readonly || model.shareable)
    return {
      message: `${what} is ${model.readonly ? 'read-only' : 'shared with other machines'}, is not copied, and is not on ${there}.`,
      remedy: share,
    };
  if (encrypted)
    return {
      message: `${what} is encrypted by a secret of its host, and is not copied.`,
      remedy: `${share} ${there} needs the secret, too.`,
    };
  if (capacityBytes === null || capacityBytes <= 0)
    return { message: `How large ${what} is cannot be known.`, remedy: share };
  const choice = choiceOf(input, model.target);
  const pool = poolFor({ pool: choice?.pool ?? input.pool }, path, { source, target });
  if (pool === null)
    return {
      message: `${there} has no pool for ${what}: none of the same folder or name that runs and holds files.`,
      remedy: `Choose a pool of ${there}, or start one there.`,
      ...(poolsForDisks(target).length === 0 ? {} : { fix: { kind: 'pool' } }),
    };
  const folder = pool.path ?? '';
  const names = target.volumeNames.get(pool.uuid) ?? new Set<string>();
  const others = new Set(taken.filter((one) => one.pool.uuid === pool.uuid).map(({ name }) => name));
  const onBase = choice?.way === 'top';
  // What it left may be what its top is to lie on.
  const own = onBase ? null : ownCopyOf({ target: model.target, path }, pool, facts);
  const replaces = own !== null && !others.has(own.name) ? own : null;
  const name = replaces?.name ?? firstFree(fileName(path), (one) => names.has(one) || others.has(one));
  const format = model.format === 'qcow2' ? 'qcow2' : 'raw';
  const [under] = model.backing;
  const basePath = under?.source.path ?? null;
  const seenBase = basePath === null ? undefined : target.bases.get(basePath);
  if (onBase && (format !== 'qcow2' || basePath === null || seenBase === undefined))
    return {
      message:
        basePath === null
          ? `${what} lies on no other file.`
          : `${there} has no ${basePath}, which the disk ${model.target} lies on.`,
      remedy:
        'Let it be copied wholly, or have a copy of what it lies on at the same path, in a pool that runs.',
    };
  const wrong = onBase && seenBase !== undefined ? baseProblem(seenBase) : null;
  if (wrong !== null)
    return {
      message: `${basePath} of ${there}, which the disk ${model.target} would lie on, ${wrong}.`,
      remedy: 'Let it be copied wholly.',
    };
  const base = onBase && basePath !== null ? { path: basePath, format: under?.format ?? 'raw' } : null;
  return {
    target: model.target,
    source: path,
    pool,
    name,
    path: `${folder}/${name}`,
    format,
    capacityBytes,
    base,
    replaces,
  };
}

/** Why a file is no copy of what the disk lies on; null: nothing speaks against it. */
function baseProblem({ differs, writers }: SeenBase): string | null {
  if (differs === true) return 'has another format or size than that of the source';
  return writers.length === 0 ? null : `is a disk of ${writers.join(', ')}, which writes to it`;
}

/** Pools that copied disks can be in: they run, and hold files. */
export function poolsForDisks({ pools }: Pick<TargetFacts, 'pools'>): Pool[] {
  return pools.filter(
    ({ state, type, path }) =>
      state === 'running' && path !== null && poolAbilities(type).files && poolAbilities(type).makes,
  );
}

/** The pool that is asked for, else that of the same folder, else that of the same name. */
export function poolFor(
  input: Pick<MigrateInput, 'pool'>,
  path: string,
  {
    source,
    target,
  }: { readonly source: Pick<SourceFacts, 'pools'>; readonly target: Pick<TargetFacts, 'pools'> },
): Pool | null {
  const usable = poolsForDisks(target);
  if (input.pool !== null) return usable.find(({ uuid }) => uuid === input.pool) ?? null;
  const folder = path.slice(0, path.lastIndexOf('/'));
  const own = source.pools.find((pool) => pool.path === folder)?.name;
  return usable.find((pool) => pool.path === folder) ?? usable.find(({ name }) => name === own) ?? null;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
