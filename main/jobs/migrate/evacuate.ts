import type { EvacuationMachine } from '../../contract/evacuate.ts';
import type { MigrateItem } from '../../contract/migrate.ts';

/** A host that machines may go to, as far as it counts for how many it takes. Null: it is not known. */
export interface EvacuationHost {
  readonly id: string;
  readonly memoryTotalBytes: number | null;
  readonly memoryFreeBytes: number | null;
  readonly cpus: number | null;
  /** Of the machines that run there. */
  readonly vcpus: number;
  /** Bytes that each of its pools has, by UUID; one that does not tell is left out. */
  readonly pools: ReadonlyMap<string, number>;
}

/** What copied disks can grow to in a pool of a target. */
export interface PoolTake {
  readonly pool: string;
  readonly name: string;
  readonly bytes: number;
}

/** A machine that is to go, with what was found of each host. */
export type EvacuationSubject = Omit<EvacuationMachine, 'to'> & {
  readonly vcpus: number;
  /** By the host that it may go to. */
  readonly takes: ReadonlyMap<string, readonly PoolTake[]>;
  /** Hosts of which all that is to be known is that a pool looks for a disk when it comes. */
  readonly looksLater: ReadonlySet<string>;
};

type Target = EvacuationMachine['targets'][number];

/** All that is to be known of a host is known when the move begins, and is no worse then than a copy. */
export function isLater(items: readonly Pick<MigrateItem, 'level' | 'later'>[]): boolean {
  const warns = items.filter(({ level }) => level === 'warn');
  return warns.length > 0 && warns.every(({ later }) => later === true);
}

interface Room {
  readonly host: EvacuationHost;
  memory: number | null;
  vcpus: number;
  readonly pools: Map<string, number>;
}

/**
 * Gives every machine the host that has most room left with it: the largest first, to a host that nothing speaks against rather than to one with
 * something to know, and never to one that it has no memory for, or no place for its disks, while another has. Where it goes without such a place that is
 * added to what is known of the host. `to` is null for those that every host stops. Pure.
 */
export function placeMachines(
  subjects: readonly EvacuationSubject[],
  hosts: readonly EvacuationHost[],
): EvacuationMachine[] {
  const rooms = new Map(
    hosts.map((host): [string, Room] => [
      host.id,
      { host, memory: host.memoryFreeBytes, vcpus: host.vcpus, pools: new Map(host.pools) },
    ]),
  );
  const places = new Map<string, { readonly to: string | null; readonly full: readonly PoolTake[] }>();
  const largestFirst = subjects.toSorted(
    (a, b) => b.memoryBytes - a.memoryBytes || a.name.localeCompare(b.name),
  );
  for (const subject of largestFirst) {
    const best = bestFor(subject, rooms);
    const room = best === null ? undefined : rooms.get(best);
    places.set(subject.uuid, { to: best, full: room === undefined ? [] : tooLarge(subject, room) });
    if (room === undefined) continue;
    if (room.memory !== null) room.memory -= subject.memoryBytes;
    if (subject.running) room.vcpus += subject.vcpus;
    for (const { pool, bytes } of subject.takes.get(room.host.id) ?? []) {
      const left = room.pools.get(pool);
      if (left !== undefined) room.pools.set(pool, left - bytes);
    }
  }
  return subjects.map((subject) => {
    const { vcpus: _, takes: __, looksLater: ___, ...machine } = subject;
    const { to, full } = places.get(machine.uuid) ?? { to: null, full: [] };
    const targets = machine.targets.map((target) => (target.host === to ? withFull(target, full) : target));
    return { ...machine, targets, to };
  });
}

/** What of the machine's disks has no place there beside those that go there before it. */
function tooLarge({ takes }: EvacuationSubject, { host, pools }: Room): PoolTake[] {
  return (takes.get(host.id) ?? []).filter(({ pool, bytes }) => bytes > (pools.get(pool) ?? Infinity));
}

/** With what is not known of the machine alone. */
function withFull(target: Target, full: readonly PoolTake[]): Target {
  // The look at the machine by itself has said so, where it has no place there at all.
  const names = full
    .map(({ name }) => name)
    .filter((name) => !target.reasons.some((one) => one.startsWith(`${name} on `)));
  if (names.length === 0) return target;
  const reasons = names.map(
    (name) =>
      `The pool ${name} there has no room for its disks beside those of the others that go there, if all of them grow.`,
  );
  return {
    ...target,
    level: target.level === 'ok' ? 'warn' : target.level,
    reasons: [...target.reasons, ...reasons],
  };
}

function bestFor(subject: EvacuationSubject, rooms: ReadonlyMap<string, Room>): string | null {
  const able = subject.targets.flatMap(({ host, level }) => {
    const room = level === 'stop' ? undefined : rooms.get(host);
    return room === undefined ? [] : [{ host, level, room }];
  });
  const fits = able.filter(({ room: { memory } }) => memory === null || memory >= subject.memoryBytes);
  const hold = fits.filter(({ room }) => tooLarge(subject, room).length === 0);
  const among = [hold, fits, able].find(({ length }) => length > 0) ?? [];
  const fine = among.filter(({ level, host }) => level === 'ok' || subject.looksLater.has(host));
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
