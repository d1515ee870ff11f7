import type { DiskModel } from '../../../drivers/libvirt/model/index.ts';
import type { CloneDisk, CloneInput, CloneWay } from '../../contract/clone.ts';
import type { CreateProblem } from '../../contract/create.ts';
import type { Pool } from '../../contract/storage.ts';
import { hasFormats, makesVolumes, type NewVolume } from '../create/disks.ts';
import { isOwnDisk, type CloneFacts, type SourceVolume } from './facts.ts';

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
  /** The new volume is empty, and filled while the machine runs. */
  readonly live: boolean;
}

/** A machine that is made. */
export interface NewMachine {
  readonly name: string;
  /** Of the first one of a machine that runs, which the others are copied from; null: it is the first itself. */
  readonly first: ClonedDisks | null;
}

/** What lies on it needs a path that QEMU opens with the same format again. */
export function isLinkable({ format, encrypted }: SourceVolume): boolean {
  return !encrypted && (format === 'qcow2' || format === 'raw');
}

/** What can become of a disk. */
export function waysOf(disk: DiskModel, { volumes }: CloneFacts): CloneWay[] {
  const volume = volumes.get(disk.target) ?? null;
  const ways: CloneWay[] = [];
  if (volume !== null && !volume.encrypted) ways.push('copy');
  if (volume !== null && isLinkable(volume) && isOwnDisk(disk)) ways.push('link');
  if (!isOwnDisk(disk)) ways.push('share');
  if (disk.device !== 'disk' || volume !== null) ways.push('empty');
  return [...ways, 'omit'];
}

/** What becomes of a disk of which nothing is said: its own are copied, installers and what several may use stay. */
export function usualWay(disk: DiskModel): CloneWay {
  return isOwnDisk(disk) && disk.source !== null ? 'copy' : 'share';
}

/** What is said of a disk, or suits it. */
export function choiceOf({ disks }: Pick<CloneInput, 'disks'>, disk: DiskModel): CloneDisk {
  const said = disks.find(({ target }) => target === disk.target);
  return said ?? { target: disk.target, way: usualWay(disk), pool: null, format: null };
}

/** The disks of one new machine. Pure. */
export function planDisks(input: CloneInput, facts: CloneFacts, machine: NewMachine): ClonedDisks {
  const disks: NewDisk[] = [];
  const volumes: NewVolume[] = [];
  const problems: CreateProblem[] = [];
  const chosen = facts.model.disks.map((disk): ChosenDisk => {
    const choice = choiceOf(input, disk);
    const found = planDisk({ input, facts, machine, index: volumes.length }, disk, choice);
    problems.push(
      ...found.problems.map(({ field, message }) => ({ field: `disks.${disk.target}${field}`, message })),
    );
    if (found.volume === null) return { target: disk.target, way: choice.way, made: null, live: false };
    const { volume, pool } = found;
    volumes.push(volume);
    disks.push({
      target: disk.target,
      type: hasFormats(pool) ? 'file' : 'block',
      path: `${(pool.path ?? '').replace(/\/$/, '')}/${volume.name}`,
      format: volume.format ?? 'raw',
    });
    const live = facts.running && choice.way === 'copy' && machine.first === null;
    return { target: disk.target, way: choice.way, made: volume, live };
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
  { readonly volume: NewVolume; readonly pool: Pool } | { readonly volume: null }
);

function planDisk(at: At, disk: DiskModel, choice: CloneDisk): PlannedDisk {
  const { facts } = at;
  const refuse = (message: string, field = ''): PlannedDisk => ({
    volume: null,
    problems: [{ field, message }],
  });
  const { way } = choice;
  if (way === 'omit') return { volume: null, problems: [] };
  if (way === 'share')
    return isOwnDisk(disk) && disk.source !== null
      ? refuse(
          `The disk ${disk.target} is ${facts.model.name}’s alone: two machines that write to it destroy what is on it. Copy it, or mark it as shareable first.`,
        )
      : { volume: null, problems: [] };
  if (way === 'empty' && disk.device !== 'disk') return { volume: null, problems: [] };
  const source = facts.volumes.get(disk.target) ?? null;
  if (source === null)
    return refuse(`The disk ${disk.target} is no volume of a pool that is started: it cannot be copied.`);
  const pool = facts.pools.find(({ uuid }) => uuid === (choice.pool ?? source.pool));
  if (pool === undefined) return refuse('The host has no such pool.', '.pool');
  const volume = newVolume(at, { source, pool, choice });
  return { volume, pool, problems: problemsOf(volume, at, { disk, source, pool, way }) };
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
    from: fromOf(facts, machine, { source, way, target }),
  };
}

/** What it is made from; null: it is empty, or filled while the machine runs. */
function fromOf(
  { running }: CloneFacts,
  { first }: NewMachine,
  { source, way, target }: { source: SourceVolume; way: CloneWay; target: string },
): NewVolume['from'] {
  if (way === 'empty') return null;
  const { pool, name } = source;
  if (way === 'link') return { pool, name, how: 'overlay' };
  if (!running) return { pool, name, how: 'copy' };
  const made = first?.chosen.find((one) => one.target === target)?.made ?? null;
  return made === null ? null : { pool: made.pool, name: made.name, how: 'copy' };
}

interface Judged {
  readonly disk: DiskModel;
  readonly source: SourceVolume;
  readonly pool: Pool;
  readonly way: CloneWay;
}

function problemsOf(made: NewVolume, at: At, { disk, source, pool, way }: Judged): CreateProblem[] {
  const { input, facts, index } = at;
  const { target } = disk;
  const found: CreateProblem[] = [];
  const problem = (field: string, message: string): void => void found.push({ field, message });
  const { sizeBytes } = input;
  if (facts.live !== null && way === 'copy') {
    if ((facts.live.disks.get(target) ?? null) === null)
      problem(
        '',
        `${facts.model.name} runs without the disk ${target}: shut it down first, or leave the disk out.`,
      );
    if (!hasFormats(pool))
      problem(
        '.pool',
        `Into the pool ${pool.name} no disk of a machine that runs can be copied: choose a pool of files, or shut it down first.`,
      );
    if (index === 0 && sizeBytes !== null)
      problem('.size', 'While the machine runs, its disk cannot be made larger in the copy.');
  }
  if (facts.running && way === 'link')
    problem(
      '',
      `${facts.model.name} runs: no disk can lie on ${target} while it is written to. Copy it, or shut the machine down first.`,
    );
  if (source.encrypted && way !== 'empty')
    problem('', `The disk ${target} is encrypted: what would be made of it would not be.`);
  else if (way === 'link' && !isLinkable(source))
    problem('', `No disk can lie on ${target}, which is ${source.format}: copy it.`);
  if (way === 'link' && !hasFormats(pool))
    problem(
      '.pool',
      `In the pool ${pool.name} no disk can lie on another one: copy it, or choose a pool of files.`,
    );
  if (way === 'link' && !facts.running && !facts.isTemplate && !input.keepAsTemplate)
    problem(
      '',
      `A disk that lies on ${target} is damaged when ${facts.model.name} is started again: copy it, or keep ${facts.model.name} as a template.`,
    );
  if (pool.state !== 'running' && pool.state !== 'degraded')
    problem('.pool', `The pool ${pool.name} is not started.`);
  else if (!makesVolumes(pool))
    problem('.pool', `In a pool of the type ${pool.type} a disk cannot be made here.`);
  else if (facts.volumeNames.get(pool.uuid)?.has(made.name) === true)
    problem('.name', `The pool ${pool.name} has a volume ${made.name} already.`);
  else if (index === 0 && sizeBytes !== null && sizeBytes < source.capacityBytes)
    problem('.size', `The disk cannot be smaller than that of ${facts.model.name}.`);
  return found;
}
