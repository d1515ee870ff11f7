import { normalize } from 'node:path/posix';
import type { BuildDisk, BuildSource } from '../../../drivers/libvirt/model/domain-build.ts';
import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import type { DiskSpec } from '../../contract/machine-spec.ts';
import { plainDisk } from '../../contract/plain-disk.ts';
import { poolAbilities } from '../../contract/pool-abilities.ts';
import type { Pool } from '../../contract/storage.ts';
import { claimProblem } from '../../storage/volume-image.ts';
import { aboveProblem } from './above.ts';
import { driversOf } from './drivers.ts';
import { answersInInitrd, unattendedOf } from './answers.ts';
import { imageDiskOf, type VolumeImageDisk } from './image-places.ts';
import { diskNamed } from '../p2v/saved-machine.ts';
import { volumeKey, type CreateFacts, type VolumeAsked, type VolumeFacts } from './facts.ts';
import { imagePlace, isoPlace, sourceMedium } from './media.ts';
import { ANSWERS_ENDING, MAX_FILE_NAME_BYTES, nameProblem, numbered, SEED_ENDING } from './names.ts';
import type { VolumeParams } from '../../storage/steps/volume-calls.ts';

/** Pools in which libvirt makes volumes, whose path is the pool's and their name. */
const MAKING_POOLS: ReadonlySet<string> = new Set(['dir', 'fs', 'netfs', 'vstorage', 'logical', 'zfs']);

export function hasFormats(pool: Pool): boolean {
  return poolAbilities(pool.type).files;
}

export function makesVolumes(pool: Pool): boolean {
  return MAKING_POOLS.has(pool.type) && pool.path !== null;
}

/** A volume to be made: empty, over another one, or as a copy of it. */
export interface NewVolume extends VolumeParams {
  /** Of an overlay or a copy at least as large as what it is made from. */
  readonly capacityBytes: number;
  /** Null where the pool knows no formats. */
  readonly format: 'raw' | 'qcow2' | null;
  readonly preallocation: 'none' | 'metadata' | 'full';
  /** The saved disk that it is filled with; left out: none. */
  readonly image?: VolumeImageDisk;
  /** The volume that it lies on, or is a copy of. It may be made by an earlier step. */
  readonly from:
    | (VolumeAsked & {
        readonly how: 'overlay' | 'copy';
        /** As what a machine has it that writes into a file over it when it is copied. */
        readonly claim?: { readonly machine: string; readonly format: string };
      })
    | null;
}

export interface MachineDisks {
  readonly disks: readonly BuildDisk[];
  /** Volumes to be made for this machine. */
  readonly volumes: readonly NewVolume[];
  /** The CD of what the first boot or the installer reads; null: none is wanted. */
  readonly seed: VolumeAsked | null;
  readonly problems: readonly CreateProblem[];
}

/** All of its room is taken when it is made. */
export function takesAll({ preallocation, format }: NewVolume): boolean {
  return preallocation === 'full' || format === null;
}

interface Machine {
  readonly name: string;
  /** From 1. */
  readonly number: number;
}

interface Made {
  readonly disk: BuildDisk;
  readonly volume: NewVolume | null;
  readonly problem: string | null;
}

/** The disks of one machine: those of the spec, what the source fills, and the drives that it adds. */
export function planDisks(input: CreateInput, facts: CreateFacts, machine: Machine): MachineDisks {
  const problems: CreateProblem[] = [];
  const volumes: NewVolume[] = [];
  const disks = withDrive(input).map((spec, index): BuildDisk => {
    const made = planDisk({ input, facts, machine, index }, spec);
    if (made.volume !== null) volumes.push(made.volume);
    if (made.problem !== null) problems.push({ field: `spec.disks.${index}.source`, message: made.problem });
    return made.disk;
  });
  const seed = seedPlace(input, facts, machine);
  // On the bus of the installer's drive, which it can read; Windows has no drivers for virtio's yet.
  const all = withDrive(input);
  const bus = all[mediumDrive(all)]?.bus ?? driveBus(input.spec);
  for (const place of addedCds(input, seed)) disks.push({ ...drive(bus), source: placed(facts, place) });
  return { disks, volumes, seed, problems };
}

/** Beside the installer: the answers to it, and the drivers that it needs. */
function addedCds(input: CreateInput, answers: VolumeAsked | null): VolumeAsked[] {
  const drivers = driversOf(input)?.place ?? null;
  return [
    ...(unattendedOf(input) === null || answers === null ? [] : [answers]),
    ...(drivers === null || hasDrive(input, drivers) ? [] : [drivers]),
  ];
}

function hasDrive({ spec }: CreateInput, place: VolumeAsked): boolean {
  return spec.disks.some(({ source }) => source.kind === 'volume' && volumeKey(source) === volumeKey(place));
}

/** An ISO and a seed need a drive: where the spec has none that is empty, one is added. */
function withDrive({ source, spec }: CreateInput): readonly DiskSpec[] {
  const needs = source.kind === 'iso' || (source.kind === 'cloudImage' && source.cloudInit !== null);
  if (!needs || mediumDrive(spec.disks) !== -1) return spec.disks;
  return [...spec.disks, drive(driveBus(spec))];
}

function mediumDrive(disks: readonly DiskSpec[]): number {
  return disks.findIndex(({ device, source }) => device === 'cdrom' && source.kind === 'empty');
}

/** Kernels of cloud images may know no drives but virtio's. */
function driveBus({ machine, disks }: CreateInput['spec']): DiskSpec['bus'] {
  if (disks.some(({ bus }) => bus === 'virtio' || bus === 'scsi')) return 'scsi';
  if (machine === null || machine.includes('q35')) return 'sata';
  return machine.startsWith('pc') ? 'ide' : 'scsi';
}

function drive(bus: DiskSpec['bus']): DiskSpec {
  return plainDisk({ kind: 'empty' }, bus, 'cdrom');
}

interface At {
  readonly input: CreateInput;
  readonly facts: CreateFacts;
  readonly machine: Machine;
  readonly index: number;
}

function planDisk(at: At, spec: DiskSpec): Made {
  const { input, facts, index } = at;
  const finished = (from: BuildSource | null, problem: string | null = null): Made => ({
    disk: { ...spec, source: from },
    volume: null,
    problem,
  });
  switch (spec.source.kind) {
    case 'empty':
      return index === mediumDrive(withDrive(input)) ? finished(inDrive(at)) : finished(null);
    case 'path': {
      const found = facts.paths.get(spec.source.path);
      const from = found === undefined ? spec.source : sourceOf(found);
      const problem = sharedProblem(input, spec) ?? pathProblem(facts, spec.source, found);
      return finished(from, problem ?? aboveProblem(facts.above, spec, spec.source.path));
    }
    case 'volume': {
      const found = facts.volumes.get(volumeKey(spec.source));
      const { name } = spec.source;
      const problem =
        found === undefined
          ? `There is no volume ${name} in this pool.`
          : (sharedProblem(input, spec) ??
            existingProblem(facts, name, found) ??
            aboveProblem(facts.above, spec, found.path));
      return finished(placed(facts, spec.source), problem);
    }
    case 'new':
      return newDisk(at, spec, spec.source);
  }
}

/** What the first empty drive holds: the installer, or what is read at the first boot. */
function inDrive({ input, facts, machine }: At): BuildSource | null {
  if (input.source.kind === 'iso') return placed(facts, isoPlace(input.source.medium));
  const seed = seedPlace(input, facts, machine);
  return seed === null ? null : placed(facts, seed);
}

function sharedProblem({ count }: CreateInput, spec: DiskSpec): string | null {
  if (count === 1 || spec.readonly || spec.shareable || spec.device === 'cdrom') return null;
  return 'One disk cannot be the disk of several machines: make new ones.';
}

/** What stands against a volume that is there, as a disk or a medium. */
export function existingProblem(facts: CreateFacts, name: string, found: VolumeFacts): string | null {
  const { type, path, encryption } = found;
  return (
    typeProblem(type) ??
    claimProblem(name, found, facts.claims.get(path) ?? []) ??
    (encryption === null || (encryption.format === 'luks' && encryption.secretUuid !== null)
      ? null
      : `${name} is encrypted (${encryption.format}), and ${facts.host.name} has no passphrase of it.`)
  );
}

type PathSource = Extract<DiskSpec['source'], { kind: 'path' }>;

/** A file that no pool has, nobody can look into. */
function pathProblem(facts: CreateFacts, source: PathSource, found: VolumeFacts | undefined): string | null {
  if (normalize(source.path) !== source.path) return 'Write the path without dots and double slashes.';
  if (found === undefined) return null;
  if (found.format !== source.format)
    return `${source.path} is ${found.format} to its pool, not ${source.format}.`;
  return existingProblem(facts, source.path, found);
}

function typeProblem(type: string): string | null {
  if (type === 'file' || type === 'block') return null;
  return 'A machine can be made on files and block devices; volumes of this pool are neither.';
}

type NewSource = Extract<DiskSpec['source'], { kind: 'new' }>;

function newDisk({ input, facts, machine, index }: At, spec: DiskSpec, source: NewSource): Made {
  const pool = facts.pools.find(({ uuid }) => uuid === source.pool);
  if (pool === undefined)
    return { disk: { ...spec, source: null }, volume: null, problem: 'The host has no such pool.' };
  const name = volumeName({ input, facts, machine, index }, source, pool);
  const files = hasFormats(pool);
  const format = files ? source.format : 'raw';
  const from = index === filledDisk(input) ? baseOf(input) : null;
  const image = imageDiskOf(input, facts.savedOn, index);
  const volume: NewVolume = {
    host: facts.host.id,
    pool: pool.uuid,
    poolName: pool.name,
    name,
    capacityBytes: source.sizeBytes,
    format: files ? source.format : null,
    preallocation: source.preallocation,
    ...(image === null ? {} : { image }),
    // Blocks, and raw files, cannot lie on others.
    from: from === null ? null : { ...from.place, how: from.copy || format !== 'qcow2' ? 'copy' : 'overlay' },
  };
  const path = pathIn(pool, name);
  return {
    disk: {
      ...spec,
      source: { type: files ? 'file' : 'block', path, format },
      sectorBytes: image === null ? undefined : sectorsOf(facts, image),
    },
    volume,
    problem: newProblem({ facts, pool, name, source, base: from?.place ?? null }),
  };
}

/** What counts in larger sectors finds nothing on a disk with smaller ones. */
function sectorsOf({ saved }: CreateFacts, { path: file, disk }: VolumeImageDisk): number | undefined {
  if (saved === null || typeof saved === 'string') return undefined;
  return diskNamed(saved, disk ?? file)?.sectorBytes;
}

interface NewCheck {
  readonly facts: CreateFacts;
  readonly pool: Pool;
  readonly name: string;
  readonly source: NewSource;
  readonly base: VolumeAsked | null;
}

function newProblem({ facts, pool, name, source, base }: NewCheck): string | null {
  if (pool.state !== 'running' && pool.state !== 'degraded') return `The pool ${pool.name} is not started.`;
  if (!makesVolumes(pool))
    return `In a pool of the type ${pool.type} a disk cannot be made here: choose one of its volumes.`;
  const wrong = nameProblem(name, MAX_FILE_NAME_BYTES);
  if (wrong !== null) return wrong;
  if (facts.volumeNames.get(pool.uuid)?.has(name) === true)
    return `The pool ${pool.name} has a volume ${name} already: choose another name.`;
  const image = base === null ? undefined : facts.volumes.get(volumeKey(base));
  const owner = image === undefined ? undefined : facts.owners.get(image.path);
  // It would be written while the new disk lies on it, or be copied in the middle of a change.
  if (base !== null && owner !== undefined)
    return `${base.name} is the disk of ${owner}: clone that machine, or choose an image that no machine has.`;
  if (base !== null && image !== undefined) {
    const problem =
      image.encryption === null
        ? existingProblem(facts, base.name, image)
        : `${base.name} is encrypted: a new disk that is made of it would not be.`;
    if (problem !== null) return problem;
  }
  if (image !== undefined && image.capacityBytes > source.sizeBytes)
    return `The image has ${gib(image.capacityBytes)} GiB: the disk cannot be smaller.`;
  return null;
}

export function gib(bytes: number): string {
  return String(Math.ceil((bytes / 1024 ** 3) * 10) / 10);
}

/** The first new disk is what a cloud image fills; -1: none. */
export function filledDisk({ source, spec }: CreateInput): number {
  if (source.kind !== 'cloudImage') return -1;
  return spec.disks.findIndex((disk) => disk.device === 'disk' && disk.source.kind === 'new');
}

function baseOf({ source }: CreateInput): { place: VolumeAsked; copy: boolean } | null {
  return source.kind === 'cloudImage' ? { place: imagePlace(source.image), copy: source.copy } : null;
}

function volumeName({ input, facts, machine, index }: At, source: NewSource, pool: Pool): string {
  if (source.name !== null) return numbered(source.name, machine.number);
  const before = input.spec.disks.slice(0, index).filter((disk) => disk.source.kind === 'new').length;
  const ending = source.format === 'qcow2' ? 'qcow2' : 'img';
  const stem = `${machine.name}${before === 0 ? '' : `-${before + 1}`}`;
  const name = `${stem}.${ending}`;
  // A machine is often called as the image that it is made from; and web-2 as the second disk of web.
  const base = sourceMedium(input.source)?.place;
  const isBase = base?.pool === source.pool && base.name === name;
  return isBase || facts.owners.has(pathIn(pool, name)) ? `${stem}-disk.${ending}` : name;
}

export function pathIn(pool: Pool, name: string): string {
  return `${(pool.path ?? '').replace(/\/$/, '')}/${name}`;
}

/** A volume that is there, or will be when the machine is defined. */
export function placed(facts: CreateFacts, place: VolumeAsked): BuildSource | null {
  const found = facts.volumes.get(volumeKey(place));
  if (found !== undefined) return sourceOf(found);
  const pool = facts.pools.find(({ uuid }) => uuid === place.pool);
  if (pool === undefined) return null;
  return { type: hasFormats(pool) ? 'file' : 'block', path: pathIn(pool, place.name), format: 'raw' };
}

function sourceOf({ type, path, format, encryption }: VolumeFacts): BuildSource {
  const from = { type: type === 'block' ? 'block' : 'file', path, format } as const;
  const secretUuid = encryption?.secretUuid ?? null;
  return secretUuid === null ? from : { ...from, secretUuid };
}

/** Beside the disk that it belongs to. */
function seedPlace(input: CreateInput, facts: CreateFacts, machine: Machine): VolumeAsked | null {
  const { source, spec } = input;
  const isSeed = source.kind === 'cloudImage' && source.cloudInit !== null;
  const isAnswers = unattendedOf(input) !== null && !answersInInitrd(input);
  if (!isSeed && !isAnswers) return null;
  const filled = isSeed ? filledDisk(input) : spec.disks.findIndex(({ source: from }) => from.kind === 'new');
  const disk = spec.disks[filled]?.source;
  const other = source.kind === 'cloudImage' ? source.image : source.kind === 'iso' ? source.medium : null;
  const pool = disk?.kind === 'new' ? disk.pool : (other?.pool ?? '');
  const name = `${machine.name}${isSeed ? SEED_ENDING : ANSWERS_ENDING}`;
  return facts.pools.some(({ uuid }) => uuid === pool) ? { pool, name } : null;
}
