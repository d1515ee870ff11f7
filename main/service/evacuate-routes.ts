import type { Evacuation, EvacuationMachine } from '../contract/evacuate.ts';
import { shownDisks, type MigrateInput, type MigrateItem, type MigratePlan } from '../contract/migrate.ts';
import { isActive } from '../inventory/states.ts';
import { ejectsOf } from '../contract/migrate-ejects.ts';
import {
  isLater,
  placeMachines,
  type EvacuationHost,
  type EvacuationSubject,
} from '../jobs/migrate/evacuate.ts';
import type { Domain } from '../contract/domain.ts';
import type { Api } from './api.ts';
import { failing, FailureError, toFailure } from './errors.ts';
import { leavingHome } from './leaving-home.ts';
import { startRound } from './migrate-round.ts';
import type { Services } from './services.ts';

/** What was found of one host. */
export interface Look {
  readonly items: readonly MigrateItem[];
  readonly disks: MigratePlan['disks'];
  /** What stays on the source. */
  readonly stays: MigratePlan['stays'];
  /** What it left on the target, and is replaced. */
  readonly replaces: MigratePlan['replaces'];
  /** What it has, and what of it is taken. */
  readonly afterwards: MigratePlan['afterwards'];
}

/** What the moves themselves are looked at and begun by. */
export interface Mover {
  /** What speaks for and against several hosts, in their order; one that does not answer stops the machine. */
  readonly look: (
    machine: Pick<MigrateInput, 'host' | 'uuid'>,
    to: readonly string[],
    signal: AbortSignal | undefined,
  ) => Promise<Look[]>;
  /** @param noted called right before its job begins, when nothing stands against it any more */
  readonly begin: (
    move: MigrateInput,
    signal: AbortSignal,
    noted?: () => Promise<void>,
  ) => Promise<{ job: string; plan: MigratePlan }>;
}

/** Machines that are looked at at one time: each is a dozen calls to its host and to every target. */
const AT_ONCE = 3;

/** Handlers of what empties a host, and fills it again. */
export function evacuateRoutes(
  api: Pick<Api['migrate'], 'evacuation' | 'evacuate' | 'away'>,
  services: Services,
  mover: Mover,
) {
  const { fleet, homes } = services;
  return {
    evacuation: api.evacuation.handler(({ input, signal }) =>
      onHost(services, input.host, 'Where its machines can go could not be found out', () =>
        evacuationOf(services, mover, input, signal),
      ),
    ),
    evacuate: api.evacuate.handler(({ input }) => {
      const { host, moves, atOnce } = input;
      if (moves.some((move) => move.host !== host || move.to === host))
        throw new FailureError({
          code: 'BAD_INPUT',
          message: 'Each move must be from the host that is emptied to another one.',
        });
      const { name, uri } = fleet.hosts.connection(host).host;
      const home = leavingHome(services, uri);
      const job = startRound(services, {
        kind: 'evacuate',
        host: { id: host, name },
        moves,
        stays: fleet.store
          .domains(host)
          .flatMap((one) => (moves.some((move) => move.uuid === one.uuid) ? [] : [one.name])),
        atOnce,
        // Before it goes: this program may end while it is on its way.
        begin: (move, signal) => mover.begin(move, signal, () => home.leaves(move.uuid)),
        stayed: ({ uuid }) => home.stayed(uuid),
      });
      return { job };
    }),
    away: api.away.handler(async ({ input }) => {
      const { uri } = fleet.hosts.connection(input.host).host;
      const known = fleet.store.domains();
      return (await homes.of(uri)).flatMap((uuid) => {
        const domains = known.filter((domain) => domain.uuid === uuid);
        const home = domains.find(({ host }) => host === input.host);
        // Its definition may have stayed at home when it went.
        const runs = domains.find(({ host, state }) => host !== input.host && isActive(state));
        const there = runs ?? (home === undefined ? domains[0] : undefined);
        if (there === undefined || (home !== undefined && isActive(home.state))) return [];
        return [{ uuid, name: there.name, host: there.host }];
      });
    }),
  };
}

async function evacuationOf(
  services: Services,
  mover: Mover,
  { host, to }: { host: string; to: readonly string[] },
  signal: AbortSignal | undefined,
): Promise<Evacuation> {
  const { fleet } = services;
  const isDemo = (id: string): boolean => fleet.hosts.connection(id).host.kind === 'demo';
  const targets = fleet.hosts
    .ids()
    .filter(
      (id) =>
        id !== host &&
        (to.length === 0 || to.includes(id)) &&
        fleet.hosts.connection(id).session !== null &&
        isDemo(id) === isDemo(host),
    );
  const queue = fleet.store
    .domains(host)
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const memory = new Map<string, MigratePlan['afterwards']['memory']>();
  const pools = new Map(targets.map((id) => [id, new Map<string, number>()]));
  const subjects = new Map<string, EvacuationSubject>();
  const work = async (): Promise<void> => {
    for (let domain = queue.shift(); domain !== undefined; domain = queue.shift()) {
      signal?.throwIfAborted();
      const { uuid } = domain;
      try {
        const looks = domain.template === true ? [] : await mover.look({ host, uuid }, targets, signal);
        for (const [index, { afterwards }] of looks.entries()) {
          const id = targets[index] ?? '';
          memory.set(id, afterwards.memory ?? memory.get(id) ?? null);
          for (const { pool, availableBytes } of afterwards.pools) pools.get(id)?.set(pool, availableBytes);
        }
        subjects.set(uuid, subjectOf(domain, targets, looks));
      } catch (error) {
        const { message } = toFailure(error, { message: `${domain.name} could not be looked at.` });
        subjects.set(uuid, stoppedBy(domain, targets, message));
      }
    }
  };
  const domains = [...queue];
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const hosts = targets.map((id): EvacuationHost => {
    const { totalBytes = null, freeBytes = null } = memory.get(id) ?? {};
    const running = fleet.store.domains(id).filter(({ state }) => isActive(state));
    return {
      id,
      memoryTotalBytes: totalBytes,
      memoryFreeBytes: freeBytes,
      cpus: fleet.store.host(id)?.info?.cpus ?? null,
      vcpus: running.reduce((sum, { vcpus }) => sum + vcpus, 0),
      pools: pools.get(id) ?? new Map(),
    };
  });
  return {
    machines: placeMachines(
      domains.flatMap(({ uuid }) => subjects.get(uuid) ?? []),
      hosts,
    ),
    hosts: hosts.map(({ id, memoryTotalBytes, memoryFreeBytes }) => ({
      host: id,
      memoryTotalBytes,
      memoryFreeBytes,
    })),
  };
}

function subjectOf(domain: Domain, targets: readonly string[], looks: readonly Look[]): EvacuationSubject {
  if (domain.template === true)
    return stoppedBy(domain, targets, `${domain.name} is a template, which stays where it is.`);
  const takes = new Map(
    targets.map((host, index) => [
      host,
      (looks[index]?.afterwards.pools ?? []).map(({ pool, name, takenBytes: bytes }) => ({
        pool,
        name,
        bytes,
      })),
    ]),
  );
  const looksLater = targets.filter((_, index) => isLater(looks[index]?.items ?? []));
  return {
    ...head(domain),
    takes,
    looksLater: new Set(looksLater),
    targets: targets.map((host, index) => ({
      host,
      ...found(looks[index]?.items ?? []),
      disks: shownDisks({ disks: looks[index]?.disks ?? [] }),
      stays: looks[index]?.stays ?? [],
      replaces: looks[index]?.replaces ?? [],
    })),
  };
}

function stoppedBy(domain: Domain, targets: readonly string[], reason: string): EvacuationSubject {
  return {
    ...head(domain),
    takes: new Map(),
    looksLater: new Set(),
    targets: targets.map((host) => ({
      host,
      level: 'stop' as const,
      reasons: [reason],
      ejects: [],
      disks: [],
      stays: [],
      replaces: [],
    })),
  };
}

function head({ uuid, name, state, memoryKiB, vcpus }: Domain) {
  const running = isActive(state);
  return { uuid, name, running, memoryBytes: running ? memoryKiB * 1024 : 0, vcpus };
}

function found(
  items: readonly MigrateItem[],
): Pick<EvacuationMachine['targets'][number], 'level' | 'reasons' | 'ejects'> {
  const of = (level: MigrateItem['level']): string[] =>
    items.filter((item) => item.level === level).map(({ message }) => message);
  const [stops, warns] = [of('stop'), of('warn')];
  return {
    level: stops.length > 0 ? 'stop' : warns.length > 0 ? 'warn' : 'ok',
    reasons: [...stops, ...warns],
    ejects: ejectsOf(items),
  };
}

function onHost<T>(services: Services, id: string, what: string, work: () => Promise<T>): Promise<T> {
  const host = services.fleet.store.host(id);
  const message = `${what}: ${host?.name ?? 'the host'}.`;
  const onFault = (error: unknown): void => services.onFault(message, error);
  return failing(
    { message, onFault, ...(host === undefined ? {} : { host: { id, name: host.name } }) },
    work,
  );
}
