import type { CloneInput } from '../../contract/clone.ts';
import { volumeStepOf, volumeTitle } from '../create/plan.ts';
import type { PlannedStep } from '../engine/step.ts';
import { copyByOf } from './copy-by.ts';
import { planDisks, type ClonedDisks } from './disks.ts';
import type { CloneFacts } from './facts.ts';
import { againId } from './journey.ts';
import { BACKUP_ID, instantSteps, liveProblems } from './live-copy.ts';

interface Of {
  readonly input: CloneInput;
  readonly facts: CloneFacts;
  readonly name: string;
  /** Of the new machine, from 1. */
  readonly number: number;
  readonly disks: ClonedDisks;
  readonly token: string;
  /** The step that makes a volume, by id. */
  readonly madeBy: (disk: ClonedDisks['chosen'][number]) => string;
}

/**
 * The way by a snapshot, for where libvirt refuses a backup that nobody asked for by name: what no look at the host tells, as QEMU compares the
 * sizes of disks to the byte. The volumes that the backup would have filled go, and come again as copies.
 */
export function otherWaySteps({ input, facts, name, number, disks, token, madeBy }: Of): PlannedStep[] {
  if (input.copyBy !== null || copyByOf(input, facts) !== 'backup') return [];
  // The other machines are copied from the first one.
  if (disks.chosen.every(({ live }) => live === null)) return [];
  const asked: CloneInput = { ...input, copyBy: 'snapshot' };
  const again = planDisks(asked, facts, { name, first: null });
  if (liveProblems(asked, facts, again).length > 0) return [];
  const { before, after } = instantSteps({ input: asked, facts, disks: again, token });
  const clear: PlannedStep[] = [];
  const copy: PlannedStep[] = [];
  for (const [index, disk] of disks.chosen.entries()) {
    const volume = again.chosen[index]?.live ?? null;
    if (disk.live === null || volume === null) continue;
    const { host, pool, poolName, name: file } = disk.live;
    const at = { host, pool, poolName, name: file };
    clear.push({
      id: `clear-${number}-${disk.target}`,
      kind: 'clone.clear',
      host,
      title: `Delete the empty ${file} in ${poolName}`,
      params: { ...at, by: madeBy(disk) },
    });
    copy.push({
      id: againId(number, disk.target),
      host,
      title: volumeTitle(volume),
      ...volumeStepOf(volume, { pools: facts.sourcePools }),
      weight: 20,
    });
  }
  return [...clear, ...before, ...copy, ...after].map((step) => ({ ...step, ifRefused: BACKUP_ID }));
}
