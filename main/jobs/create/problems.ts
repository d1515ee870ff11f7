import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import { tagsProblem } from '../../contract/tags.ts';
import { findCloudImage, findSystem } from '../../os/index.ts';
import { unattendedFor, unattendedOf } from './answers.ts';
import { containerProblems } from './container-problems.ts';
import { driversOf } from './drivers.ts';
import { existingProblem, filledDisk, gib } from './disks.ts';
import { volumeKey, type CreateFacts, type VolumeFacts } from './facts.ts';
import { imageProblems } from './image-disks.ts';
import { liveProblems } from './live-problems.ts';
import { installerProblems, kernelBootOf } from './installer.ts';
import { hostProblems } from './host-problems.ts';
import { sourceMedium, type SourceMedium } from './media.ts';
import { hasLogin } from './shown-url.ts';
import { nameProblem } from './names.ts';
import { softwareProblems } from './software.ts';
import { virtV2vProblems } from './virt-v2v.ts';

/** What stands against the input as a whole; what stands against a disk, its plan tells. */
export function findProblems(
  input: CreateInput,
  facts: CreateFacts,
  names: readonly string[],
): CreateProblem[] {
  return [
    ...nameProblems(input, facts, names),
    ...tagProblems(input),
    ...sourceProblems(input, facts),
    ...containerProblems(input, facts),
    ...imageProblems(input, facts),
    ...liveProblems(input, facts),
    ...virtV2vProblems(input, facts),
    ...answerProblems(input),
    ...driverProblems(input, facts),
    ...installerProblems(input, facts),
    ...hostProblems(input, facts),
    ...nicProblems(input, facts),
    ...sizeProblems(input, facts),
  ];
}

function problem(field: string, message: string): CreateProblem {
  return { field, message };
}

function nameProblems(input: CreateInput, facts: CreateFacts, names: readonly string[]): CreateProblem[] {
  const { name, count, xml } = input;
  const found: CreateProblem[] = [];
  const wrong = nameProblem(name);
  if (wrong !== null) found.push(problem('name', wrong));
  if (count > 1 && !name.includes('#'))
    found.push(problem('name', 'Several machines need a # where their number goes, as in web-#.'));
  const taken = names.filter((one) => facts.names.has(one));
  if (taken.length > 0) found.push(problem('name', nameTaken(facts.host.name, taken)));
  if (count > 1 && xml !== null)
    found.push(problem('xml', 'XML that was changed by hand is for one machine alone.'));
  return found;
}

/** “kvm-a has machines web-01, web-02 already.” */
export function nameTaken(host: string, taken: readonly string[]): string {
  return `${host} has ${taken.length === 1 ? 'a machine' : 'machines'} ${taken.join(', ')} already.`;
}

function tagProblems({ tags = [] }: CreateInput): CreateProblem[] {
  const wrong = tagsProblem(tags);
  return wrong === null ? [] : [problem('tags', wrong)];
}

function sourceProblems(input: CreateInput, facts: CreateFacts): CreateProblem[] {
  const { source } = input;
  if (source.kind === 'tree') return hasLogin(source.url) ? [problem('source.url', LOGIN)] : [];
  if (source.kind === 'disk') return diskProblems(input);
  if (source.kind === 'network')
    return input.spec.nics.length > 0
      ? []
      : [problem('spec.nics', 'To start from the network a machine needs a network card.')];
  const from = sourceMedium(source);
  const found = from === null ? [] : mediumProblems(from, facts);
  if (source.kind === 'cloudImage' && source.image.kind === 'catalogue')
    found.push(...catalogueProblems(source.image.id));
  if (source.kind === 'cloudImage') found.push(...softwareProblems(source, input.os));
  if (source.kind === 'cloudImage' && filledDisk(input) === -1)
    found.push(problem('spec.disks', 'A cloud image needs a new disk that it fills.'));
  return found;
}

function answerProblems(input: CreateInput): CreateProblem[] {
  const unattended = unattendedOf(input);
  if (unattended === null) return [];
  const found: CreateProblem[] = [];
  const os = input.os === null ? null : findSystem(input.os);
  if (os !== null && unattendedFor(os) !== unattended.kind)
    found.push(problem('source.unattended', `${os.name} is not installed by a file of ${unattended.kind}.`));
  if (os === null && unattended.kind === 'autounattend')
    found.push(problem('os', 'Say which Windows it is: the answers and the drivers depend on it.'));
  if (kernelBootOf(input) === null && !input.spec.disks.some(({ device }) => device === 'disk'))
    found.push(problem('spec.disks', 'To be installed by itself a system needs a disk.'));
  return found;
}

function driverProblems(input: CreateInput, facts: CreateFacts): CreateProblem[] {
  const drivers = driversOf(input);
  if (drivers === null) return [];
  const { place, field, url } = drivers;
  const medium =
    url === null
      ? { kind: 'volume' as const, ...place }
      : { kind: 'url' as const, url, pool: place.pool, checksum: null };
  return mediumProblems({ medium, field, place, use: 'cd' }, facts);
}

function catalogueProblems(id: string): CreateProblem[] {
  if (findCloudImage(id) === null)
    return [problem('source.image', `There is no image ${id} in the catalogue.`)];
  return [];
}

const LOGIN =
  'An address with a login in it is not taken: take one without, or fetch the file yourself and upload it.';

function mediumProblems({ medium, ...at }: SourceMedium, facts: CreateFacts): CreateProblem[] {
  if (medium.kind === 'url' && hasLogin(medium.url)) return [problem(at.field, LOGIN)];
  const pool = facts.pools.find(({ uuid }) => uuid === medium.pool);
  if (pool === undefined) return [problem(at.field, 'The host has no such pool.')];
  if (pool.state !== 'running' && pool.state !== 'degraded')
    return [problem(at.field, `The pool ${pool.name} is not started.`)];
  if (facts.unfinished.has(volumeKey(at.place)))
    return [problem(at.field, `Another job is fetching ${at.place.name} now: wait for its end.`)];
  const found = facts.volumes.get(volumeKey(at.place));
  const there = found !== undefined;
  if (medium.kind === 'volume' && !there)
    return [problem(at.field, `There is no volume ${at.place.name} in ${pool.name}.`)];
  if (medium.kind === 'file' && there)
    return [problem(at.field, `The pool ${pool.name} has a volume ${at.place.name} already.`)];
  // What a cloud image becomes, the plan of its disk tells.
  const wrong = found === undefined || at.use === 'disk' ? null : mediumProblem(facts, at, found);
  return wrong === null ? [] : [problem(at.field, wrong)];
}

function mediumProblem(
  facts: CreateFacts,
  { place, use }: Pick<SourceMedium, 'place' | 'use'>,
  found: VolumeFacts,
): string | null {
  if (use === 'cd' && found.format === 'qcow2') return `${place.name} is a qcow2 disk, and no CD.`;
  return existingProblem(facts, place.name, found);
}

function diskProblems({ spec }: CreateInput): CreateProblem[] {
  const hasSystem = spec.disks.some(
    ({ device, source }) => device === 'disk' && (source.kind === 'volume' || source.kind === 'path'),
  );
  return hasSystem ? [] : [problem('spec.disks', 'Choose the disk that the machine starts from.')];
}

function nicProblems({ spec, count }: CreateInput, facts: CreateFacts): CreateProblem[] {
  const chosen = new Set<string>();
  return spec.nics.flatMap(({ source, mac }, index): CreateProblem[] => {
    const found: CreateProblem[] = [];
    const field = `spec.nics.${index}`;
    if (source.kind === 'network' && facts.networks !== null) {
      const active = facts.networks.get(source.network);
      if (active === undefined)
        found.push(problem(`${field}.source`, `The host has no network ${source.network}.`));
      else if (!active)
        found.push(problem(`${field}.source`, `The network ${source.network} is not started.`));
    }
    if (mac !== null) {
      const owner = facts.macs.get(mac.toLowerCase());
      if (owner !== undefined) found.push(problem(`${field}.mac`, `${owner} has this MAC already.`));
      if (chosen.has(mac.toLowerCase()) || count > 1)
        found.push(problem(`${field}.mac`, 'A MAC is for one card alone.'));
      chosen.add(mac.toLowerCase());
    }
    return found;
  });
}

function sizeProblems({ spec }: CreateInput, { host, memory }: CreateFacts): CreateProblem[] {
  const found: CreateProblem[] = [];
  const { topology, vcpus } = spec.cpu;
  if (topology !== null && topology.sockets * topology.cores * topology.threads !== vcpus)
    found.push(problem('spec.cpu.topology', `Sockets, cores and threads must make ${vcpus}.`));
  const wantedKiB = spec.memory.sizeMiB * 1024;
  if (memory !== null && wantedKiB > memory.totalKiB)
    found.push(
      problem(
        'spec.memory.sizeMiB',
        tooMuchMemory({ host: host.name, totalKiB: memory.totalKiB, wantedKiB }),
      ),
    );
  return found;
}

/** Of a machine that the host could not hold if it were alone there. */
export function tooMuchMemory(of: { host: string; totalKiB: number; wantedKiB: number }): string {
  const { host, totalKiB, wantedKiB } = of;
  return `${host} has ${gib(totalKiB * 1024)} GiB of memory: a machine with ${gib(wantedKiB * 1024)} GiB does not fit.`;
}
