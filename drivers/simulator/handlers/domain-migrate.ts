import { virDomainJobType, virDomainMigrateFlags as FLAGS } from '../../libvirt/constants/index.ts';
import { virMigrateParam as PARAM } from '../../libvirt/constants/domain-migrate.ts';
import type { TypedParam } from '../../libvirt/protocol/structs.ts';
import { getString, param, typedParamsToMap } from '../../libvirt/typed-params.ts';
import { failure } from '../failures.ts';
import { guestMemory } from '../host/guest-of.ts';
import type { HostState } from '../host/host-state.ts';
import { EVENTS } from '../host/lifecycle-events.ts';
import { MigrationJob } from '../host/migration-job.ts';
import { STATES } from '../host/machine-state.ts';
import type { Machine } from '../host/machine.ts';
import type { Handlers } from './table.ts';

const NO_COOKIE = new Uint8Array();
const DOWNTIME_MS = 84n;

interface Leaving {
  readonly job: MigrationJob;
  readonly abort: (error: Error) => void;
}

/** Machines whose data goes now. */
const leaving = new WeakMap<Machine, Leaving>();
/** Definitions of those that come. */
const coming = new WeakMap<Machine, string>();
const arrived = new WeakSet<Machine>();

/** The migration of a machine that goes now; null: there is none. */
export function migrationOf(machine: Machine): Leaving | null {
  return leaving.get(machine) ?? null;
}

/** How the last job of a machine ended that came by migration; null: it did not. */
export function endedMigration(machine: Machine) {
  if (!arrived.has(machine)) return null;
  return {
    type: virDomainJobType.VIR_DOMAIN_JOB_COMPLETED,
    params: [param('downtime', 'ullong', DOWNTIME_MS)],
  };
}

function textOf(params: readonly TypedParam[], field: string): string | null {
  return getString(typedParamsToMap(params), field);
}

function copiedBytes(host: HostState, machine: Machine, params: readonly TypedParam[]): number {
  const copied = params.flatMap(({ field, value }) =>
    field === PARAM.VIR_MIGRATE_PARAM_MIGRATE_DISKS ? [value.value] : [],
  );
  const paths = machine.spec.disks.flatMap(({ target, path }) =>
    path !== null && copied.includes(target) ? [path] : [],
  );
  return paths.reduce(
    (sum, path) => sum + host.storage.volume(host.storage.volumeByPath(path, 'path')).capacityBytes,
    0,
  );
}

/** Resolves when the data is over; the guest stands still from then on. */
function send(host: HostState, machine: Machine, bytes: number): Promise<void> {
  const { usedKiB, cacheKiB } = guestMemory(machine, host.now());
  const job = new MigrationJob({ disks: bytes, memory: (usedKiB + cacheKiB) * 1024 }, host.now());
  return new Promise<void>((resolve, reject) => {
    const stop = host.later(job.durationMs, () => {
      if (machine.isActive) resolve();
      else reject(failure('VIR_ERR_OPERATION_FAILED', 'domain is no longer running'));
    });
    leaving.set(machine, {
      job,
      abort: (error) => {
        stop();
        reject(error);
      },
    });
  }).finally(() => leaving.delete(machine));
}

/** A machine on its way between two hosts of the fleet: nothing goes but time, and its definition in the client's hands. */
export const domainMigrateHandlers: Handlers = {
  domainMigrateSetMaxDowntime: ({ dom }, { host }) => host.machine(dom).requireActive(),
  domainMigrateSetMaxSpeed: ({ dom }, { host }) => host.machine(dom).requireActive(),
  domainMigrateBegin3Params: ({ dom, params }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    const xml =
      textOf(params, PARAM.VIR_MIGRATE_PARAM_DEST_XML) ?? machine.xml({ inactive: true, secure: true });
    return { cookieOut: NO_COOKIE, xml };
  },
  domainMigratePrepare3Params: ({ params }, { host }) => {
    const xml = textOf(params, PARAM.VIR_MIGRATE_PARAM_DEST_XML) ?? '';
    const machine = host.receive(xml);
    coming.set(machine, textOf(params, PARAM.VIR_MIGRATE_PARAM_PERSIST_XML) ?? xml);
    return { cookieOut: NO_COOKIE, uriOut: `tcp://${host.hostname}:49152` };
  },
  domainMigratePerform3Params: async ({ dom, params }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    await send(host, machine, copiedBytes(host, machine, params));
    machine.become(STATES.pausedByMigration, EVENTS.held);
    return { cookieOut: NO_COOKIE };
  },
  domainMigrateFinish3Params: ({ params, flags, cancelled }, { host }) => {
    const machine = host.machineByName(textOf(params, PARAM.VIR_MIGRATE_PARAM_DEST_NAME) ?? '');
    const definition = coming.get(machine) ?? machine.definition;
    if (cancelled !== 0) {
      machine.end(STATES.offByForce, EVENTS.destroyed);
      throw failure('VIR_ERR_OPERATION_FAILED', 'migration was cancelled');
    }
    arrived.add(machine);
    if ((flags & FLAGS.VIR_MIGRATE_PAUSED) !== 0) machine.become(STATES.pausedByUser, EVENTS.paused);
    else machine.become(STATES.migrated, EVENTS.arrived);
    if ((flags & FLAGS.VIR_MIGRATE_PERSIST_DEST) !== 0) host.define(definition);
    return { dom: machine.ref, cookieOut: NO_COOKIE };
  },
  domainMigrateConfirm3Params: ({ dom, flags, cancelled }, { host }) => {
    const machine = host.machine(dom);
    if (cancelled !== 0) {
      const isHeld = machine.state.reason === STATES.pausedByMigration.reason && !machine.isRunning;
      if (isHeld) machine.become(STATES.migrationCanceled, EVENTS.arrived);
      return;
    }
    machine.end(STATES.offMigrated, EVENTS.gone);
    if ((flags & FLAGS.VIR_MIGRATE_UNDEFINE_SOURCE) !== 0) host.undefine(machine);
  },
};
