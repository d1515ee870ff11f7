import { CLONE_COPIES, type CloneCopy, type CloneInput } from '../../contract/clone.ts';
import type { NewVolume } from '../create/disks.ts';
import type { CloneFacts, SourceVolume } from './facts.ts';

/** How disks of a machine that runs can be copied, the usual way first. */
export function copiesOf({ live }: Pick<CloneFacts, 'live'>): CloneCopy[] {
  return live === null ? [] : CLONE_COPIES.filter((by) => by !== 'backup' || live.canBackup);
}

/** How they are; null: the machine is off. */
export function copyByOf(
  { copyBy }: Pick<CloneInput, 'copyBy'>,
  facts: Pick<CloneFacts, 'live'>,
): CloneCopy | null {
  const [usual = null] = copiesOf(facts);
  return usual === null ? null : (copyBy ?? usual);
}

/** What a disk is copied from on its own host; null: a backup fills the copy. */
export function copyOf(
  input: Pick<CloneInput, 'copyBy'>,
  { pool, name, format }: SourceVolume,
  facts: Pick<CloneFacts, 'live' | 'model'>,
): NewVolume['from'] {
  const by = copyByOf(input, facts);
  if (by === 'backup') return null;
  const claim = by === null ? {} : { claim: { machine: facts.model.name, format } };
  return { pool, name, how: 'copy', ...claim };
}
