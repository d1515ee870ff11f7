import type { CreateSource } from '../../../main/contract/create.ts';
import type { SourceAddress, SourceReport } from '../../../main/contract/p2v-source.ts';

/** A machine that runs and is copied, as it is chosen. */
export interface LiveForm {
  /** `root@server`, as it is typed. */
  readonly target: string;
  /** A private key of this computer; empty: none by name. */
  readonly keyFile: string;
  /** The address that a person has asked to look at; null: none of what is typed now. */
  readonly looked: SourceAddress | null;
  /** Of its disks those that are taken; null: those that are its own and can be copied. */
  readonly disks: readonly string[] | null;
  /** Ids of the changes of it that are agreed to. */
  readonly allow: readonly string[];
}

export const NO_LIVE: LiveForm = { target: '', keyFile: '', looked: null, disks: null, allow: [] };

/** Nothing that was said of one machine is said of another. */
export function withAddress({ target, keyFile }: Pick<LiveForm, 'target' | 'keyFile'>): LiveForm {
  return { ...NO_LIVE, target, keyFile };
}

/** What a person asks to look at; null: no machine is named. */
export function addressOf({ target, keyFile }: LiveForm): SourceAddress | null {
  const name = target.trim();
  const key = keyFile.trim();
  return name === '' ? null : { target: name, keyFile: key === '' ? null : key };
}

/** The machine as the contract has it; null: what it has is not known. `disks`: those that fill the new ones. */
export function liveOf(
  { looked, allow }: LiveForm,
  disks: readonly string[] | undefined,
): Extract<CreateSource, { kind: 'live' }> | null {
  if (looked === null || disks === undefined) return null;
  return { kind: 'live', ...looked, disks: [...disks], allow: [...allow] };
}

/** Why no machine can be made of it; empty: one can. */
export function reasonsAgainst({ problems, disks }: SourceReport): readonly string[] {
  if (problems.length > 0) return problems;
  return disks.some((disk) => disk.problems.length === 0) ? [] : disks.flatMap((disk) => disk.problems);
}

/** The name by which others know it, without its domain. */
export function hostOf({ hostname }: SourceReport): string {
  return hostname.split('.')[0] ?? '';
}
