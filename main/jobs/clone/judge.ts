import type { DiskModel } from '../../../drivers/libvirt/model/index.ts';
import { parseXml } from '../../../drivers/xml/index.ts';
import type { CloneInput, ClonePlan } from '../../contract/clone.ts';
import type { CreateProblem } from '../../contract/create.ts';
import { shutOut } from '../create/logins.ts';
import { isMadeCd, nameProblem, SEED_ENDING } from '../create/names.ts';
import { nameTaken, tooMuchMemory } from '../create/problems.ts';
import type { ClonedDisks } from './disks.ts';
import { heldDevices, isWrittenDrive } from './choices.ts';
import { isAlone, isOwnDisk, type CloneFacts } from './facts.ts';
import { inCommonWarnings } from './in-common.ts';
import { tpmProblems, tpmWarnings } from './tpm.ts';

/** What stands against the machines as such; what stands against their disks is told with these. */
export function findProblems(
  input: CloneInput,
  facts: CloneFacts,
  names: readonly string[],
): CreateProblem[] {
  const { model, host, memory } = facts;
  const found: CreateProblem[] = [];
  const problem = (field: string, message: string): void => void found.push({ field, message });
  if (model.virtType === 'lxc')
    problem('machine', `${model.name} is a container: its files are a folder, which libvirt does not copy.`);
  const wrong = nameProblem(input.name);
  if (wrong !== null) problem('name', wrong);
  if (input.count > 1 && !input.name.includes('#'))
    problem('name', 'Several machines need a # where their number goes, as in web-#.');
  const taken = names.filter((name) => facts.names.has(name));
  if (taken.length > 0) problem('name', nameTaken(host.name, taken));
  for (const { target } of input.disks)
    if (!model.disks.some((disk) => disk.target === target))
      problem(`disks.${target}`, `${model.name} has no disk ${target}${hasWords(model.disks)}.`);
  const wantedKiB = kibOf(input) ?? 0;
  if (memory !== null && wantedKiB > memory.totalKiB)
    problem('memoryMiB', tooMuchMemory({ host: host.name, totalKiB: memory.totalKiB, wantedKiB }));
  const { root } = parseXml(facts.xml);
  for (const memory of root.findAll('devices/memory')) {
    const path = memory.find('source/path')?.text;
    if (
      path !== undefined &&
      memory.find('target/readonly') === null &&
      memory.attribute('access') !== 'private'
    )
      problem(
        'machine',
        `${model.name} has a memory module that keeps what is in it in ${path}: two machines that write to it destroy that. Take it out, or make it read-only first.`,
      );
  }
  const cells = root.find('cpu/numa') !== null;
  if (cells && input.memoryMiB !== null)
    problem('memoryMiB', `The memory of ${model.name} is laid out in NUMA cells: leave its size.`);
  if (cells && input.vcpus !== null)
    problem('vcpus', `The CPUs of ${model.name} are laid out in NUMA cells: leave their number.`);
  return [
    ...found,
    ...tpmProblems(input, facts),
    ...networkProblems(input, facts),
    ...elsewhereProblems(input, facts),
  ];
}

function networkProblems({ networks: wanted }: CloneInput, facts: CloneFacts): CreateProblem[] {
  const { host, networks, elsewhere } = facts;
  // What the machine itself lacks on its own host is no matter of the clone.
  const named = wanted.map(({ to }) => to);
  const kept = cardsOf(facts).filter((name) => !wanted.some(({ from }) => from === name));
  return [...new Set([...named, ...(elsewhere === null ? [] : kept)])]
    .filter((name) => networks?.has(name) !== true)
    .map((name) => ({
      field: 'networks',
      message: `${host.name} has no network ${name}: choose one that it has.`,
    }));
}

/** Names of the networks that the machine's cards are in. */
export function cardsOf({ model }: Pick<CloneFacts, 'model'>): string[] {
  const named = model.nics.flatMap(({ type, source }) =>
    type === 'network' && source !== null ? [source] : [],
  );
  return [...new Set(named)];
}

function elsewhereProblems({ hostDevices, direct }: CloneInput, facts: CloneFacts): CreateProblem[] {
  const { elsewhere, host, source, model } = facts;
  if (elsewhere === null)
    return direct
      ? [{ field: 'direct', message: `Nothing goes from host to host: the clone stays on ${host.name}.` }]
      : [];
  const found: CreateProblem[] = [];
  if (elsewhere.cannotRun !== null)
    found.push({ field: 'to', message: `${host.name} cannot run such a machine: ${elsewhere.cannotRun}` });
  for (const name of elsewhere.missing)
    found.push({ field: 'to', message: `${host.name} has no bridge or device ${name}, which a card is on.` });
  if (hostDevices === 'keep' && heldDevices(model).length > 0)
    found.push({
      field: 'hostDevices',
      message: `${model.name} has devices of ${source.name}: leave them out on another host.`,
    });
  return found;
}

/** How well what is copied hangs together. */
export function consistencyOf({ freeze }: CloneInput, { live }: CloneFacts): ClonePlan['consistency'] {
  if (live === null) return 'off';
  return freeze && live.agent === 'connected' ? 'frozen' : 'powerCut';
}

/** What a person should know, and may want all the same. */
export function findWarnings(
  input: CloneInput,
  facts: CloneFacts,
  machines: readonly { readonly disks: ClonedDisks; readonly seeded: boolean }[],
): string[] {
  const { model, host, memory, snapshots } = facts;
  const found: string[] = [];
  const needs = (kibOf(input) ?? model.memoryKiB) * machines.length;
  if (memory !== null && input.start && needs > memory.freeKiB)
    found.push(`${host.name} has less memory free than this takes: it may begin to swap.`);
  if (isKeptAsTemplate(input, facts, machines))
    found.push(
      `${model.name} is kept as a template: it is not started any more, since disks lie on its own.`,
    );
  if (snapshots > 0)
    found.push(`The snapshots stay with ${model.name}: a new machine has its present disks.`);
  if (consistencyOf(input, facts) === 'powerCut')
    found.push(
      `${model.name} runs${input.freeze ? ', and no agent in it answers' : ''}: a new machine begins as after a power cut.`,
    );
  const away = new Set(
    machines.flatMap(({ disks }) =>
      disks.chosen.flatMap(({ journey }) => journey?.temporary?.poolName ?? []),
    ),
  );
  for (const pool of away)
    found.push(`For the time of the job a copy takes room in the pool ${pool} of ${facts.source.name}, too.`);
  found.push(...samePlaceWarnings(facts, machines), ...aloneWarnings(facts, machines));
  found.push(...timelessWarnings(facts, machines), ...changedFormats(input, facts, machines));
  if (facts.saved)
    found.push(
      `${model.name} has a saved state, which stays with it: a new machine begins as after a power cut.`,
    );
  found.push(...tpmWarnings(input, facts));
  if ((facts.nvram !== null && input.firmware === 'new') || hasVarstore(facts))
    found.push('The settings of the firmware (order of booting, keys) begin anew.');
  found.push(...inCommonWarnings(input, facts));
  found.push(...insideWarnings(input, facts));
  found.push(
    ...leftOut(
      facts,
      machines.every(({ seeded }) => seeded),
    ),
  );
  return found;
}

/** Variables in QEMU's own store, which are not copied. */
function hasVarstore({ xml }: CloneFacts): boolean {
  return parseXml(xml).root.find('os/varstore') !== null;
}

/** A path names a file, and on two hosts it may name two. */
function samePlaceWarnings(
  { elsewhere, model, host }: CloneFacts,
  machines: readonly { readonly disks: ClonedDisks; readonly seeded: boolean }[],
): string[] {
  const chosen = machines[0]?.disks.chosen ?? [];
  const getsItsOwn = machines.every(({ seeded }) => seeded);
  return model.disks.flatMap(({ target, source }) => {
    const isShared = chosen.some((one) => one.target === target && one.way === 'share');
    const path = source?.path ?? null;
    if (elsewhere === null || !isShared || path === null || (getsItsOwn && path.endsWith(SEED_ENDING)))
      return [];
    return [`${target} is what ${host.name} has at ${path}: see that it is the same there.`];
  });
}

/** Where nothing tells that a disk was written to while it was read: no job of Virtlane does that meanwhile, and whoever else may. */
function timelessWarnings(
  { running, model, volumes, source, sourcePools }: CloneFacts,
  machines: readonly { readonly disks: ClonedDisks }[],
): string[] {
  if (running) return [];
  const chosen = machines[0]?.disks.chosen ?? [];
  const found = chosen.flatMap(({ target, way }) => {
    const volume = volumes.get(target) ?? null;
    return way === 'copy' && volume?.changed === null ? [{ target, pool: volume.pool }] : [];
  });
  return [...new Set(found.map(({ pool }) => pool))].map((uuid) => {
    const pool = sourcePools.find((one) => one.uuid === uuid)?.name ?? uuid;
    const targets = found.filter((one) => one.pool === uuid).map(({ target }) => target);
    return `The pool ${pool} of ${source.name} does not tell when its volumes are written to: where ${model.name} is started while ${targets.join(', ')} is copied, by other means than this Virtlane, nobody notices, and the copy is not whole.`;
  });
}

/** What cannot be copied, and what a new machine would write into. */
function aloneWarnings(
  { model }: CloneFacts,
  machines: readonly { readonly disks: ClonedDisks }[],
): string[] {
  const chosen = machines[0]?.disks.chosen ?? [];
  return model.disks.flatMap((disk) => {
    const { target, source } = disk;
    const way = chosen.find((one) => one.target === target)?.way;
    if (isAlone(disk) && !isOwnDisk(disk) && way === 'omit')
      return [`The disk ${target} is a LUN of ${model.name} alone: the new machines are without it.`];
    if (!isWrittenDrive(disk) || source === null) return [];
    if (way === 'share')
      return [
        `The new machines write into the floppy of ${model.name}, ${source.display}, as it does itself.`,
      ];
    return way === 'empty'
      ? [`The floppy in ${target} is ${model.name}’s: the new machines have none in it.`]
      : [];
  });
}

/** Of a disk that is copied while the machine runs the copy is qcow2, unless that is said otherwise. */
function changedFormats(
  { disks: choices }: CloneInput,
  { model, volumes }: CloneFacts,
  machines: readonly { readonly disks: ClonedDisks }[],
): string[] {
  return (machines[0]?.disks.chosen ?? []).flatMap(({ target, way, made }) => {
    const from = volumes.get(target)?.format ?? null;
    const to = made?.format ?? null;
    const isSaid = choices.some((one) => one.target === target && one.format !== null);
    return way !== 'copy' || isSaid || from === null || to === null || from === to
      ? []
      : [
          `${target} is ${from} in ${model.name}, and ${to} in the copy: choose ${from} for it where it is to stay that.`,
        ];
  });
}

/** The machine becomes a template by the job: disks are to lie on its own. */
export function isKeptAsTemplate(
  { keepAsTemplate }: CloneInput,
  { isTemplate }: CloneFacts,
  machines: readonly { readonly disks: ClonedDisks }[],
): boolean {
  const links = machines.some(({ disks }) => disks.chosen.some(({ way }) => way === 'link'));
  return keepAsTemplate && !isTemplate && links;
}

function insideWarnings({ cloudInit }: CloneInput, { model }: CloneFacts): string[] {
  if (cloudInit === null)
    return [
      `Inside, the new machine is still ${model.name}: at its first start give it a host name, SSH keys and /etc/machine-id of its own, or Windows a new SID.`,
    ];
  return [
    ...shutOut(cloudInit).map(
      (name) =>
        `${name} gets no key and no password: nobody logs in by that name unless ${model.name} lets them.`,
    ),
    `/etc/machine-id is that of ${model.name} unless it was emptied there.`,
  ];
}

/** What the machine was told at its own first boot is nobody else's. */
function leftOut({ model }: CloneFacts, seeded: boolean): string[] {
  return model.disks.filter(isMadeFor).flatMap(({ source }) => {
    const path = source?.path ?? '';
    if (seeded && path.endsWith(SEED_ENDING)) return [];
    const file = path.slice(path.lastIndexOf('/') + 1);
    return [
      `${file} tells of ${model.name} alone, its users and keys: its drive is empty in the new machines.`,
    ];
  });
}

function hasWords(disks: readonly DiskModel[]): string {
  return disks.length === 0 ? '' : `: it has ${disks.map(({ target }) => target).join(', ')}`;
}

/** The CD of a first boot or of an installer. */
export function isMadeFor({ device, source }: DiskModel): boolean {
  return device === 'cdrom' && source !== null && source.path !== null && isMadeCd(source.path);
}

export function kibOf({ memoryMiB }: Pick<CloneInput, 'memoryMiB'>): number | null {
  return memoryMiB === null ? null : memoryMiB * 1024;
}
