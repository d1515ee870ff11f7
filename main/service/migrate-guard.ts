import { readCapabilities } from '../../drivers/libvirt/model/index.ts';
import { LinkError } from '../../drivers/rpc/errors.ts';
import { isActive, isLeftBehind, stateFromWire } from '../inventory/states.ts';
import { domainByUuid } from '../jobs/create/steps/host-calls.ts';
import { hasJob, movesHere } from '../jobs/migrate/look.ts';
import { readTwin } from '../jobs/migrate/twin-mark.ts';
import type { HostSession } from '../hosts/session.ts';
import { FailureError } from './errors.ts';
import type { Machine } from './fleet.ts';
import type { Services } from './services.ts';

/** Reasons of a state in which some of a machine's memory is on another host. */
const SPLIT: ReadonlySet<string> = new Set(['postcopy', 'postcopy_failed']);

/** How `refuseMoving` is told of two that a host which is slow to answer must not hold up: libvirt itself starts nothing that is there. */
export const FORCED_OFF = 'forced off';
export const STARTED = 'started';
const IN_A_HURRY: ReadonlySet<string> = new Set([FORCED_OFF, STARTED]);
const HURRY_MS = 2000;
const ASK_MS = 15_000;

/**
 * While it is not known which host has a machine, nobody starts a second copy of it, and nobody ends one: it may be the only one.
 * @param done completes “is on its way … and is not …”
 * @throws FailureError CONFLICT
 */
export async function refuseMoving(
  { workflows }: Services,
  { session, dom, domain, host }: Machine,
  done: string,
): Promise<void> {
  const open = await workflows.open('migrate', domain.uuid);
  if (open === null) {
    // Of what others drive, virsh or a Virtlane with other settings, libvirt tells.
    const isHurried = IN_A_HURRY.has(done);
    const way = await movesHere(session.client, dom, isHurried ? HURRY_MS : ASK_MS).catch(
      (error: unknown) => {
        if (!(error instanceof LinkError && error.code === 'TIMEOUT')) throw error;
        // Who forces it off may do so because it hangs.
        if (isHurried) return null;
        throw conflict(
          host,
          `${host.name} does not say whether ${domain.name} is being moved, and it is not ${done} before that: where it hangs, force it off first.`,
        );
      },
    );
    if (way === null) return;
    throw conflict(
      host,
      `${domain.name} is being moved ${way} ${host.name} by another program, and is not ${done} before that is over.`,
    );
  }
  const [from, to] = open.plan.hosts;
  if (open.unreadable !== null)
    throw conflict(
      host,
      `Whether ${domain.name} is on ${from.name} or on ${to?.name ?? 'another host'} is not known, and it is not ${done} before that: this Virtlane cannot read the journal of its move, ${open.unreadable}. Start the newer Virtlane that wrote it; where the machine is in order, remove that file.`,
    );
  const onWay = `${domain.name} is on its way from ${from.name} to ${to?.name ?? 'another host'} and is not ${done}`;
  if (open.isHeld)
    throw conflict(
      host,
      `${onWay} before it is there, or its job is cancelled. Where that waits for a host, it ends when this tells which of them has the machine.`,
    );
  throw conflict(
    host,
    `${onWay} before it is known which of them has it: Virtlane finds out while it is open and both are connected; where its jobs ask whether that one goes on or is undone, answer there.`,
  );
}

/**
 * Limits that are set while nothing goes would stay for the next time, without a word.
 * @throws FailureError CONFLICT where the machine does not leave this host
 */
export async function refuseStill(
  { workflows }: Services,
  { session, dom, domain, host }: Machine,
): Promise<void> {
  if (await hasJob(session.client, dom)) return;
  // Its volumes are being made, or it is asked for at this moment.
  const open = await workflows.open('migrate', domain.uuid);
  if (open?.plan.hosts[0].id === host.id) return;
  throw conflict(host, `${domain.name} is not being moved from ${host.name}: there is nothing to change.`);
}

/**
 * A definition that an earlier move left starts a second copy. Only hosts where the inventory has the machine, too, are asked: a start
 * waits for no other.
 * @param done completes “runs on … and is not …”
 * @throws FailureError CONFLICT where it runs on another connected host
 */
export async function refuseTwinRuns(
  { fleet }: Services,
  { session, domain, host }: Machine,
  done: string,
): Promise<void> {
  for (const { there, name } of twinsOf(fleet, { domain, host })) {
    if (!(await runsIn(there, { session, domain }))) continue;
    throw conflict(
      host,
      `${domain.name} runs on ${name} and is not ${done} on ${host.name}: there would be two of it. ${mend(domain.state, host.name)}, or force it off on ${name}.`,
    );
  }
}

/** The name of another connected host on which a machine runs that is off here; null: there is none. One that does not answer is taken for what it told last. */
export async function runsElsewhere(
  { fleet }: Pick<Services, 'fleet'>,
  machine: Pick<Machine, 'session' | 'domain' | 'host'>,
): Promise<string | null> {
  for (const { there, name, state } of twinsOf(fleet, machine))
    if (await runsIn(there, machine).catch(() => isActive(state))) return name;
  return null;
}

/** Hosts beside its own where the inventory has the machine, too. */
function twinsOf({ store, hosts }: Services['fleet'], { domain, host }: Pick<Machine, 'domain' | 'host'>) {
  return store.domains().flatMap((one) => {
    if (one.uuid !== domain.uuid || one.host === host.id) return [];
    const there = hosts.connection(one.host).session;
    return there === null ? [] : [{ there, name: store.host(one.host)?.name ?? one.host, state: one.state }];
  });
}

/** Never of a host that is in the list twice. */
async function runsIn(
  there: HostSession,
  { session, domain }: Pick<Machine, 'session' | 'domain'>,
): Promise<boolean> {
  if ((await hostUuid(there)) === (await hostUuid(session))) return false;
  return (await twinIn(there, domain.uuid)) === 'runs';
}

function mend(state: Machine['domain']['state'], host: string): string {
  return isActive(state) ? `Force it off on ${host}` : `Delete the definition on ${host} and keep its disks`;
}

/**
 * QEMU resumes a machine that was migrated away without a word, and it then runs on two hosts; so does what Virtlane paused as it ran on both. Before that, every other host is asked, and
 * the one that it was going to must be among them: libvirt does not keep which that was.
 * @param movedTo the host that a person names as that one; null: none is named
 * @throws FailureError CONFLICT where another host has the machine, or cannot be asked
 */
export async function refuseResume(
  services: Services,
  machine: Machine,
  movedTo: string | null,
): Promise<void> {
  const { session, dom, domain, host } = machine;
  await refuseMoving(services, machine, 'resumed');
  const reply = await session.client.remote.domainGetState({ dom, flags: 0 });
  const { state, reason } = stateFromWire(reply.state, reply.reason);
  if (SPLIT.has(reason)) throw split(machine, 'resumed');
  const isShell = state === 'paused' && reason === 'migration';
  const twin = state === 'paused' && !isShell ? await readTwin(session.client, dom) : null;
  // By a person, as before a migration.
  if (!isShell && twin === null) return refuseTwinRuns(services, machine, 'resumed');
  const paused = `${domain.name} on ${host.name} was paused ${twin === null ? 'by a migration' : `as it ran on ${twin}, too`}, and may run ${twin === null ? 'elsewhere' : 'there, with newer disks'}`;
  const { away, twins, asked } = await askOthers(services, machine);
  const [there] = twins;
  if (there !== undefined) throw leftBehind(machine, there);
  if (away.length > 0)
    throw conflict(
      host,
      `${paused}. It is not resumed before every other host was asked: connect ${away.join(', ')}.`,
    );
  if (asked.length === 0)
    throw conflict(
      host,
      twin === null
        ? `${paused}. It is not resumed before the other host was asked: add that host and connect it. libvirt calls so, too, what virsh restore --paused started: if that is sure, virsh resume lets it run.`
        : `${paused}. It is not resumed before ${twin} was asked: add that host and connect it.`,
    );
  if (movedTo === null)
    throw new FailureError({
      code: 'CONFLICT',
      message:
        twin === null
          ? `${paused}. No other host of the list has it, and libvirt does not tell where it was going: say which host that was, and add it first where the list does not have it.`
          : `${paused}. No other host of the list has it: say which host ${twin} is, and add it first where the list does not have it.`,
      host: { id: host.id, name: host.name },
      unless: 'movedTo',
    });
  if (!asked.includes(movedTo))
    throw conflict(
      host,
      `${paused}. The host that is named as the one it was going to is ${host.name} itself, or not in the list.`,
    );
}

/**
 * By post-copy a machine needs both hosts until all of its memory is on one: neither copy is forced off, paused or deleted before, unless
 * every other host was asked and it runs on none.
 * @param done completes “is not …”
 * @throws FailureError CONFLICT
 */
export async function refuseSplit(services: Services, machine: Machine, done: string): Promise<void> {
  const { session, dom } = machine;
  const reply = await session.client.remote.domainGetState({ dom, flags: 0 });
  if (!SPLIT.has(stateFromWire(reply.state, reply.reason).reason)) return;
  const { away, twins, asked } = await askOthers(services, machine);
  if (asked.length > 0 && away.length === 0 && twins.every(({ is }) => is === 'off')) return;
  throw split(machine, done);
}

/**
 * What a migration has left is no machine that can be kept: it may run elsewhere, and its disks change there.
 * @param done completes “is not …”
 * @throws FailureError CONFLICT
 */
export async function refuseLeftBehind(machine: Machine, done: string): Promise<void> {
  const { session, dom, domain, host } = machine;
  const reply = await session.client.remote.domainGetState({ dom, flags: 0 });
  const seen = stateFromWire(reply.state, reply.reason);
  if (!isLeftBehind(seen) && (seen.state !== 'paused' || (await readTwin(session.client, dom)) === null))
    return;
  throw conflict(
    host,
    `${domain.name} on ${host.name} is what a migration has left, and may run elsewhere: it is not ${done}. Resume asks every other host.`,
  );
}

interface Twin {
  readonly host: string;
  readonly is: 'runs' | 'off';
}

/** Asks every other host of the list whether it has the machine, too. `away`: names of those that cannot be asked; `asked`: ids. */
async function askOthers(
  { fleet }: Services,
  { session, domain, host }: Machine,
): Promise<{ away: string[]; twins: Twin[]; asked: string[] }> {
  const found = { away: [] as string[], twins: [] as Twin[], asked: [] as string[] };
  const own = await hostUuid(session);
  for (const other of fleet.store.hosts().filter(({ id }) => id !== host.id)) {
    const there = fleet.hosts.connection(other.id).session;
    if (there === null) found.away.push(other.name);
    else if ((await hostUuid(there)) !== own) {
      const is = await twinIn(there, domain.uuid);
      if (is !== null) found.twins.push({ host: other.name, is });
      found.asked.push(other.id);
    }
  }
  return found;
}

function leftBehind({ domain, host }: Machine, { host: there, is }: Twin): FailureError {
  return conflict(
    host,
    is === 'runs'
      ? `${domain.name} runs on ${there}: what is paused on ${host.name} is left from its migration, and is not resumed. Force it off on ${host.name}.`
      : `${domain.name} was moved to ${there}, where it is off: what is paused on ${host.name} is older, and is not resumed. Force it off on ${host.name}, or delete the definition on ${there} when that is the older one.`,
  );
}

function split({ domain, host }: Machine, done: string): FailureError {
  return conflict(
    host,
    `${domain.name} moves by post-copy: some of its memory is on ${host.name}, and some on the other host. It is not ${done} before one of them has all of it. Where they lost each other it goes on when they have each other again: by the Virtlane that moves it, else by virsh migrate --postcopy-resume.`,
  );
}

async function twinIn({ client }: HostSession, uuid: string): Promise<'runs' | 'off' | null> {
  const twin = await domainByUuid(client, uuid);
  if (twin === null) return null;
  const { state, reason } = await client.remote.domainGetState({ dom: twin, flags: 0 });
  return isActive(stateFromWire(state, reason).state) ? 'runs' : 'off';
}

/** What a host's libvirtd takes for its machine's UUID: one host may be in the list twice. */
async function hostUuid({ client, id }: HostSession): Promise<string> {
  const { capabilities } = await client.remote.connectGetCapabilities();
  return readCapabilities(capabilities).hostUuid ?? id;
}

function conflict({ id, name }: { id: string; name: string }, message: string): FailureError {
  return new FailureError({ code: 'CONFLICT', message, host: { id, name } });
}
