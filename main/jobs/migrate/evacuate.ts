import type { EvacuationMachine } from '../../contract/evacuate.ts';

/** A host that machines may go to, as far as it counts for how many it takes. Null: it is not known. */
export interface EvacuationHost {
  readonly id: string;
  readonly memoryTotalBytes: number | null;
  readonly memoryFreeBytes: number | null;
  readonly cpus: number | null;
  /** Of the machines that run there. */
  readonly vcpus: number;
}

/** A machine that is to go, with what was found of each host. */
export type EvacuationSubject = Omit<EvacuationMachine, 'to'> & { readonly vcpus: number };

interface Room {
  readonly host: EvacuationHost;
  memory: number | null;
  vcpus: number;
}

/**
 * Gives every machine the host that has most room left with it: the largest first, to a host that nothing speaks against rather than to one with
 * something to know, and never to one that it has no memory for while another has. `to` is null for those that every host stops. Pure.
 */
export function placeMachines(
  subjects: readonly EvacuationSubject[],
  hosts: readonly EvacuationHost[],
): EvacuationMachine[] {
  const rooms = new Map(
    hosts.map((host): [string, Room] => [host.id, { host, memory: host.memoryFreeBytes, vcpus: host.vcpus }]),
  );
  const places = new Map<string, string | null>();
  const largestFirst = subjects.toSorted(
    (a, b) => b.memoryBytes - a.memoryBytes || a.name.localeCompare(b.name),
  );
  for (const subject of largestFirst) {
    const best = bestFor(subject, rooms);
    places.set(subject.uuid, best);
    const room = best === null ? undefined : rooms.get(best);
    if (room === undefined) continue;
    if (room.memory !== null) room.memory -= subject.memoryBytes;
    if (subject.running) room.vcpus += subject.vcpus;
  }
  return subjects.map((subject) => {
    const { vcpus: _, ...machine } = subject;
    return { ...machine, to: places.get(machine.uuid) ?? null };
  });
}

function bestFor(subject: EvacuationSubject, rooms: ReadonlyMap<string, Room>): string | null {
  const able = subject.targets.flatMap(({ host, level }) => {
    const room = level === 'stop' ? undefined : rooms.get(host);
    return room === undefined ? [] : [{ host, level, room }];
  });
  const fits = able.filter(({ room: { memory } }) => memory === null || memory >= subject.memoryBytes);
  const among = fits.length > 0 ? fits : able;
  const fine = among.filter(({ level }) => level === 'ok');
  const [best] = (fine.length > 0 ? fine : among).toSorted(
    (a, b) => shareLeft(subject, b.room) - shareLeft(subject, a.room) || a.host.localeCompare(b.host),
  );
  return best?.host ?? null;
}

/** The part of its memory, or of its CPUs, that a host has left with the machine: whichever is less. May be below 0. */
function shareLeft(
  { memoryBytes, vcpus, running }: EvacuationSubject,
  { host, memory, vcpus: promised }: Room,
) {
  const { memoryTotalBytes, cpus } = host;
  const ofMemory =
    memory === null || memoryTotalBytes === null || memoryTotalBytes === 0
      ? 0
      : (memory - memoryBytes) / memoryTotalBytes;
  const ofCpus = cpus === null || cpus === 0 ? 0 : 1 - (promised + (running ? vcpus : 0)) / cpus;
  return Math.min(ofMemory, ofCpus);
}
