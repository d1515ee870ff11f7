import path from 'node:path/posix';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import type { Plan, PlannedStep } from '../engine/step.ts';
import { aboveProblems } from './above.ts';
import { rootPath, unpackSteps } from './container.ts';
import { definition, type Defined } from './definition.ts';
import { planDisks, type MachineDisks, type NewVolume } from './disks.ts';
import { poolName, volumeKey, type CreateFacts } from './facts.ts';
import { wayWords, type FetchWay } from './fetch-way.ts';
import { remoteFiles, sourceMedium, type RemoteFile } from './media.ts';
import { isVerifiable } from './verifiable.ts';
import { fillSteps, verifyImageSteps } from './image-disks.ts';
import { liveSteps } from './live-steps.ts';
import { expandNames } from './names.ts';
import { bootFileSteps, installSteps, kernelBootOf } from './installer.ts';
import { findProblems } from './problems.ts';
import { findWarnings, lossWarnings, unfetchedWarnings, unusedWarnings } from './warnings.ts';
import { withoutUrlSecrets } from './shown-url.ts';
import { seedSteps } from './seed-steps.ts';
import { busProblems, preparedOf, withVirtV2v } from './virt-v2v.ts';
import { volumeProblems } from './volume-problems.ts';
import { environmentSecret, screenSecrets, withoutEnvironment, withoutPasswords } from './xml.ts';

/** What is made by chance for a machine. */
export interface Identity {
  readonly uuid: string;
  /** One for each card of the spec. */
  readonly macs: readonly string[];
  /** Of its screen. */
  readonly password: string;
}

export interface PlannedMachine {
  readonly name: string;
  readonly uuid: string | null;
  /** What is defined, without passwords. */
  readonly xml: string;
  readonly disks: MachineDisks;
  /** What a container has as its `/`; null: it is a machine. */
  readonly folder: string | null;
}

export interface Planned {
  readonly machines: readonly PlannedMachine[];
  readonly problems: readonly CreateProblem[];
  readonly warnings: readonly string[];
  readonly plan: Plan;
  /** What the plan's steps ask for, by name. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Hosts write that much of a volume in the time of one other step. */
const BYTES_OF_A_STEP = 64 * 1024 * 1024;

/**
 * What making the machines takes: pure, and nothing is changed.
 * @param identities one for each machine; null for a plan that is only shown: libvirt would make what is left out
 */
export function planCreate(
  input: CreateInput,
  facts: CreateFacts,
  identities: readonly Identity[] | null,
): Planned {
  const { host } = facts;
  const names = expandNames(input);
  const problems = findProblems(input, facts, names);
  const secrets: Record<string, string> = {};
  const machines: PlannedMachine[] = [];
  const lost: string[] = [];
  const unused: string[] = [];
  const token = identities?.[0]?.uuid ?? '';
  const steps: PlannedStep[] = [];
  const named = new Set<string>();
  for (const [index, name] of names.entries()) {
    const machine = { name, number: index + 1 };
    const identity = identities?.[index] ?? null;
    const planned = planDisks(input, facts, machine);
    const xml = defined({ input, facts, name, identity, disks: planned }, problems, lost);
    const { disks, unused: left } =
      input.xml === null ? { disks: planned, unused: [] } : usedOf(planned, xml);
    if (input.xml !== null)
      problems.push(...aboveProblems(facts, xml).map((message) => ({ field: 'xml', message })));
    problems.push(...disks.problems);
    problems.push(...busProblems(input, { prepared: preparedOf(input, facts, disks), defined: xml }));
    unused.push(...left);
    for (const file of filesOf(xml, disks)) named.add(file);
    const folder = input.source.kind === 'container' ? rootPath(input.source, facts, name) : null;
    machines.push({ name, uuid: identity?.uuid ?? null, xml: withoutPasswords(xml).xml, disks, folder });
    steps.push(...machineSteps({ input, facts, machine, identity, disks, xml, secrets, problems }));
  }
  const unfetched =
    machines.every(({ xml }) => xml !== '') && isByDisks(input) ? broughtBy(input, named) : [];
  const isWanted = ({ name }: { readonly name: string }): boolean => !unfetched.includes(name);
  steps.unshift(
    ...verifyImageSteps(input, facts),
    ...mediumSteps(input, facts, isWanted),
    ...fetchSteps(input, facts, { token, secrets, isWanted }),
  );
  steps.push(...installSteps({ input, facts, machines, secrets }));
  if (input.start && kernelBootOf(input) === null)
    steps.push(...machines.map((machine) => startOf(machine, host.id)));
  const [first = input.name] = names;
  const what = names.length === 1 ? `${first} was` : `${names.length} machines (${input.name}) were`;
  return {
    machines,
    problems: unique([...problems, ...volumeProblems(input, facts, machines)]),
    warnings: [
      ...lossWarnings(lost),
      ...unusedWarnings(unused),
      ...unfetchedWarnings(unfetched),
      ...findWarnings(input, facts, machines),
    ],
    secrets,
    plan: {
      kind: 'create',
      name: names.length === 1 ? first : input.name,
      uuid: names.length === 1 ? (machines[0]?.uuid ?? null) : null,
      hosts: savedHosts(facts),
      steps,
      secrets: Object.keys(secrets),
      failed: `${what} not created on ${host.name}.`,
      waits: true,
    },
  };
}

/** The host alone, or with the one that the saved machine is on: the job waits for both. */
function savedHosts({ host, savedOn }: CreateFacts): Plan['hosts'] {
  return savedOn?.kind !== 'host' || savedOn.host.id === host.id ? [host] : [host, savedOn.host];
}

/** Whether something needs a file that would be brought to the host. */
type IsWanted = (place: { readonly name: string }) => boolean;

/** With XML of one's own what is brought is there for its disks, and for nothing else: no files are unpacked, no kernel is read from it. */
function isByDisks(input: CreateInput): boolean {
  return input.xml !== null && input.source.kind !== 'container' && kernelBootOf(input) === null;
}

/** Names of the files that would be brought, and are none of those that are needed. */
function broughtBy(input: CreateInput, named: ReadonlySet<string>): string[] {
  const medium = sourceMedium(input.source);
  const places = [...(medium?.medium.kind === 'file' ? [medium] : []), ...remoteFiles(input)];
  return [...new Set(places.map(({ place }) => place.name))].filter((name) => !named.has(name));
}

/** Files that the disks of a machine are, or are made from. */
function filesOf(xml: string, { volumes }: MachineDisks): string[] {
  return [...diskFiles(xml), ...volumes.flatMap(({ from }) => from?.name ?? [])];
}

function diskFiles(xml: string): string[] {
  if (xml === '') return [];
  return readDomain(xml).disks.map(({ source }) => path.basename(source?.path ?? source?.volume ?? ''));
}

/** What all machines are made from comes first, once. */
function mediumSteps({ source }: CreateInput, facts: CreateFacts, isWanted: IsWanted): PlannedStep[] {
  const from = sourceMedium(source);
  if (from === null || !isWanted(from.place)) return [];
  const { medium, place, use } = from;
  const step = { id: 'medium', host: facts.host.id, weight: 20 };
  const params = { host: facts.host.id, poolName: poolName(facts, place), ...place };
  if (medium.kind === 'file') {
    const title = `Upload ${place.name} to ${params.poolName}`;
    return [{ ...step, kind: 'volume.upload', title, params: { ...params, file: medium.file, use } }];
  }
  return [];
}

/** What was fetched before is used again, when it is that. */
function fetchSteps(
  input: CreateInput,
  facts: CreateFacts,
  { token, secrets, isWanted }: { token: string; secrets: Record<string, string>; isWanted: IsWanted },
): PlannedStep[] {
  const { host } = facts;
  return remoteFiles(input).flatMap(({ place, ...asked }, index): PlannedStep[] => {
    if (!isWanted(place)) return [];
    if (facts.volumes.has(volumeKey(place))) return verifySteps({ place, ...asked }, facts, index);
    const url = withoutUrlSecrets(asked.url);
    const address = url === asked.url ? null : `address-${index + 1}`;
    if (address !== null) secrets[address] = asked.url;
    const file = { ...asked, url, address };
    const way: FetchWay = facts.ways.get(volumeKey(place)) ?? {
      kind: 'app',
      reason: 'the host has no such pool',
    };
    const params = { host: host.id, poolName: poolName(facts, place), ...place, ...file, way, token };
    const title = `Fetch ${url} to ${params.poolName} (${wayWords(way, host.name)})`;
    return [{ id: `fetch-${index + 1}`, kind: 'create.fetch', host: host.id, title, params, weight: 20 }];
  });
}

/** One's own XML may leave out what the fields would have made: it would belong to nobody. */
function usedOf(disks: MachineDisks, xml: string): { disks: MachineDisks; unused: string[] } {
  if (xml === '') return { disks, unused: [] };
  const used = new Set(diskFiles(xml));
  const { volumes, seed } = disks;
  const isUsed = ({ name }: { readonly name: string }): boolean => used.has(name);
  const all = seed === null ? volumes : [...volumes, seed];
  return {
    disks: { ...disks, volumes: volumes.filter(isUsed), seed: seed !== null && isUsed(seed) ? seed : null },
    unused: all.filter((one) => !isUsed(one)).map(({ name }) => name),
  };
}

function verifySteps(file: RemoteFile, facts: CreateFacts, index: number): PlannedStep[] {
  const { checksum, place } = file;
  if (checksum?.kind !== 'known' || !isVerifiable(file, facts)) return [];
  const { id: host } = facts.host;
  const { algorithm, hex } = checksum;
  const params = { host, poolName: poolName(facts, place), ...place, algorithm, hex };
  const title = `See that ${place.name} in ${params.poolName} is what was asked for`;
  return [{ id: `verify-${index + 1}`, kind: 'create.verify', host, title, params, weight: 5 }];
}

/** The definition of a machine; what stands against it is added to the problems, and what it loses to the losses. */
function defined(of: Defined, problems: CreateProblem[], lost: string[]): string {
  try {
    const found = definition(of);
    lost.push(...found.lost);
    return found.xml;
  } catch (error) {
    problems.push({ field: of.input.xml === null ? 'name' : 'xml', message: wordsOf(error) });
    return '';
  }
}

/** What the steps of one machine are made from; `secrets` and `problems` are added to. */
export interface Steps {
  readonly input: CreateInput;
  readonly facts: CreateFacts;
  readonly machine: { readonly name: string; readonly number: number };
  readonly identity: Identity | null;
  readonly disks: MachineDisks;
  readonly xml: string;
  readonly secrets: Record<string, string>;
  readonly problems: CreateProblem[];
}

function machineSteps(of: Steps): PlannedStep[] {
  const { input, facts, machine, disks } = of;
  const { id: host } = facts.host;
  const { name, number } = machine;
  const uuid = of.identity?.uuid ?? '';
  const token = uuid.slice(0, 8);
  const live = liveSteps(input, facts, token);
  const volumes = disks.volumes.flatMap((params, index): PlannedStep[] => {
    const id = `volume-${number}-${index + 1}`;
    const { image, ...plain } = params;
    if (image !== undefined)
      return live === null || image.disk === null
        ? fillSteps(plain, image, { id, token })
        : live.disk(plain, image.disk, id);
    return [
      {
        id,
        host,
        title: volumeTitle(params),
        ...volumeStepOf(plain, facts),
        weight: 1 + (params.preallocation === 'full' ? params.capacityBytes / BYTES_OF_A_STEP : 0),
      },
    ];
  });
  return [
    ...bootFileSteps(of),
    ...withVirtV2v(live === null ? volumes : live.around(volumes), { input, facts, machine, disks, token }),
    ...unpackSteps(input, facts, { ...machine, token: uuid }),
    ...seedSteps(of),
    defineStepOf(of),
    ...(input.autostart
      ? [
          {
            id: `autostart-${number}`,
            kind: 'create.autostart',
            host,
            title: `Let ${name} start with the host`,
            params: { host, name, uuid },
          },
        ]
      : []),
  ];
}

/** The step that makes a volume of a new machine. */
export function volumeStepOf(
  { from, preallocation, ...made }: Omit<NewVolume, 'image'>,
  facts: Pick<CreateFacts, 'pools'>,
) {
  if (from?.how === 'copy')
    return {
      kind: 'volume.copy',
      params: {
        ...made,
        from: {
          pool: from.pool,
          name: from.name,
          poolName: poolName(facts, from),
          ...(from.claim === undefined ? {} : { claim: from.claim }),
        },
      },
    };
  const backing = from === null ? null : { pool: from.pool, name: from.name };
  return {
    kind: 'volume.create',
    params: { ...made, preallocation, backing, secretUuid: null, machine: null },
  };
}

export function volumeTitle({ name, poolName: pool, from }: MachineDisks['volumes'][number]): string {
  if (from === null) return `Create the disk ${name} in ${pool}`;
  return from.how === 'copy'
    ? `Copy ${from.name} to the disk ${name} in ${pool}`
    : `Create the disk ${name} on ${from.name} in ${pool}`;
}

function defineStepOf({ input, facts, machine, identity, disks, xml, secrets }: Steps): PlannedStep {
  const { name, number } = machine;
  const { xml: open, screens } = withoutPasswords(xml);
  const { xml: bare, values } = withoutEnvironment(open);
  const { graphics } = input.spec;
  const followsForm = input.xml === null || (input.xmlBase ?? null) !== null;
  // The screen of the form; others have what their XML says.
  const formed =
    followsForm && graphics.password ? screens.findIndex(({ type }) => type === graphics.type) : -1;
  const known = screens.map(
    ({ password }, at) => password ?? (at === formed ? (identity?.password ?? null) : null),
  );
  const passwords = screenSecrets(number, known, secrets);
  return {
    id: `define-${number}`,
    kind: 'create.define',
    host: facts.host.id,
    title: `Define ${name}`,
    params: {
      host: facts.host.id,
      name,
      uuid: identity?.uuid ?? '',
      xml: bare,
      passwords,
      madeUp: screens.map(({ password }) => password === null),
      environment: environmentSecret(number, values, secrets),
      prepared: preparedOf(input, facts, disks),
    },
  };
}

function startOf({ name, uuid }: PlannedMachine, host: string): PlannedStep {
  return {
    id: `start-${name}`,
    kind: 'create.start',
    host,
    title: `Start ${name}`,
    params: { host, name, uuid: uuid ?? '' },
  };
}

function unique(problems: readonly CreateProblem[]): CreateProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ field, message }) => {
    const key = `${field}\n${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
