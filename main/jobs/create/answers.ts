import { sha512Crypt } from '../../../drivers/formats/crypt.ts';
import {
  autoinstall,
  autounattend,
  debianPreseed,
  kickstart,
  type AnswerMedia,
  type LinuxInstall,
} from '../../../drivers/formats/unattended/index.ts';
import type { CreateInput } from '../../contract/create.ts';
import { UNATTENDED_KINDS, type Unattended } from '../../contract/unattended.ts';
import { hostNameOf } from '../../contract/host-name.ts';
import { findSystem, type OperatingSystem } from '../../os/index.ts';
import type { SeedFiles } from './steps/seed.ts';

export type UnattendedKind = Unattended['kind'];
type Windows = Extract<Unattended, { kind: 'autounattend' }>;
import { driversOf } from './drivers.ts';

/** What of the input says that nobody sits at the installer; null: somebody does. */
export function unattendedOf({ source }: Pick<CreateInput, 'source'>): Unattended | null {
  return source.kind === 'iso' || source.kind === 'tree' ? (source.unattended ?? null) : null;
}

/** The kind of answers for a system's installer; null: none that are made here. */
export function unattendedFor(os: Pick<OperatingSystem, 'unattended' | 'id'>): UnattendedKind | null {
  const kind = UNATTENDED_KINDS.find((one) => one === os.unattended) ?? null;
  return kind === 'autounattend' && virtioFolder(os) === null ? null : kind;
}

/** Do they go into the initrd that the machine is started by? Else they are on a CD. */
export function answersInInitrd(input: Pick<CreateInput, 'source'>): boolean {
  const unattended = unattendedOf(input);
  return unattended !== null && (unattended.kind === 'preseed' || input.source.kind === 'tree');
}

/** A CD that the installer finds by its label. */
export interface AnswerCd {
  readonly label: string;
  readonly files: SeedFiles;
}

/**
 * The CD with the answers for one machine's installer. There are hashes of passwords on it, for Windows the password itself.
 * @throws {FormatError} BAD_VALUE that names what cannot be told
 */
export function answerCd(input: CreateInput, answers: Unattended, machine: string): AnswerCd {
  const { cd } = answerMedia(input, answers, machine);
  return {
    label: cd?.volumeId ?? '',
    files: (cd?.files ?? []).map(({ path, content }) => ({
      path,
      text: Buffer.from(content).toString('utf8'),
    })),
  };
}

/**
 * How the answers reach the installer of one machine.
 * @throws {FormatError} BAD_VALUE that names what cannot be told
 */
export function answerMedia(input: CreateInput, answers: Unattended, machine: string): AnswerMedia {
  switch (answers.kind) {
    case 'preseed':
      return debianPreseed({ ...linuxInstall(answers, machine), mirror: answers.mirror ?? mirrorOf(input) });
    case 'kickstart':
      return kickstart({ ...linuxInstall(answers, machine), tree: answers.tree ?? treeOf(input) });
    case 'autoinstall':
      return autoinstall(linuxInstall(answers, machine));
    case 'autounattend':
      return windows(input, answers, machine);
  }
}

function treeOf({ source }: CreateInput): string | null {
  return source.kind === 'tree' ? source.url : null;
}

/** Of the tree, where it is in a repository of Debian's kind; else of the catalogue. Empty, and so refused: it is not known. */
function mirrorOf(input: CreateInput): string {
  const [, repository] = /^(https?:\/\/.+?)\/dists\//.exec(treeOf(input) ?? '') ?? [];
  return repository ?? (input.os === null ? null : findSystem(input.os)?.mirror) ?? '';
}

function linuxInstall(answers: Exclude<Unattended, Windows>, machine: string): LinuxInstall {
  const { user, timezone, locale, keyboard, packages } = answers;
  return {
    hostname: answers.hostname ?? hostNameOf(machine),
    user: {
      name: user.name,
      fullName: user.fullName,
      passwordHash: sha512Crypt(user.password),
      sshKeys: user.sshKeys,
    },
    timezone,
    locale,
    keyboard,
    packages,
  };
}

function windows(input: CreateInput, answers: Windows, machine: string): AnswerMedia {
  const { spec, os } = input;
  const { user, password, timezone, language, region, productKey, remoteDesktop } = answers;
  const system = os === null ? null : findSystem(os);
  return autounattend({
    computerName: answers.computerName ?? computerName(machine),
    user,
    password,
    timezone,
    language,
    region,
    firmware: spec.firmware,
    imageIndex: answers.edition,
    productKey,
    virtioFolder: driversOf(input) === null || system === null ? null : virtioFolder(system),
    skipRequirements: system?.shortId === 'win11' && (spec.tpm === null || !spec.secureBoot),
    remoteDesktop,
  });
}

/** NetBIOS names are that long, and one of digits alone is none. */
function computerName(machine: string): string {
  const label = hostNameOf(machine).slice(0, 15).replace(/-+$/, '');
  return /^\d+$/.test(label) ? `pc-${label}`.slice(0, 15) : label;
}

/** Names of Windows' versions in libosinfo's ids, and of their folders in virtio-win. */
const VIRTIO_FOLDERS: Readonly<Record<string, string>> = {
  '10': 'w10',
  '11': 'w11',
  '2k16': '2k16',
  '2k19': '2k19',
  '2k22': '2k22',
  '2k25': '2k25',
};

/** Null: not a Windows that the answers are made for. */
function virtioFolder({ id }: Pick<OperatingSystem, 'id'>): string | null {
  const [, version] = /^http:\/\/microsoft\.com\/win\/(.+)$/.exec(id) ?? [];
  return version === undefined ? null : (VIRTIO_FOLDERS[version] ?? null);
}
