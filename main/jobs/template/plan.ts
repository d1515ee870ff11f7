import type { CreateProblem } from '../../contract/create.ts';
import type { TemplateInput, TemplatePlan } from '../../contract/template.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import type { DiskModel } from '../../../drivers/libvirt/model/index.ts';
import { parseXml } from '../../../drivers/xml/index.ts';
import { firstBootFiles, SEED_LABEL } from '../create/first-boot.ts';
import { shutOut } from '../create/logins.ts';
import { tooMuchMemory } from '../create/problems.ts';
import { expandNames, isMadeCd, nameProblem, SEED_ENDING } from '../create/names.ts';
import { volumeStepOf, volumeTitle, type Identity, type Planned } from '../create/plan.ts';
import { poolsAfterwards } from '../create/warnings.ts';
import { screenSecrets, withoutPasswords } from '../create/xml.ts';
import type { PlannedStep } from '../engine/step.ts';
import { planTemplateDisks, poolFor, wayOf, type TemplateDisks } from './disks.ts';
import { isOwnDisk, type TemplateFacts } from './facts.ts';
import { seedDrive } from './seed.ts';
import { cloneXml } from './xml.ts';

/** For a plan that is only shown. */
const PREVIEW_MAC = '52:54:00:00:00:00';

/** What making machines from a template takes: the steps of making a machine, with the template's own XML. Pure; nothing is changed. */
export interface PlannedTemplate extends Omit<Planned, 'machines'> {
  readonly machines: readonly { readonly name: string; readonly uuid: string | null; readonly xml: string }[];
  readonly template: TemplatePlan['template'];
  readonly afterwards: TemplatePlan['afterwards'];
}

/** @param identities one for each machine; null for a plan that is only shown */
export function planTemplate(
  input: TemplateInput,
  facts: TemplateFacts,
  identities: readonly Identity[] | null,
): PlannedTemplate {
  const names = expandNames(input);
  const problems = findProblems(input, facts, names);
  const secrets: Record<string, string> = {};
  const planned = names.map((name, index) => {
    const disks = planTemplateDisks(input, facts, name);
    problems.push(...disks.problems);
    const of = { input, facts, name, number: index + 1, identity: identities?.[index] ?? null, disks };
    return planMachine(of, { secrets, problems });
  });
  const { host, model } = facts;
  const [first = input.name] = names;
  const what = names.length === 1 ? `${first} was` : `${names.length} machines (${input.name}) were`;
  const volumes = planned.map(({ disks }) => ({ disks }));
  return {
    machines: planned,
    problems: unique(problems),
    warnings: [
      ...findWarnings(input, facts, names.length),
      ...leftOut(
        facts,
        planned.every(({ seeded }) => seeded),
      ),
    ],
    secrets,
    template: templateOf(input, facts),
    afterwards: {
      memory:
        facts.memory === null
          ? null
          : { ...facts.memory, takenKiB: (kibOf(input) ?? model.memoryKiB) * names.length },
      pools: poolsAfterwards(facts, volumes),
    },
    plan: {
      kind: 'create',
      name: names.length === 1 ? first : input.name,
      uuid: names.length === 1 ? (planned[0]?.uuid ?? null) : null,
      hosts: [host],
      steps: [
        ...planned.flatMap(({ steps }) => steps),
        ...(input.start ? planned.map(({ name, uuid }) => startOf(name, uuid, host.id)) : []),
      ],
      secrets: Object.keys(secrets),
      failed: `${what} not created on ${host.name}.`,
    },
  };
}

interface MachineOf {
  readonly input: TemplateInput;
  readonly facts: TemplateFacts;
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly identity: Identity | null;
  readonly disks: TemplateDisks;
}

interface Found {
  readonly secrets: Record<string, string>;
  readonly problems: CreateProblem[];
}

function planMachine(of: MachineOf, found: Found) {
  const { input, facts, name, number, identity, disks } = of;
  const host = facts.host.id;
  const seed = input.cloudInit === null ? null : seedDrive(facts, disks, `${name}${SEED_ENDING}`);
  const xml = cloneXml(facts.xml, {
    name,
    uuid: identity?.uuid ?? null,
    title: input.title,
    description: input.description,
    macs: identity?.macs ?? null,
    disks: disks.disks,
    memoryKiB: kibOf(input),
    vcpus: input.vcpus,
    seed,
  });
  const bare = withoutPasswords(xml);
  // A password of its own: who knows the template's does not look at every machine.
  const own = bare.screens.map(({ password }) => (password === null ? null : (identity?.password ?? '')));
  const passwords = screenSecrets(number, own, found.secrets);
  const uuid = identity?.uuid ?? null;
  const at = { host, name, uuid: uuid ?? '' };
  const steps: PlannedStep[] = [
    ...disks.volumes.map((params, index): PlannedStep => ({
      id: `volume-${number}-${index + 1}`,
      host,
      title: volumeTitle(params),
      ...volumeStepOf(params, facts),
      weight: params.from?.how === 'copy' ? 20 : 1,
    })),
    ...(seed === null ? [] : seedStep(of, seed, found)),
    {
      id: `define-${number}`,
      kind: 'create.define',
      host,
      title: `Define ${name}`,
      params: { ...at, xml: bare.xml, passwords },
    },
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
  return { name, uuid, xml: bare.xml, disks, steps, seeded: seed !== null };
}

/** What the guest reads at its first boot. Its files are a secret: there are passwords in them. */
function seedStep(
  { input, facts, name, number, identity }: MachineOf,
  { pool, poolName, file }: { pool: string; poolName: string; file: string },
  { secrets, problems }: Found,
): PlannedStep[] {
  const { cloudInit } = input;
  if (cloudInit === null) return [];
  const secret = `seed-${number}`;
  try {
    const mac = identity?.macs[0] ?? (facts.model.nics.length === 0 ? null : PREVIEW_MAC);
    const files = firstBootFiles(cloudInit, { name, uuid: identity?.uuid ?? 'preview', mac });
    secrets[secret] = JSON.stringify(files);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    problems.push({ field: 'cloudInit', message: error.message });
  }
  const host = facts.host.id;
  const params = { host, pool, poolName, name: file, label: SEED_LABEL, secret };
  return [{ id: secret, kind: 'create.seed', host, title: `Create ${file} for the first boot`, params }];
}

function startOf(name: string, uuid: string | null, host: string): PlannedStep {
  const params = { host, name, uuid: uuid ?? '' };
  return { id: `start-${name}`, kind: 'create.start', host, title: `Start ${name}`, params };
}

function kibOf({ memoryMiB }: TemplateInput): number | null {
  return memoryMiB === null ? null : memoryMiB * 1024;
}

function templateOf(input: TemplateInput, facts: TemplateFacts): TemplatePlan['template'] {
  const { model, volumes } = facts;
  return {
    memoryMiB: Math.round(model.memoryKiB / 1024),
    vcpus: model.vcpus,
    disks: model.disks
      .filter((disk) => disk.source !== null && !isMadeFor(disk))
      .map((disk) => {
        const source = volumes.get(disk.target) ?? null;
        const way = source === null ? 'copy' : wayOf(input, source, poolFor(input, facts, source));
        return {
          target: disk.target,
          capacityBytes: source?.capacityBytes ?? 0,
          way: isOwnDisk(disk) ? way : ('keep' as const),
        };
      }),
    cloudInit: model.disks.some(
      ({ device, source }) => device === 'cdrom' && source?.path?.endsWith(SEED_ENDING) === true,
    ),
  };
}

function findProblems(input: TemplateInput, facts: TemplateFacts, names: readonly string[]): CreateProblem[] {
  const { model, host, memory } = facts;
  const found: CreateProblem[] = [];
  const problem = (field: string, message: string): void => void found.push({ field, message });
  if (!facts.isTemplate) problem('template', `${model.name} is no template: keep it as one first.`);
  if (facts.running) problem('template', `${model.name} runs: a template must be off while it is copied.`);
  const wrong = nameProblem(input.name);
  if (wrong !== null) problem('name', wrong);
  if (input.count > 1 && !input.name.includes('#'))
    problem('name', 'Several machines need a # where their number goes, as in web-#.');
  const taken = names.filter((name) => facts.names.has(name));
  if (taken.length > 0) problem('name', `${host.name} has a machine ${taken.join(', ')} already.`);
  if (memory !== null && (kibOf(input) ?? 0) > memory.totalKiB)
    problem('memoryMiB', tooMuchMemory(host.name, memory.totalKiB));
  const cells = parseXml(facts.xml).root.find('cpu/numa') !== null;
  if (cells && input.memoryMiB !== null)
    problem('memoryMiB', 'The template’s memory is laid out in NUMA cells: leave its size.');
  if (cells && input.vcpus !== null)
    problem('vcpus', 'The template’s CPUs are laid out in NUMA cells: leave their number.');
  return found;
}

function findWarnings(input: TemplateInput, facts: TemplateFacts, count: number): string[] {
  const { model, host, memory, snapshots } = facts;
  const found: string[] = [];
  const needs = (kibOf(input) ?? model.memoryKiB) * count;
  if (memory !== null && input.start && needs > memory.freeKiB)
    found.push(`${host.name} has less memory free than this takes: it may begin to swap.`);
  if (snapshots > 0)
    found.push('The template’s snapshots stay with it: a new machine has its present disks.');
  if (model.tpm !== null)
    found.push('The TPM begins empty: what was sealed in the template’s (BitLocker, LUKS) does not open.');
  if (model.os.firmware === 'efi')
    found.push('The settings of the firmware (order of booting, keys) begin anew.');
  for (const { type, address } of model.hostDevices)
    found.push(`The host’s device ${address ?? type} is one machine’s at a time.`);
  if (input.cloudInit === null)
    found.push(
      'Inside, it is the template: give it a host name, SSH keys and /etc/machine-id of its own, or Windows a new SID.',
    );
  else {
    for (const name of shutOut(input.cloudInit))
      found.push(
        `${name} gets no key and no password: nobody logs in by that name unless the template lets them.`,
      );
    found.push('/etc/machine-id is the template’s unless that was emptied before it was kept.');
  }
  return found;
}

/** What the template was told at its own first boot is nobody else's. */
function leftOut({ model }: TemplateFacts, seeded: boolean): string[] {
  return model.disks.filter(isMadeFor).flatMap(({ source }) => {
    const path = source?.path ?? '';
    if (seeded && path.endsWith(SEED_ENDING)) return [];
    const file = path.slice(path.lastIndexOf('/') + 1);
    return [
      `${file} tells of ${model.name} alone, its users and keys: its drive is empty in the new machines.`,
    ];
  });
}

function isMadeFor({ device, source }: DiskModel): boolean {
  return device === 'cdrom' && source !== null && source.path !== null && isMadeCd(source.path);
}

function unique(problems: readonly CreateProblem[]): CreateProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ field, message }) => {
    const key = `${field}\n${message}`;
    return !seen.has(key) && seen.add(key);
  });
}
