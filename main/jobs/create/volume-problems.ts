import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import { volumeKey, type CreateFacts } from './facts.ts';
import { gib, takesAll } from './disks.ts';
import { sourceMedium } from './media.ts';
import type { PlannedMachine } from './plan.ts';
import { poolsAfterwards } from './warnings.ts';

/** What stands against the volumes of all machines together: names that two would have, and room that there is not. */
export function volumeProblems(
  input: Pick<CreateInput, 'source'>,
  facts: CreateFacts,
  machines: readonly PlannedMachine[],
): CreateProblem[] {
  return [...sameNames(input, machines), ...noRoom(facts, machines)];
}

function sameNames(
  { source }: Pick<CreateInput, 'source'>,
  machines: readonly PlannedMachine[],
): CreateProblem[] {
  const medium = sourceMedium(source);
  const seen = new Set(machines.flatMap(({ disks }) => (disks.seed === null ? [] : [volumeKey(disks.seed)])));
  // What is uploaded or fetched is a volume too; one that is there, the plan of the disk tells.
  if (medium !== null && medium.medium.kind !== 'volume') seen.add(volumeKey(medium.place));
  return machines.flatMap((machine) =>
    machine.disks.volumes.flatMap((volume): CreateProblem[] => {
      const key = volumeKey(volume);
      if (!seen.has(key)) {
        seen.add(key);
        return [];
      }
      const message =
        machines.length === 1
          ? `Two volumes would have the name ${volume.name}: choose another one.`
          : `Two volumes would have the name ${volume.name}: a # in it stands for the number of the machine.`;
      return [{ field: fieldOf(machine, volume.name), message }];
    }),
  );
}

/** Of volumes that take all of their room at once. A pool that is filled to the brim stops the machines that are in it. */
function noRoom(facts: CreateFacts, machines: readonly PlannedMachine[]): CreateProblem[] {
  return poolsAfterwards(facts, machines).flatMap(({ pool, name, takenBytes, availableBytes }) => {
    const isKnown = facts.pools.some((one) => one.uuid === pool && one.availableBytes !== null);
    if (!isKnown || takenBytes <= availableBytes) return [];
    const taking = machines.flatMap((machine) =>
      machine.disks.volumes
        .filter((volume) => volume.pool === pool && takesAll(volume))
        .map((volume) => fieldOf(machine, volume.name)),
    );
    const message = `The pool ${name} has ${gib(availableBytes)} GiB left, and this takes ${gib(takenBytes)} GiB at once.`;
    return [...new Set(taking)].map((field) => ({ field, message }));
  });
}

/** The disk of the form that a volume is made for. */
function fieldOf({ disks }: PlannedMachine, volume: string): string {
  const index = disks.disks.findIndex(({ source }) => source?.path.endsWith(`/${volume}`) === true);
  return index === -1 ? 'spec.disks' : `spec.disks.${index}.source`;
}
