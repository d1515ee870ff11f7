import { readCapabilities } from '../../drivers/libvirt/model/index.ts';
import { isActive, stateFromWire } from '../inventory/states.ts';
import { domainByUuid } from '../jobs/create/steps/host-calls.ts';
import type { HostSession } from '../hosts/session.ts';
import { FailureError } from './errors.ts';
import type { Machine } from './fleet.ts';
import type { Services } from './services.ts';

/** Reasons of a pause that a migration made: the machine may run elsewhere. */
const LEFT_BEHIND = new Set(['migration', 'postcopy', 'postcopy_failed']);

/**
 * While it is not known which host has a machine, nobody starts a second copy of it.
 * @param done completes “is on its way … and is not …”
 * @throws FailureError CONFLICT
 */
export async function refuseMoving(
  { workflows }: Services,
  { domain, host }: Machine,
  done: string,
): Promise<void> {
  const plan = await workflows.open('migrate', domain.uuid);
  if (plan === null) return;
  const [from, to] = plan.hosts;
  throw conflict(
    host,
    `${domain.name} is on its way from ${from.name} to ${to?.name ?? 'another host'} and is not ${done} before it is known which of them has it: Virtlane finds out while it is open and both are connected.`,
  );
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
  const twins = fleet.store.domains().filter((one) => one.uuid === domain.uuid && one.host !== host.id);
  for (const twin of twins) {
    const there = fleet.hosts.connection(twin.host).session;
    if (there === null || (await hostUuid(there)) === (await hostUuid(session))) continue;
    if ((await twinIn(there, domain.uuid)) !== 'runs') continue;
    const name = fleet.store.host(twin.host)?.name ?? twin.host;
    throw conflict(
      host,
      `${domain.name} runs on ${name} and is not ${done} on ${host.name}: there would be two of it. Delete the definition on ${host.name} and keep its disks, or force it off on ${name}.`,
    );
  }
}

/**
 * QEMU resumes a machine that was migrated away without a word, and it then runs on two hosts. Before that, every other host is asked.
 * @throws FailureError CONFLICT where another host has the machine, or cannot be asked
 */
export async function refuseResume(services: Services, machine: Machine): Promise<void> {
  const { session, dom, domain, host } = machine;
  await refuseMoving(services, machine, 'resumed');
  const reply = await session.client.remote.domainGetState({ dom, flags: 0 });
  const { state, reason } = stateFromWire(reply.state, reply.reason);
  if (state !== 'paused' || !LEFT_BEHIND.has(reason)) return;
  const paused = `${domain.name} on ${host.name} was paused by a migration, and may run elsewhere`;
  const away: string[] = [];
  let asked = 0;
  const own = await hostUuid(session);
  for (const other of services.fleet.store.hosts().filter(({ id }) => id !== host.id)) {
    const there = services.fleet.hosts.connection(other.id).session;
    if (there === null) away.push(other.name);
    else if ((await hostUuid(there)) !== own) {
      await refuseTwin(machine, other.name, there);
      asked += 1;
    }
  }
  if (away.length > 0)
    throw conflict(
      host,
      `${paused}. It is not resumed before every other host was asked: connect ${away.join(', ')}.`,
    );
  if (asked === 0)
    throw conflict(
      host,
      `${paused}. It is not resumed before the other host was asked: add that host and connect it.`,
    );
}

async function refuseTwin({ domain, host }: Machine, there: string, session: HostSession): Promise<void> {
  const twin = await twinIn(session, domain.uuid);
  if (twin === null) return;
  throw conflict(
    host,
    twin === 'runs'
      ? `${domain.name} runs on ${there}: what is paused on ${host.name} is left from its migration, and is not resumed. Force it off on ${host.name}.`
      : `${domain.name} was moved to ${there}, where it is off: what is paused on ${host.name} is older, and is not resumed. Force it off on ${host.name}, or delete the definition on ${there} when that is the older one.`,
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
