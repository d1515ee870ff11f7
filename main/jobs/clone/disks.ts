import type { DiskModel } from '../../../drivers/libvirt/model/index.ts';
import type { CloneDisk, CloneInput, CloneWay } from '../../contract/clone.ts';
import type { CreateProblem } from '../../contract/create.ts';
import type { Pool } from '../../contract/storage.ts';
import { hasFormats, pathIn, type NewVolume } from '../create/disks.ts';
import { choiceOf, isDrive, poolOf } from './choices.ts';
import { copyOf } from './copy-by.ts';
import { diskProblems, sharedProblem } from './disk-problems.ts';
import type { CloneFacts, SourceVolume } from './facts.ts';
import { journeyOf, noWayProblem, type Journey } from './journey.ts';

/** What a disk of a new machine is in its XML. */
export interface NewDisk {
  readonly target: string;
  readonly type: 'file' | 'block';
  readonly path: string;
  readonly format: string;
}

export interface ClonedDisks {
  readonly disks: readonly NewDisk[];
  /** Of drives with nothing in them. */
  readonly emptied: readonly string[];
  /** Of disks that are left out. */
  readonly omitted: readonly string[];
  readonly volumes: readonly NewVolume[];
  readonly chosen: readonly ChosenDisk[];
  readonly problems: readonly CreateProblem[];
}

/** What becomes of a disk. */
export interface ChosenDisk {
  readonly target: string;
  readonly way: CloneWay;
  readonly made: NewVolume | null;
  /** How its bytes come from another host; null: the host has them. */
  readonly journey: Journey | null;
  /** The volume that gets its bytes while the machine runs, on its own host; null: none does. */
  readonly live: NewVolume | null;
}

/** A machine that is made. */
export interface NewMachine {
  readonly name: string;
  /** Of the first one, which the others are copied from, where the machine runs or is on another host; null: it is the first itself. */
  readonly first: ClonedDisks | null;
}

/** The disks of one new machine. Pure. */
export function planDisks(input: CloneInput, facts: CloneFacts, machine: NewMachine): ClonedDisks {
  const disks: NewDisk[] = [];
  const volumes: NewVolume[] = [];
  const problems: CreateProblem[] = [];
  const chosen = facts.model.disks.map((disk): ChosenDisk => {
    const choice = choiceOf(input, disk, facts);
    const { target, way } = choice;
    const found = planDisk({ input, facts, machine, index: volumes.length }, disk, choice);
    problems.push(
      ...found.problems.map(({ field, message }) => ({ field: `disks.${target}${field}`, message })),
    );
    if (found.volume === null) return { target, way, made: null, journey: null, live: null };
    const { volume, pool, journey } = found;
    volumes.push(volume);
    disks.push({
      target,
      type: hasFormats(pool) ? 'file' : 'block',
      path: pathIn(pool, volume.name),
      format: volume.format ?? 'raw',
    });
    const isLive = facts.running && way === 'copy' && machine.first === null;
    return { target, way, made: volume, journey, live: isLive ? (journey?.temporary ?? volume) : null };
  });
  const none = (way: CloneWay): string[] =>
    chosen.filter((one) => one.way === way && one.made === null).map(({ target }) => target);
  return { disks, emptied: none('empty'), omitted: none('omit'), volumes, chosen, problems };
}

interface At {
  readonly input: CloneInput;
  readonly facts: CloneFacts;
  readonly machine: NewMachine;
  /** Among the machine's new disks, from 0. */
  readonly index: number;
}

/** A problem's field is what follows the disk's. */
type PlannedDisk = { readonly problems: readonly CreateProblem[] } & (
  | { readonly volume: NewVolume; readonly pool: Pool; readonly journey: Journey | null }
  | { readonly volume: null }
);

function planDisk(at: At, disk: DiskModel, choice: CloneDisk): PlannedDisk {
  const { input, facts, machine, index } = at;
  const refuse = (message: string, field = ''): PlannedDisk => ({
    volume: null,
    problems: [{ field, message }],
  });
  const { way } = choice;
  if (way === 'omit') return { volume: null, problems: [] };
  if (way === 'share') {
    const problem = sharedProblem(disk, facts);
    return problem === null ? { volume: null, problems: [] } : refuse(problem);
  }
  if (way === 'empty' && isDrive(disk)) return { volume: null, problems: [] };
  const source = facts.volumes.get(disk.target) ?? null;
  if (source === null)
    return refuse(`The disk ${disk.target} is no volume of a pool that is started: it cannot be copied.`);
  const pool = poolOf(choice, source, facts);
  if (pool === undefined) return refuse(`${facts.host.name} has no such pool.`, '.pool');
  const made = newVolume(at, { source, pool, choice });
  const problems = diskProblems({ input, facts, index, disk, source, pool, way, made });
  if (way !== 'copy' || facts.elsewhere === null || machine.first !== null)
    return { volume: made, pool, journey: null, problems };
  const journey = journeyOf(
    { target: disk.target, source, made, copiedFrom: copyOf(input, source, facts) },
    facts,
  );
  return journey === null
    ? refuse(noWayProblem(disk.target, facts))
    : { volume: made, pool, journey, problems };
}

interface Chosen {
  readonly source: SourceVolume;
  readonly pool: Pool;
  readonly choice: CloneDisk;
}

function newVolume({ input, facts, machine, index }: At, { source, pool, choice }: Chosen): NewVolume {
  const { way, target } = choice;
  const { name } = machine;
  const kept = source.format === 'raw' && !(facts.running && way === 'copy') ? 'raw' : 'qcow2';
  const format = !hasFormats(pool) ? null : way === 'link' ? 'qcow2' : (choice.format ?? kept);
  return {
    host: facts.host.id,
    pool: pool.uuid,
    poolName: pool.name,
    name: `${name}${index === 0 ? '' : `-${index + 1}`}.${format === 'qcow2' ? 'qcow2' : 'img'}`,
    // While it runs, the machine knows best how large its disk is.
    capacityBytes: Math.max(
      facts.live?.disks.get(target) ?? source.capacityBytes,
      index === 0 ? (input.sizeBytes ?? 0) : 0,
    ),
    format,
    preallocation: 'none',
    from: fromOf({ input, facts, machine }, { source, way, target }),
  };
}

/** What it is made from on its host; null: it is empty, or filled by a backup, or its bytes come from another host. */
function fromOf(
  { input, facts, machine: { first } }: Pick<At, 'input' | 'facts' | 'machine'>,
  { source, way, target }: { source: SourceVolume; way: CloneWay; target: string },
): NewVolume['from'] {
  if (way === 'empty') return null;
  const { pool, name } = source;
  if (way === 'link') return { pool, name, how: 'overlay' };
  const made = first?.chosen.find((one) => one.target === target)?.made ?? null;
  if (made !== null) return { pool: made.pool, name: made.name, how: 'copy' };
  return facts.elsewhere === null ? copyOf(input, source, facts) : null;
}
