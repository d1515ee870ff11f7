import type { DeletableVolume, DeletionPlan } from '../contract/domain.ts';
import { namedInShort } from '../contract/named-in-short.ts';
import { bytes } from './format.ts';

/** Which files go with a machine: none, all that nothing speaks for keeping, or those named by their path. */
export type DiskChoice = 'none' | 'all' | readonly string[];

/** Why a file stays: the plan's reason, or that nobody asked for it to go. */
export type KeptReason = NonNullable<DeletableVolume['keep']> | 'notChosen';

export interface Choice {
  readonly go: readonly DeletableVolume[];
  readonly stay: readonly { readonly volume: DeletableVolume; readonly reason: KeptReason }[];
  /** A sentence for each file that was named and may not go. */
  readonly refused: readonly string[];
}

/** What the core refuses to delete in any case (main/jobs/delete). The other reasons only speak for keeping. */
const NEVER: ReadonlySet<DeletableVolume['keep']> = new Set(['usedByOther', 'backing', 'notInPool']);

/** Whether something else needs a file cannot be seen (`keep` is `unseen`). */
export interface UnseenChoice {
  /** It goes all the same. */
  readonly unseen: boolean;
  /** Nobody is asked who could read it. */
  readonly yes: boolean;
}

/** Sorts the files of one machine into those that go and those that stay. */
export function chooseVolumes(
  { volumes, unseen: sentences }: DeletionPlan,
  disks: DiskChoice,
  { unseen, yes }: UnseenChoice,
): Choice {
  const isWanted = ({ path, keep, usedBy }: DeletableVolume): boolean => {
    if (typeof disks !== 'string') return disks.includes(path);
    return disks === 'all' && (keep === null || (unseen && keep === 'unseen')) && usedBy.length === 0;
  };
  const wanted = volumes.filter(isWanted);
  const isAsked = !unseen && yes && sentences.length > 0;
  const never = wanted.filter(({ keep }) => NEVER.has(keep));
  const agree = isAsked ? wanted.filter((volume) => !never.includes(volume)) : [];
  const refused = [...never, ...agree];
  return {
    go: wanted.filter((volume) => !refused.includes(volume)),
    stay: volumes
      .filter((volume) => !wanted.includes(volume))
      .map((volume) => ({ volume, reason: volume.keep ?? 'notChosen' })),
    refused: [
      ...never.map((volume) => `${volume.path} cannot be deleted: ${reasonText(volume)}.`),
      ...agree.map(
        ({ path }) => `${path} may be needed by something else: ${sentences.join(' ')} --unseen deletes it.`,
      ),
    ],
  };
}

/** Why a file stays, for a person; empty when only nobody asked for it to go. */
export function reasonText({ keep, usedBy }: Pick<DeletableVolume, 'keep' | 'usedBy'>): string {
  switch (keep) {
    case 'usedByOther':
      return `${namedInShort(usedBy)} ${new Set(usedBy).size === 1 ? 'uses' : 'use'} it too`;
    case 'backing':
      return 'other disks are built on it';
    case 'notInPool':
      return 'it is in no storage pool, so libvirt cannot delete it';
    case 'shareable':
      return 'it is marked as shared between machines';
    case 'readonly':
      return 'it is read-only: probably an installer or a shared image';
    case 'unseen':
      return 'whether something else needs it cannot be seen';
    case null:
      return '';
  }
}

/** Lines that say what is lost and what stays, before anything is done. */
export function lossLines(plan: DeletionPlan, choice: Choice): string[] {
  const counted = (count: number, what: string): string[] =>
    count === 0 ? [] : [`${count} ${what}${count === 1 ? ' is' : 's are'} lost.`];
  return [
    ...(plan.running ? ['It is running: its power is cut first, and what is in its memory is lost.'] : []),
    ...(plan.managedSave ? ['Its saved state is lost.'] : []),
    ...(plan.nvram === null ? [] : ['Its firmware settings (NVRAM) are lost.']),
    ...(plan.tpm
      ? [
          'What its TPM holds is lost: disks that only its keys open (BitLocker, LUKS) need their recovery key.',
        ]
      : []),
    ...counted(plan.snapshots, 'snapshot'),
    ...counted(plan.checkpoints, 'checkpoint'),
    ...(choice.go.length === 0 ? [] : plan.unseen.map((sentence) => `unseen   ${sentence}`)),
    ...choice.go.map((volume) => `delete   ${volume.path}${sizeText(volume)}`),
    ...choice.stay.map(({ volume }) => `keep     ${keptReason(volume)}`),
  ];
}

/** The path, and why it stays if there is a reason. */
export function keptReason(volume: DeletableVolume): string {
  const reason = reasonText(volume);
  return `${volume.path}${reason === '' ? '' : ` (${reason})`}`;
}

function sizeText({ target, capacityBytes, allocationBytes }: DeletableVolume): string {
  const sizes = [
    target,
    ...(capacityBytes === null ? [] : [bytes(capacityBytes)]),
    ...(allocationBytes === null ? [] : [`${bytes(allocationBytes)} on disk`]),
  ];
  return ` (${sizes.join(', ')})`;
}
