import type { DiskModel } from '../../../drivers/libvirt/model/index.ts';
import type { CloneInput, CloneWay } from '../../contract/clone.ts';
import type { CreateProblem } from '../../contract/create.ts';
import type { Pool } from '../../contract/storage.ts';
import { hasFormats, makesVolumes, type NewVolume } from '../create/disks.ts';
import { isLinkable, isStarted, isThere } from './choices.ts';
import { isAlone, isOwnDisk, type CloneFacts, type SourceVolume } from './facts.ts';

/** A new disk, and what it is made from. */
export interface Judged {
  readonly input: CloneInput;
  readonly facts: CloneFacts;
  /** Among the machine's new disks, from 0. */
  readonly index: number;
  readonly disk: DiskModel;
  readonly source: SourceVolume;
  readonly pool: Pool;
  readonly way: CloneWay;
  readonly made: NewVolume;
}

type Tell = (field: string, message: string) => void;

/** What stands against a new disk. A problem's field is what follows the disk's. */
export function diskProblems(of: Judged): CreateProblem[] {
  const { input, facts, index, disk, source, pool, way, made } = of;
  const found: CreateProblem[] = [];
  const problem: Tell = (field, message) => void found.push({ field, message });
  if (way === 'copy') copyProblems(of, problem);
  if (way === 'link') linkProblems(of, problem);
  if (source.encrypted && way !== 'empty')
    problem('', `The disk ${disk.target} is encrypted: what would be made of it would not be.`);
  if (!isStarted(pool)) problem('.pool', `The pool ${pool.name} is not started.`);
  else if (!makesVolumes(pool))
    problem('.pool', `In a pool of the type ${pool.type} a disk cannot be made here.`);
  else if (facts.volumeNames.get(pool.uuid)?.has(made.name) === true)
    problem('.name', `The pool ${pool.name} of ${facts.host.name} has a volume ${made.name} already.`);
  else if (index === 0 && input.sizeBytes !== null && input.sizeBytes < source.capacityBytes)
    problem('.size', `The disk cannot be smaller than that of ${facts.model.name}.`);
  return found;
}

function copyProblems({ input, facts, index, disk, pool }: Judged, problem: Tell): void {
  const { live, elsewhere, model } = facts;
  if (live !== null && (live.disks.get(disk.target) ?? null) === null)
    problem(
      '',
      `${model.name} runs without the disk ${disk.target}: shut it down first, or leave the disk out.`,
    );
  if (live !== null && elsewhere === null && !hasFormats(pool))
    problem(
      '.pool',
      `Into the pool ${pool.name} no disk of a machine that runs can be copied: choose a pool of files, or shut it down first.`,
    );
  if (index === 0 && input.sizeBytes !== null && live !== null)
    problem('.size', 'While the machine runs, its disk cannot be made larger in the copy.');
  else if (index === 0 && input.sizeBytes !== null && elsewhere !== null)
    problem('.size', 'On the way to another host a disk cannot be made larger.');
}

function linkProblems({ input, facts, disk: { target }, source, pool }: Judged, problem: Tell): void {
  const { model, running, isTemplate, elsewhere } = facts;
  if (elsewhere !== null) return problem('', `No disk can lie on one of another host: copy ${target}.`);
  if (running)
    problem(
      '',
      `${model.name} runs: no disk can lie on ${target} while it is written to. Copy it, or shut the machine down first.`,
    );
  else if (!isTemplate && !input.keepAsTemplate)
    problem(
      '',
      `A disk that lies on ${target} is damaged when ${model.name} is started again: copy it, or keep ${model.name} as a template.`,
    );
  if (!source.encrypted && !isLinkable(source))
    problem('', `No disk can lie on ${target}, which is ${source.format}: copy it.`);
  if (!hasFormats(pool))
    problem(
      '.pool',
      `In the pool ${pool.name} no disk can lie on another one: copy it, or choose a pool of files.`,
    );
}

/** Why a disk cannot be in both machines; null: it can. */
export function sharedProblem(disk: DiskModel, facts: CloneFacts): string | null {
  if (disk.source === null) return null;
  if (isAlone(disk))
    return `The disk ${disk.target} is ${facts.model.name}’s alone: two machines that write to it destroy what is on it. ${isOwnDisk(disk) ? 'Copy it' : 'Leave it out'}, or mark it as shareable first.`;
  return isThere(disk, facts)
    ? null
    : `${facts.host.name} has no pool with ${disk.source.display}: copy ${disk.target}, or leave it out.`;
}
