import { FormatError } from '../../../drivers/formats/errors.ts';
import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import { findSystem, type OperatingSystem } from '../../os/index.ts';
import type { PlannedStep } from '../engine/step.ts';
import { answersInInitrd, answerMedia, unattendedOf } from './answers.ts';
import { poolName, type CreateFacts, type VolumeAsked } from './facts.ts';
import { isoPlace } from './media.ts';
import { installerFiles } from './names.ts';
import type { PlannedMachine, Steps } from './plan.ts';
import type { SeedFiles } from './steps/seed.ts';

/** How a machine is started the first time by its installer's kernel. `pool`: where kernel and initrd are until it has ended. */
export type KernelBoot =
  | { readonly kind: 'tree'; readonly pool: string }
  | {
      readonly kind: 'iso';
      readonly pool: string;
      readonly iso: VolumeAsked;
      readonly kernel: string;
      readonly initrd: string;
    };

/**
 * Null: what is installed boots by itself. An ISO does, unless its installer takes its answers from the initrd alone (preseed), or asks before it
 * takes them unless its command line says otherwise (autoinstall).
 */
export function kernelBootOf({ source, spec, os }: CreateInput): KernelBoot | null {
  if (source.kind === 'tree') return { kind: 'tree', pool: source.pool };
  if (source.kind !== 'iso') return null;
  const kind = source.unattended?.kind;
  // Firmware with Secure Boot starts no kernel by itself; Ubuntu's installer can do without.
  if (kind !== 'preseed' && (kind !== 'autoinstall' || spec.secureBoot)) return null;
  const boot = discOf(os === null ? null : findSystem(os), spec.arch)?.boot ?? null;
  if (boot === null) return null;
  return { kind: 'iso', pool: source.medium.pool, iso: isoPlace(source.medium), ...boot };
}

function discOf(system: OperatingSystem | null, arch: string): OperatingSystem['media'][number] | null {
  return system?.media.find((one) => one.arch === arch && !one.live && one.boot !== null) ?? null;
}

/** Where an installer's kernel and initrd are while it runs. */
function placesOf(pool: string, machine: string): { kernel: VolumeAsked; initrd: VolumeAsked } {
  const { kernel, initrd } = installerFiles(machine);
  return { kernel: { pool, name: kernel }, initrd: { pool, name: initrd } };
}

/** Puts what boots the installer on the host; comes before a machine's own steps. */
export function bootFileSteps(of: Steps): PlannedStep[] {
  const { input, facts, machine, problems } = of;
  const boot = kernelBootOf(input);
  if (boot === null) return [];
  const host = facts.host.id;
  const places = placesOf(boot.pool, machine.name);
  const taken = [places.kernel, places.initrd].filter(
    ({ pool, name }) => facts.volumeNames.get(pool)?.has(name) === true,
  );
  if (taken.length > 0)
    problems.push({
      field: 'name',
      message: `${taken.map(({ name }) => name).join(', ')} is left of another installation: delete it, or choose another name.`,
    });
  const secret = initrdSecret(of);
  const step = (which: 'kernel' | 'initrd', title: string, more: PlannedStep['params']): PlannedStep => ({
    id: `${which}-${machine.number}`,
    kind: 'create.bootFile',
    host,
    title,
    params: more,
    weight: 5,
  });
  return (['kernel', 'initrd'] as const).flatMap((which): PlannedStep[] => {
    const from = fromOf(boot, facts, which);
    if (from === null) return [];
    const place = places[which];
    const pool = poolName(facts, place);
    const params = { host, poolName: pool, ...place, from, secret: which === 'initrd' ? secret : null };
    const title =
      from.kind === 'url'
        ? `Fetch ${from.url} to ${pool}`
        : `Copy ${from.path} out of ${from.name} to ${pool}`;
    return [step(which, title, params)];
  });
}

function fromOf(boot: KernelBoot, { tree }: CreateFacts, which: 'kernel' | 'initrd') {
  if (boot.kind === 'iso') return { kind: 'iso' as const, ...boot.iso, path: boot[which] };
  if (tree === null || !('found' in tree)) return null;
  return { kind: 'url' as const, ...tree.found[which] };
}

/** The name of the secret with the files for the initrd; null: there are none. */
function initrdSecret({ input, machine, secrets, problems }: Steps): string | null {
  const unattended = unattendedOf(input);
  if (unattended === null || !answersInInitrd(input)) return null;
  const secret = `initrd-${machine.number}`;
  try {
    const { initrd } = answerMedia(input, unattended, machine.name);
    const files: SeedFiles = initrd.map(({ path, content }) => ({
      path,
      text: Buffer.from(content).toString('utf8'),
    }));
    secrets[secret] = JSON.stringify(files);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    problems.push({ field: 'source.unattended', message: error.message });
  }
  return secret;
}

/**
 * Starts the installers, all at once, and waits for the end of each; then their files go. What comes after an installation never takes it back:
 * it is optional, or it is tried again.
 */
export function installSteps({
  input,
  facts,
  machines,
  secrets,
}: Pick<Steps, 'input' | 'facts' | 'secrets'> & {
  readonly machines: readonly PlannedMachine[];
}): PlannedStep[] {
  const boot = kernelBootOf(input);
  if (boot === null) return [];
  const host = facts.host.id;
  const each = machines.map((machine, index) => {
    const { name, uuid } = machine;
    const { kernel, initrd } = placesOf(boot.pool, name);
    const own = { host, name, uuid: uuid ?? '' };
    return { name, own, kernel, initrd, number: index + 1 };
  });
  const cmdline = cmdlineOf(input, facts, machines[0]?.name ?? input.name);
  const typed = input.source.kind === 'tree' ? input.source.arguments.trim() : '';
  const added = typed === '' ? null : 'arguments';
  if (added !== null) secrets[added] = typed;
  return [
    ...each.map(({ name, own, kernel, initrd, number }): PlannedStep => ({
      id: `installer-${number}`,
      kind: 'create.installer',
      host,
      title: `Start the installer of ${name}`,
      params: { ...own, kernel: { ...kernel }, initrd: { ...initrd }, cmdline, added },
    })),
    ...each.map(({ name, own, kernel, number }): PlannedStep => ({
      id: `installed-${number}`,
      kind: 'create.installerEnd',
      host,
      title: `Wait until ${name} is installed`,
      params: { ...own, kernel: { ...kernel } },
      weight: 100,
    })),
    ...each.flatMap(({ kernel, initrd, number }) =>
      [kernel, initrd].map((place, index): PlannedStep => ({
        id: `remove-${number}-${index + 1}`,
        kind: 'create.removeBootFile',
        host,
        title: `Delete ${place.name}`,
        params: {
          host,
          poolName: poolName(facts, place),
          ...place,
          by: `${index === 0 ? 'kernel' : 'initrd'}-${number}`,
        },
        optional: true,
      })),
    ),
    ...(input.start
      ? each.map(({ name, own }): PlannedStep => ({
          id: `start-${name}`,
          kind: 'create.startInstalled',
          host,
          title: `Start ${name}`,
          params: own,
          optional: true,
        }))
      : []),
  ];
}

/** What the installer's kernel is told, beside what a person typed: there may be passwords in that. */
function cmdlineOf(input: CreateInput, { tree }: CreateFacts, machine: string): string {
  const { source, spec } = input;
  const words = [
    source.kind === 'tree' && tree !== null && 'found' in tree ? tree.found.arguments : '',
    answerWords(input, machine),
    // Without a screen it would ask where nobody sees it.
    spec.graphics.type === 'none' ? `console=${spec.arch === 'aarch64' ? 'ttyAMA0' : 'ttyS0'}` : '',
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** The answers themselves are a problem of their own where they cannot be written. */
function answerWords(input: CreateInput, machine: string): string {
  const unattended = unattendedOf(input);
  if (unattended === null) return '';
  try {
    return answerMedia(input, unattended, machine).cmdline;
  } catch (error) {
    if (error instanceof FormatError) return '';
    throw error;
  }
}

/** What stands against starting the installer's kernel. */
export function installerProblems(input: CreateInput, facts: CreateFacts): CreateProblem[] {
  const { source, spec } = input;
  const found: CreateProblem[] = [];
  const say = (field: string, message: string): void => void found.push({ field, message });
  const unattended = unattendedOf(input);
  const boot = kernelBootOf(input);
  if (source.kind === 'tree' && facts.tree !== null && 'problem' in facts.tree)
    say('source.url', facts.tree.problem);
  if (boot === null && unattended?.kind === 'preseed') {
    if (input.os === null) say('os', 'Say which system it is: where its kernel is on the ISO depends on it.');
    else say('source.unattended', `This program does not know where an ISO for ${spec.arch} has its kernel.`);
  }
  if (boot === null) return found;
  if (source.kind === 'tree' && (unattended?.kind === 'autoinstall' || unattended?.kind === 'autounattend'))
    say('source.unattended', 'This installer is on an ISO, not in a tree.');
  if (spec.secureBoot)
    say(
      'spec.secureBoot',
      'With Secure Boot the firmware starts no kernel by itself: switch it off to install this way.',
    );
  if (!spec.disks.some(({ device }) => device === 'disk'))
    say('spec.disks', 'The installer needs a disk to install on.');
  const field = boot.kind === 'tree' ? 'source.pool' : 'source.medium';
  const pool = facts.pools.find(({ uuid }) => uuid === boot.pool);
  if (pool === undefined) say(field, 'The host has no such pool.');
  else if (!FILES.has(pool.type))
    say(
      field,
      `The installer’s kernel is put beside it for a while, and ${pool.name} holds no files: choose a pool that is a folder.`,
    );
  else if (pool.state !== 'running' && pool.state !== 'degraded')
    say(field, `The pool ${pool.name} is not started.`);
  return found;
}

/** Pools whose volumes QEMU opens as a kernel. */
const FILES: ReadonlySet<string> = new Set(['dir', 'fs', 'netfs']);
