import { CLONE_COPIES, type CloneCopy, type CloneInput } from '../../contract/clone.ts';
import type { NewVolume } from '../create/disks.ts';
import { choiceOf } from './choices.ts';
import type { CloneFacts, SourceVolume } from './facts.ts';

/** How disks of a machine that runs can be copied, the usual way first. */
export function copiesOf({ live }: Pick<CloneFacts, 'live'>): CloneCopy[] {
  return live === null ? [] : CLONE_COPIES.filter((by) => by !== 'backup' || live.canBackup);
}

/** How they are; null: the machine is off. */
export function copyByOf(input: Pick<CloneInput, 'copyBy' | 'disks'>, facts: CloneFacts): CloneCopy | null {
  const [usual = null] = copiesOf(facts);
  if (usual === null) return null;
  return input.copyBy ?? (unevenDisk(input, facts) === null ? usual : 'snapshot');
}

/** libvirt makes volumes of so many whole bytes. */
const VOLUME_STEP_BYTES = 1024;

/**
 * A disk that libvirt can make no volume of the same size for: QEMU refuses a backup into one that is larger, and the libvirtd of libvirt 9.0
 * can die of that refusal. Null: there is none.
 */
export function unevenDisk({ disks }: Pick<CloneInput, 'disks'>, facts: CloneFacts): string | null {
  const uneven = facts.model.disks.find(
    (disk) =>
      choiceOf({ disks }, disk, facts).way === 'copy' &&
      (facts.live?.disks.get(disk.target) ?? 0) % VOLUME_STEP_BYTES !== 0,
  );
  return uneven?.target ?? null;
}

/** What a disk is copied from on its own host; null: a backup fills the copy. */
export function copyOf(
  input: Pick<CloneInput, 'copyBy' | 'disks'>,
  { pool, name, format }: SourceVolume,
  facts: CloneFacts,
): NewVolume['from'] {
  const by = copyByOf(input, facts);
  if (by === 'backup') return null;
  const claim = by === null ? {} : { claim: { machine: facts.model.name, format } };
  return { pool, name, how: 'copy', ...claim };
}
