import type { CreateSource } from '../../../main/contract/create.ts';
import type { DefaultsOutput } from '../../../main/contract/create-defaults.ts';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import type { CreateForm } from './form.ts';

/** A machine of iron that was saved, as it is chosen. */
export interface SavedForm {
  /** The host that its image is on, or its disks are, by its id; null: this computer. */
  readonly on: string | null;
  /** Of its image; empty: none is chosen. */
  readonly path: string;
  /** Of its disks those that are taken; null: all. */
  readonly disks: readonly string[] | null;
  /** All of the image is read before anything is made. */
  readonly verify: boolean;
}

export const NO_SAVED: SavedForm = { on: null, path: '', disks: null, verify: false };

/** Where it lies, as the contract has it. */
export function onOf({ on }: Pick<SavedForm, 'on'>): { on?: string } {
  return on === null ? {} : { on };
}

/** Files of a machine's disks as the contract has them: those that are named. */
export function diskFilesOf(paths: readonly string[]): string[] {
  return paths.map((path) => path.trim()).filter((path) => path !== '');
}

type Sources = Pick<CreateForm, 'source' | 'saved' | 'diskFiles' | 'live'>;

/** What fills the machine's new disks, in order, as the contract has it; undefined: that is not known. */
export function disksTaken(
  { source, diskFiles }: Pick<Sources, 'source' | 'diskFiles'>,
  { clonezilla, live }: Pick<DefaultsOutput, 'clonezilla' | 'live'>,
): readonly string[] | undefined {
  if (source === 'diskFile') return diskFilesOf(diskFiles);
  return source === 'live' ? live?.disks : clonezilla?.disks;
}

/** The same as a person knows it. */
export function filledBy(
  form: Pick<Sources, 'source' | 'diskFiles'>,
  defaults: Pick<DefaultsOutput, 'clonezilla' | 'live'>,
): readonly string[] {
  if (form.source === 'diskFile') return diskFilesOf(form.diskFiles).map(lastOf);
  return form.source === 'clonezilla' || form.source === 'live' ? (disksTaken(form, defaults) ?? []) : [];
}

/** Tells what is chosen from another machine. */
export function savedKey({ source, saved, diskFiles, live }: Sources): string {
  if (source === 'live') return JSON.stringify(live.looked);
  return `${saved.on ?? ''} ${source === 'clonezilla' ? saved.path : diskFiles.join(' ')}`;
}

/** The image as the contract has it; null: what is in it is not known. `disks`: those that fill the new ones. */
export function savedOf(
  { path, verify, on }: SavedForm,
  disks: readonly string[] | undefined,
): Extract<CreateSource, { kind: 'clonezilla' }> | null {
  if (disks === undefined) return null;
  return { kind: 'clonezilla', path: path.trim(), disks: [...disks], verify, ...onOf({ on }) };
}

/** Disks of the machine are those of what it is made of, in order: what was said of one may be another's. */
export function withoutDisks(edits: CreateForm['edits']): CreateForm['edits'] {
  const { disks: _disks, ...rest } = edits;
  return rest;
}

/** `web-server-img`: the last part of a path, as this computer writes it. */
export function lastOf(path: string): string {
  return (
    path
      .trim()
      .split(/[\\/]/)
      .findLast((part) => part !== '') ?? ''
  );
}

/** What an image is called, without what only says that it is one, or when it was saved. */
export function savedName(path: string): string {
  return lastOf(path)
    .replace(/\.(?:tar|vhdx?)$/i, '')
    .replace(/[-_.]?img$/i, '')
    .replace(/^\d{4}-\d{2}-\d{2}(?:-\d{1,2})*-?/, '');
}

/** The disk of the image that goes on a disk of the machine; undefined: none does. */
export function savedDiskAt(
  { disks }: MachineSpec,
  index: number,
  saved: readonly string[],
): string | undefined {
  const isNew = ({ device, source }: MachineSpec['disks'][number]): boolean =>
    device === 'disk' && source.kind === 'new';
  const disk = disks[index];
  return disk === undefined || !isNew(disk) ? undefined : saved[disks.slice(0, index).filter(isNew).length];
}

type Cards = Pick<MachineSpec, 'nics'>;

/** Whether the machine has MACs of the saved one. */
function keepsMacs({ nics }: Cards, macs: readonly string[]): boolean {
  return nics.some(({ mac }) => mac !== null && macs.includes(mac.toLowerCase()));
}

/** Which of the two stands chosen. What the machine gets of the saved one comes after a while: until then it is to keep them, as it will. */
export function macsChoice(spec: Cards, usual: Cards, macs: readonly string[]): 'keep' | 'fresh' {
  return keepsMacs(spec, macs) || !keepsMacs(usual, macs) ? 'keep' : 'fresh';
}

/** The cards with the MACs that they had (`before`: of the saved machine), or with new ones; those that a person has typed stay. */
export function withMacs(
  nics: MachineSpec['nics'],
  before: MachineSpec['nics'],
  { keep, macs }: { readonly keep: boolean; readonly macs: readonly string[] },
): MachineSpec['nics'] {
  return nics.map((nic, index) => {
    const own = nic.mac !== null && !macs.includes(nic.mac.toLowerCase());
    return own ? nic : { ...nic, mac: keep ? (before[index]?.mac ?? null) : null };
  });
}
