import { FormatError } from '../../../drivers/formats/errors.ts';
import type { CloneInput, ClonePlan } from '../../contract/clone.ts';
import type { CreateProblem } from '../../contract/create.ts';
import { firstBootFiles, SEED_LABEL, tellsSecrets } from '../create/first-boot.ts';
import { tellSeed, type SeedTold } from '../create/steps/seed.ts';
import type { NewVolume } from '../create/disks.ts';
import { expandNames, SEED_ENDING } from '../create/names.ts';
import { volumeStepOf, volumeTitle, type Identity, type Planned } from '../create/plan.ts';
import { poolsAfterwards } from '../create/warnings.ts';
import { environmentSecret, screenSecrets, withoutEnvironment, withoutPasswords } from '../create/xml.ts';
import type { PlannedStep } from '../engine/step.ts';
import { isHeldCard } from './choices.ts';
import { planDisks, type ClonedDisks } from './disks.ts';
import type { CloneFacts } from './facts.ts';
import { firmwareFile, firmwareFolder, firmwareStep, folderSteps, type FirmwareFolder } from './firmware.ts';
import { consistencyOf, findProblems, findWarnings, isKeptAsTemplate, kibOf } from './judge.ts';
import { awayId, journeySteps } from './journey.ts';
import { copyByOf } from './copy-by.ts';
import { holdOf } from './holding.ts';
import { instantSteps, liveProblems, liveWarnings } from './live-copy.ts';
import { otherWaySteps } from './other-way.ts';
import { seedDrive } from './seed.ts';
import { straightOf } from './straight.ts';
import { tpmSteps } from './tpm.ts';
import { cloneXml } from './xml.ts';

/** For a plan that is only shown. */
const PREVIEW_MAC = '52:54:00:00:00:00';

/** What making machines like another one takes: the steps of making a machine, with the other's own XML. Pure; nothing is changed. */
export interface PlannedClone extends Omit<Planned, 'machines'> {
  readonly machines: readonly {
    readonly name: string;
    readonly uuid: string | null;
    /** What is defined, without passwords. */
    readonly xml: string;
    readonly disks: ClonedDisks;
  }[];
  readonly afterwards: ClonePlan['afterwards'];
  readonly consistency: ClonePlan['consistency'];
  readonly copyBy: ClonePlan['copyBy'];
}

/** @param identities one for each machine; null for a plan that is only shown */
export function planClone(
  input: CloneInput,
  facts: CloneFacts,
  identities: readonly Identity[] | null,
): PlannedClone {
  const names = expandNames(input);
  const problems = findProblems(input, facts, names);
  const secrets: Record<string, string> = {};
  const uuid = identities?.[0]?.uuid ?? '';
  const folder = firmwareFolder(input, facts, { pools: facts.pools, uuid });
  const away =
    facts.elsewhere === null ? null : firmwareFolder(input, facts, { pools: facts.sourcePools, uuid });
  let copied: ClonedDisks | null = null;
  const planned = names.map((name, index) => {
    const disks = planDisks(input, facts, { name, first: copied });
    // Of one that runs all are of one instant, and from another host the bytes come once.
    if (facts.running || facts.elsewhere !== null) copied ??= disks;
    problems.push(...disks.problems, ...liveProblems(input, facts, disks));
    const identity = identities?.[index] ?? null;
    const of = { input, facts, name, number: index + 1, identity, disks, folder, away };
    return planMachine(of, { secrets, problems });
  });
  const { host, source, model, memory } = facts;
  const [first = input.name] = names;
  const what = names.length === 1 ? `${first} was` : `${names.length} machines (${input.name}) were`;
  const [open, close] = folderSteps(folder, host);
  const [openAway, closeAway] = folderSteps(away, source);
  return {
    machines: planned,
    problems: unique(problems),
    warnings: [
      ...findWarnings(input, facts, planned),
      ...(copied === null ? [] : liveWarnings(input, facts, copied)),
    ],
    secrets,
    consistency: consistencyOf(input, facts),
    copyBy: copyByOf(input, facts),
    afterwards: {
      memory:
        memory === null ? null : { ...memory, takenKiB: (kibOf(input) ?? model.memoryKiB) * names.length },
      pools: poolsAfterwards(facts, planned),
    },
    plan: {
      kind: 'clone',
      name: names.length === 1 ? first : input.name,
      uuid: names.length === 1 ? (planned[0]?.uuid ?? null) : null,
      hosts: facts.elsewhere === null ? [host] : [host, source],
      steps: [
        ...(isKeptAsTemplate(input, facts, planned) ? [keepStep(facts)] : []),
        ...openAway,
        ...open,
        // All before any is in the list, as the others are copied from the first one: nobody can start that meanwhile.
        ...planned.flatMap(({ copies }) => copies),
        ...planned.flatMap(({ defines }) => defines),
        ...close,
        ...closeAway,
        ...(input.start ? planned.map(({ name, uuid }) => startOf(name, uuid, host.id)) : []),
      ],
      secrets: Object.keys(secrets),
      holds: holdOf(
        facts,
        planned.flatMap(({ copies, defines }) => [...copies, ...defines]),
      ),
      failed: `${what} not made on ${host.name}.`,
      waits: true,
    },
  };
}

interface MachineOf {
  readonly input: CloneInput;
  readonly facts: CloneFacts;
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly identity: Identity | null;
  readonly disks: ClonedDisks;
  readonly folder: FirmwareFolder | null;
  /** On the machine's own host, where that is another one. */
  readonly away: FirmwareFolder | null;
}

interface Found {
  readonly secrets: Record<string, string>;
  readonly problems: CreateProblem[];
}

function planMachine(of: MachineOf, found: Found) {
  const { input, facts, name, number, identity, disks, folder, away } = of;
  const host = facts.host.id;
  const seed = input.cloudInit === null ? null : seedDrive(facts, disks, `${name}${SEED_ENDING}`);
  const firmware = folder === null ? null : firmwareFile(folder, { from: facts.model.name, to: name });
  const xml = cloneXml(facts.xml, {
    name,
    uuid: identity?.uuid ?? null,
    title: input.title,
    description: input.description,
    macs: identity?.macs ?? null,
    disks: disks.disks,
    emptied: disks.emptied,
    omitted: disks.omitted,
    hostDevices: input.hostDevices,
    networks: new Map(input.networks.map(({ from, to }) => [from, to])),
    isElsewhere: facts.elsewhere !== null,
    nvram: firmware?.path ?? null,
    memoryKiB: kibOf(input),
    vcpus: input.vcpus,
    seed,
  });
  const bare = withoutPasswords(xml);
  const inner = withoutEnvironment(bare.xml);
  // A password of its own: who knows the other's does not look at every machine.
  const own = bare.screens.map(({ password }) => (password === null ? null : (identity?.password ?? '')));
  const passwords = screenSecrets(number, own, found.secrets);
  const uuid = identity?.uuid ?? null;
  const at = { host, name, uuid: uuid ?? '' };
  const instant = instantSteps({ input, facts, disks, token: uuid ?? '' });
  const journey = journeySteps(disks.chosen, facts, {
    number,
    straight: input.direct ? straightOf(facts, uuid ?? '') : null,
  });
  const copies: PlannedStep[] = [
    ...instant.before,
    ...journey.before,
    ...volumeSteps(of),
    ...instant.after,
    ...otherWaySteps({
      ...of,
      token: uuid ?? '',
      madeBy: ({ target, made, journey: sent }) =>
        sent === null ? volumeId(number, disks, made) : awayId(number, target),
    }),
    ...journey.send,
    ...(folder === null || firmware === null
      ? []
      : [firmwareStep({ folder, away }, firmware.name, { facts, number })]),
  ];
  const defines: PlannedStep[] = [
    ...(seed === null ? [] : seedStep(of, seed, found)),
    {
      id: `define-${number}`,
      kind: 'create.define',
      host,
      title: `Define ${name}`,
      params: {
        ...at,
        xml: inner.xml,
        passwords,
        madeUp: passwords.map(() => true),
        environment: environmentSecret(number, inner.values, found.secrets),
      },
    },
    ...tpmSteps({ ...of, uuid: uuid ?? '' }),
    ...(input.autostart
      ? [
          {
            id: `autostart-${number}`,
            kind: 'create.autostart',
            host,
            title: `Let ${name} start with the host`,
            params: at,
          },
        ]
      : []),
  ];
  return { name, uuid, xml: bare.xml, disks, copies, defines, seeded: seed !== null };
}

/** Makes the volumes whose bytes the host has, or that are empty. */
function volumeSteps({ facts, disks, number }: MachineOf): PlannedStep[] {
  const sent = new Set(disks.chosen.filter(({ journey }) => journey !== null).map(({ made }) => made));
  return disks.volumes.flatMap((params): PlannedStep[] =>
    sent.has(params)
      ? []
      : [
          {
            id: volumeId(number, disks, params),
            host: facts.host.id,
            title: volumeTitle(params),
            ...volumeStepOf(params, facts),
            weight: params.from?.how === 'copy' ? 20 : 1,
          },
        ],
  );
}

function volumeId(number: number, { volumes }: ClonedDisks, volume: NewVolume | null): string {
  return `volume-${number}-${volumes.findIndex((one) => one === volume) + 1}`;
}

/** What the guest reads at its first boot. */
function seedStep(
  { input, facts, name, number, identity }: MachineOf,
  { pool, poolName, file }: { pool: string; poolName: string; file: string },
  { secrets, problems }: Found,
): PlannedStep[] {
  const { cloudInit } = input;
  if (cloudInit === null) return [];
  const id = `seed-${number}`;
  let told: SeedTold = { secret: id, files: null };
  try {
    const card = facts.model.nics.findIndex((nic) => input.hostDevices === 'keep' || !isHeldCard(nic));
    const mac = card < 0 ? null : (identity?.macs[card] ?? PREVIEW_MAC);
    const files = firstBootFiles(cloudInit, { name, uuid: identity?.uuid ?? 'preview', mac });
    told = tellSeed(files, tellsSecrets(cloudInit) ? id : null, secrets);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    problems.push({ field: 'cloudInit', message: error.message });
  }
  const host = facts.host.id;
  const params = { host, pool, poolName, name: file, label: SEED_LABEL, ...told };
  return [{ id, kind: 'create.seed', host, title: `Create ${file} for the first boot`, params }];
}

/** Before anything lies on its disks: from here on it is not started by mistake. */
function keepStep({ host: { id: host }, model: { name, uuid } }: CloneFacts): PlannedStep {
  const title = `Keep ${name} as a template`;
  return { id: 'keep', kind: 'clone.keepTemplate', host, title, params: { host, name, uuid } };
}

function startOf(name: string, uuid: string | null, host: string): PlannedStep {
  const params = { host, name, uuid: uuid ?? '' };
  return { id: `start-${name}`, kind: 'create.start', host, title: `Start ${name}`, params };
}

function unique(problems: readonly CreateProblem[]): CreateProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ field, message }) => {
    const key = `${field}\n${message}`;
    return !seen.has(key) && seen.add(key);
  });
}
