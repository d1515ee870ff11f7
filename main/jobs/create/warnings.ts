import { readDomain, type DiskModel } from '../../../drivers/libvirt/model/index.ts';
import type { CreateInput } from '../../contract/create.ts';
import { findSystem } from '../../os/index.ts';
import { unattendedOf } from './answers.ts';
import { takesAll } from './disks.ts';
import { driversOf } from './drivers.ts';
import { imageWarnings } from './image-disks.ts';
import { liveWarnings } from './live-problems.ts';
import { virtV2vWarnings } from './virt-v2v.ts';
import { kernelBootOf } from './installer.ts';
import { isolatedWarnings } from './isolated.ts';
import { loginWarnings } from './logins.ts';
import { volumeKey, type CreateFacts } from './facts.ts';
import { remoteFiles, sourceMedium } from './media.ts';
import { isVerifiable } from './verifiable.ts';
import type { PlannedMachine } from './plan.ts';
import { puppetWarnings } from './software.ts';

/** What a person should know, and may want all the same. */
export function findWarnings(
  input: CreateInput,
  facts: CreateFacts,
  machines: readonly PlannedMachine[],
): string[] {
  const { spec, source } = input;
  const found: string[] = [];
  const { host, memory } = facts;
  if (spec.virtType === 'qemu')
    found.push('It is emulated, not run by the CPU: many times slower than with KVM.');
  if (source.kind === 'cloudImage' && source.cloudInit !== null)
    found.push(...loginWarnings(source.cloudInit), ...puppetWarnings(source, input.os));
  if (memory !== null && input.start && spec.memory.sizeMiB * 1024 * machines.length > memory.freeKiB)
    found.push(`${host.name} has less memory free than this takes: it may begin to swap.`);
  found.push(...imageWarnings(input, facts), ...liveWarnings(input, facts), ...virtV2vWarnings(input, facts));
  found.push(...isolatedWarnings(input, facts.isolated));
  found.push(...smallWarnings(input));
  if (input.os !== null && findSystem(input.os) === null)
    found.push(`No system ${input.os} is known here: the machine gets what suits any system.`);
  if (spec.cpu.vcpus > facts.cpus)
    found.push(`${host.name} has ${facts.cpus} CPUs: more vCPUs than that make a machine slower.`);
  for (const { name, promisedBytes, availableBytes } of poolsAfterwards(facts, machines))
    if (promisedBytes > availableBytes)
      found.push(`The pool ${name} has not the room for these disks when they are full.`);
  for (const { path, device, readonly, shareable } of machines.flatMap((machine) =>
    disksOf(input, machine),
  )) {
    const owner = path === null ? undefined : facts.owners.get(path);
    if (owner !== undefined && device === 'disk' && !readonly && !shareable)
      found.push(`${path} is the disk of ${owner} too: the two must never run at once.`);
  }
  found.push(...existingWarnings(input, facts), ...unseenWarnings(facts));
  if (facts.silent.length > 0)
    found.push(`${facts.silent.join(', ')} did not answer in time: a machine there may have the same MAC.`);
  const folder = source.kind === 'container' && source.root.kind === 'directory' ? source.root.path : null;
  const other = folder === null ? undefined : facts.owners.get(folder);
  if (folder !== null && other !== undefined)
    found.push(`${other} has ${folder} as its files too: the two write the same ones.`);
  if (folder !== null && source.kind === 'container' && source.unprivileged)
    found.push(
      `The files in ${folder} must belong to the container’s own users: root in it is user 100000 here.`,
    );
  if (driversOf(input) === null && source.kind === 'iso' && isOnVirtio(input))
    found.push('Windows’ installer sees no disk on VirtIO: add the CD of its drivers, or choose SATA.');
  const medium = sourceMedium(source)?.medium;
  if (medium?.kind === 'url' && medium.checksum === null)
    found.push('There is no checksum: nobody checks that what is fetched is what was meant.');
  for (const file of remoteFiles(input))
    if (facts.volumes.has(volumeKey(file.place)) && !isVerifiable(file, facts))
      found.push(
        `${file.place.name} is in the pool already and is used as it is: nobody checks what is in it.`,
      );
  if (source.kind === 'tree' && spec.disks.find(({ device }) => device === 'disk')?.source.kind !== 'new')
    found.push('The disk is not empty: what is on it is in the hands of the installer.');
  if (source.kind === 'iso' && spec.disks.find(({ device }) => device === 'disk')?.source.kind !== 'new')
    found.push('The disk is not empty: the ISO starts at every start until it is taken out of its drive.');
  if (facts.balancer !== null && !spec.agent)
    found.push(
      'Without a guest agent the load balancer is not told of other machines: its files are changed by hand.',
    );
  for (const { name, address } of facts.balancer ?? [])
    if (address === null)
      found.push(`${name} has no address now: the load balancer is told of it later, on its page.`);
  return [...found, ...answerWarnings(input, machines)];
}

/** Of a machine of which nothing is known: less is mostly a slip in the unit. */
const USUAL_LEAST_MIB = 64;

function smallWarnings({ os, source, spec }: CreateInput): string[] {
  if (source.kind === 'container') return [];
  const { sizeMiB } = spec.memory;
  const system = os === null ? null : findSystem(os);
  if (system === null)
    return sizeMiB < USUAL_LEAST_MIB ? [`Few systems start with as little memory as ${sizeMiB} MiB.`] : [];
  const { memoryMiB } = system.minimum;
  return sizeMiB < memoryMiB
    ? [`${system.name} wants at least ${memoryMiB} MiB of memory: with ${sizeMiB} MiB it may not start.`]
    : [];
}

/** Something was taken out by a field, and a hand's words in it go along. */
export function lossWarnings(lost: readonly string[]): string[] {
  return lost.map((what) => `This edit of the XML is lost, since a field takes out what it is in: ${what}.`);
}

type DiskUse = Pick<DiskModel, 'device' | 'readonly' | 'shareable'> & { readonly path: string | null };

/** As they will be defined: one's own XML may name others than the fields. */
function disksOf({ xml }: CreateInput, machine: PlannedMachine): DiskUse[] {
  if (xml === null || machine.xml === '')
    return machine.disks.disks.map(({ source, ...disk }) => ({ ...disk, path: source?.path ?? null }));
  return readDomain(machine.xml).disks.map(({ source, ...disk }) => ({
    ...disk,
    path: source?.path ?? null,
  }));
}

/** XML of one's own may leave out what the fields would have made. */
export function unusedWarnings(names: readonly string[]): string[] {
  return names.map((name) => `${name} is not made: the XML does not use it.`);
}

/** The same of what would be brought to the host. */
export function unfetchedWarnings(names: readonly string[]): string[] {
  return names.map((name) => `${name} is not brought to the host: the XML does not use it.`);
}

/** Of disks that are there. */
function existingWarnings({ spec }: CreateInput, { volumes, paths }: CreateFacts): string[] {
  return spec.disks.flatMap(({ source }): string[] => {
    if (source.kind === 'path' && !paths.has(source.path))
      return [`${source.path} is in no pool: nobody looked at what is in it, or at who else uses it.`];
    const found =
      source.kind === 'path'
        ? paths.get(source.path)
        : source.kind === 'volume'
          ? volumes.get(volumeKey(source))
          : undefined;
    const backing = found?.backing?.path;
    return backing === undefined ? [] : [`${found?.path} lies on ${backing}: the machine reads that too.`];
  });
}

/** The same sentences as before a volume is deleted: what is there may be the disk of another one. */
function unseenWarnings({ unseen }: CreateFacts): string[] {
  return [...unseen].map(
    ([file, sentences]) => `Whether something else needs ${file} cannot be known. ${sentences.join(' ')}`,
  );
}

function isOnVirtio({ os, spec }: CreateInput): boolean {
  const system = os === null ? null : findSystem(os);
  return (
    system?.virtioWin === true && spec.disks.some(({ device, bus }) => device === 'disk' && bus === 'virtio')
  );
}

function answerWarnings(input: CreateInput, machines: readonly PlannedMachine[]): string[] {
  const unattended = unattendedOf(input);
  if (unattended === null) return [];
  const { spec } = input;
  const names = machines.flatMap(({ disks }) => disks.seed?.name ?? []);
  const what = unattended.kind === 'autounattend' ? 'the password' : 'a hash of the password';
  const [held, it] = names.length === 1 ? ['holds', 'it'] : ['hold', 'them'];
  const found =
    names.length === 0
      ? []
      : [`${names.join(', ')} ${held} ${what}: delete ${it} when the system is installed.`];
  if (spec.disks.some(({ device, source }) => device === 'disk' && source.kind !== 'new'))
    found.push('What is on the disk is lost: the installer takes the whole of it and asks nobody.');
  if (unattended.kind === 'autoinstall' && kernelBootOf(input) === null)
    found.push('Ubuntu’s installer asks once whether it may go on: answer “yes” on the machine’s screen.');
  if (unattended.kind === 'autounattend' && spec.firmware === 'efi')
    found.push('The disc of Windows waits some seconds for a key: press one on the machine’s screen.');
  return found;
}

export interface PoolAfterwards {
  readonly pool: string;
  readonly name: string;
  readonly capacityBytes: number;
  readonly availableBytes: number;
  readonly takenBytes: number;
  readonly promisedBytes: number;
}

/** What the new disks take of their pools: at once, and when they are full. */
export function poolsAfterwards(
  facts: Pick<CreateFacts, 'pools'>,
  machines: readonly { readonly disks: Pick<PlannedMachine['disks'], 'volumes'> }[],
): PoolAfterwards[] {
  const volumes = machines.flatMap(({ disks }) => disks.volumes);
  return facts.pools.flatMap((pool) => {
    const own = volumes.filter((volume) => volume.pool === pool.uuid);
    if (own.length === 0) return [];
    const sum = (of: typeof own): number => of.reduce((bytes, { capacityBytes }) => bytes + capacityBytes, 0);
    return [
      {
        pool: pool.uuid,
        name: pool.name,
        capacityBytes: pool.capacityBytes ?? 0,
        availableBytes: pool.availableBytes ?? 0,
        takenBytes: sum(own.filter(takesAll)),
        promisedBytes: sum(own),
      },
    ];
  });
}
