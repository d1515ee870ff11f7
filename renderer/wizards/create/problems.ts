import type { CreateProblem } from '../../../main/contract/create.ts';
import type { Unattended } from '../../../main/contract/unattended.ts';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import { environmentOf } from './container-input.ts';
import { words } from './first-boot-input.ts';
import { isSaved, isUrl, mediumOf, type CreateForm } from './form.ts';

export const SECTIONS = ['source', 'system', 'disks', 'network', 'devices', 'firstBoot', 'name'] as const;
export type Section = (typeof SECTIONS)[number];

/** Of a machine that a container has not. */
const NOT_OF_CONTAINERS: ReadonlySet<Section> = new Set(['disks', 'devices', 'firstBoot']);

export function sectionsOf({ source }: Pick<CreateForm, 'source'>): readonly Section[] {
  if (source === 'container') return SECTIONS.filter((one) => !NOT_OF_CONTAINERS.has(one));
  // A system that was saved has booted before.
  return isSaved(source) ? SECTIONS.filter((one) => one !== 'firstBoot') : SECTIONS;
}

/** Which section a problem's field is in; null: in none, as of the XML. */
export function sectionOf(field: string): Section | null {
  const found = FIELDS.find(([pattern]) => pattern.test(field));
  return found === undefined ? null : found[1];
}

const FIELDS: readonly (readonly [RegExp, Section])[] = [
  [/^source\.(?:cloudInit|template|unattended)/, 'firstBoot'],
  [/^(?:source|host)/, 'source'],
  [/^spec\.disks/, 'disks'],
  [/^spec\.nics/, 'network'],
  [/^spec\.(?:cpu|memory|virtType|arch|machine|firmware|secureBoot|clock|hyperv|boot|pm)|^os$/, 'system'],
  [/^spec\./, 'devices'],
  [/^(?:name|count|title|description|tags)$/, 'name'],
];

/** Where in the input each medium is. */
export const MEDIUM_FIELDS = {
  iso: 'source.medium',
  image: 'source.image',
  archive: 'source.root.archive',
} as const;

/** Words of `create:problem`. */
export type ProblemKey =
  | 'name'
  | 'url'
  | 'checksum'
  | 'file'
  | 'mac'
  | 'user'
  | 'userNeeded'
  | 'password'
  | 'locale'
  | 'keyboard'
  | 'language'
  | 'arguments'
  | 'packages'
  | 'addresses'
  | 'puppetServer'
  | 'filePath'
  | 'packageSource'
  | 'serial'
  | 'bridge'
  | 'device'
  | 'path'
  | 'volume'
  | 'size'
  | 'memory'
  | 'vcpus'
  | 'vlan'
  | 'cpuModel'
  | 'environment';

export interface LocalProblem {
  readonly field: string;
  readonly key: ProblemKey;
}

export interface LocalAround {
  readonly name: string;
  /** Of the cloud image. */
  readonly user: string;
  readonly spec: MachineSpec;
  /** What the installer is told; null: nothing. */
  readonly answers: Unattended | null;
  /** The file of this computer cannot be read any more. */
  readonly fileLost: boolean;
}

/** What the contract would not even read: said without asking the core. */
export function localProblems(
  form: CreateForm,
  { name, user, spec, answers, fileLost }: LocalAround,
): readonly LocalProblem[] {
  const found: LocalProblem[] = [];
  const check = (right: boolean, field: string, key: ProblemKey): void => {
    if (!right) found.push({ field, key });
  };
  check(name.trim() !== '' && name.length <= 128, 'name', 'name');
  if (form.source === 'container')
    check(environmentOf(form.container.env) !== null, 'source.env', 'environment');
  const medium = mediumOf(form);
  if (medium?.from === 'file') {
    const which = form.source === 'iso' ? 'iso' : form.source === 'container' ? 'archive' : 'image';
    check(medium.fileName === '' || !fileLost, MEDIUM_FIELDS[which], 'file');
  }
  if (medium?.from === 'url') {
    const sum = medium.checksum.trim();
    check(sum === '' || /^([0-9a-f]{64}|[0-9a-f]{128})$/i.test(sum), 'source.checksum', 'checksum');
  }
  if (form.source === 'cloudImage' && form.firstBoot.on) checkFirstBoot(form, user, check);
  if (answers !== null) checkAnswers(answers, check);
  if (form.source === 'tree')
    check(/^[ -~]{0,1000}$/.test(form.tree.arguments.trim()), 'source.arguments', 'arguments');
  checkSpec(spec, check);
  return found;
}

const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
const PACKAGE = /^[A-Za-z0-9@][A-Za-z0-9.+:_~=/@-]*$/;

type Check = (right: boolean, field: string, key: ProblemKey) => void;

function checkFirstBoot({ firstBoot }: CreateForm, user: string, check: Check): void {
  check(user === '' || USER.test(user), 'source.cloudInit.user', 'user');
  check(
    words(firstBoot.packages).every((one) => PACKAGE.test(one)),
    'source.cloudInit.packages',
    'packages',
  );
  if (firstBoot.fixedAddress) {
    const addresses = words(firstBoot.addresses);
    const right = addresses.length > 0 && addresses.every((one) => /^[0-9a-f.:]+\/\d{1,3}$/i.test(one));
    check(right, 'source.cloudInit.network', 'addresses');
  }
  if (firstBoot.puppet)
    check(firstBoot.puppetServer.trim() !== '', 'source.cloudInit.puppet', 'puppetServer');
  for (const [index, source] of firstBoot.packageSources.entries()) {
    const from = source.kind === 'apt' ? source.source : source.baseUrl;
    const right = source.name.trim() !== '' && from.trim() !== '';
    check(right, `source.cloudInit.packageSources.${index}`, 'packageSource');
  }
  for (const [index, file] of firstBoot.files.entries())
    check(file.path.startsWith('/'), `source.cloudInit.files.${index}`, 'filePath');
}

function checkAnswers(answers: Unattended, check: Check): void {
  const at = (field: string): string => `source.unattended.${field}`;
  const password = answers.kind === 'autounattend' ? answers.password : answers.user.password;
  check(password !== '', at('password'), 'password');
  if (answers.kind === 'autounattend') {
    check(answers.language !== '', at('language'), 'language');
    check(answers.region !== '', at('region'), 'language');
    return;
  }
  const { name } = answers.user;
  check(name !== '', at('user'), 'userNeeded');
  check(name === '' || USER.test(name), at('user'), 'user');
  check(
    answers.packages.every((one) => PACKAGE.test(one)),
    at('packages'),
    'packages',
  );
  check(answers.locale !== '', at('locale'), 'locale');
  check(answers.keyboard !== '', at('keyboard'), 'keyboard');
  const mirror =
    answers.kind === 'preseed' ? answers.mirror : answers.kind === 'kickstart' ? answers.tree : null;
  check(mirror === null || isUrl(mirror), at('mirror'), 'url');
}

function checkSpec({ cpu, memory, disks, nics }: MachineSpec, check: Check): void {
  check(Number.isInteger(cpu.vcpus) && cpu.vcpus >= 1 && cpu.vcpus <= 4096, 'spec.cpu.vcpus', 'vcpus');
  check(Number.isInteger(memory.sizeMiB) && memory.sizeMiB >= 1, 'spec.memory.sizeMiB', 'memory');
  check(cpu.mode !== 'custom' || (cpu.model ?? '') !== '', 'spec.cpu.model', 'cpuModel');
  for (const [index, { source, serial }] of disks.entries()) {
    const field = `spec.disks.${index}`;
    check(serial === null || /^[\w.+-]{1,36}$/.test(serial), `${field}.serial`, 'serial');
    if (source.kind === 'path') check(source.path.startsWith('/'), `${field}.source`, 'path');
    if (source.kind === 'new') check(source.sizeBytes > 0, `${field}.sizeBytes`, 'size');
    if (source.kind === 'volume') check(source.name !== '', `${field}.source`, 'volume');
  }
  for (const [index, { source, mac, vlan }] of nics.entries()) {
    const field = `spec.nics.${index}`;
    check(mac === null || /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(mac), `${field}.mac`, 'mac');
    check(vlan === null || vlan.tags.every(({ id }) => id >= 1 && id <= 4094), `${field}.vlan`, 'vlan');
    if (source.kind === 'bridge') check(source.bridge.trim() !== '', `${field}.source`, 'bridge');
    if (source.kind === 'direct') check(source.device.trim() !== '', `${field}.source`, 'device');
  }
}

/** The words at a field: those of the field itself, or of what is within it where that has no place of its own. */
export function saidAt(problems: readonly CreateProblem[], field: string, within = false): string | null {
  const found = problems.filter(
    (one) => one.field === field || (within && one.field.startsWith(`${field}.`)),
  );
  return found.length === 0 ? null : found.map(({ message }) => message).join(' ');
}
