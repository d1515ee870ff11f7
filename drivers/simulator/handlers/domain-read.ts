import {
  virDomainDiskErrorCode as diskError,
  virDomainGetJobStatsFlags,
  virDomainJobType,
  virDomainState,
  virDomainVcpuFlags as vcpu,
  virDomainXMLFlags as xmlFlag,
} from '../../libvirt/constants/index.ts';
import { param } from '../../libvirt/typed-params.ts';
import { failure } from '../failures.ts';
import type { Machine } from '../host/machine.ts';
import { STATES } from '../host/machine-state.ts';
import { endedBackup } from './domain-backup.ts';
import { endedMigration, migrationOf } from './domain-migrate.ts';
import type { Handlers } from './table.ts';

const NS_PER_SECOND = 1_000_000_000;

function abortJob(machine: Machine): void {
  const migration = migrationOf(machine);
  if (migration === null) machine.abortJob();
  else migration.abort(failure('VIR_ERR_OPERATION_ABORTED', 'migration out job: canceled by client'));
}

/** What a machine is and says of itself, without its figures. */
export const domainReadHandlers: Handlers = {
  domainGetXmlDesc: ({ dom, flags }, { host }) => ({
    xml: host.machine(dom).xml({
      inactive: (flags & xmlFlag.VIR_DOMAIN_XML_INACTIVE) !== 0,
      secure: (flags & xmlFlag.VIR_DOMAIN_XML_SECURE) !== 0,
    }),
  }),
  domainGetState: ({ dom }, { host }) => ({ ...host.machine(dom).state }),
  domainIsActive: ({ dom }, { host }) => ({ active: host.machine(dom).isActive ? 1 : 0 }),
  domainIsPersistent: ({ dom }, { host }) => ({ persistent: host.machine(dom).persistent ? 1 : 0 }),
  // QEMU's driver does not say it of a new definition.
  domainIsUpdated: ({ dom }, { host }) => {
    host.machine(dom);
    return { updated: 0 };
  },
  domainGetOsType: ({ dom }, { host }) => {
    host.machine(dom);
    return { type: 'hvm' };
  },
  domainGetMaxMemory: ({ dom }, { host }) => ({ memory: BigInt(host.machine(dom).spec.maxMemoryKiB) }),
  domainGetMaxVcpus: ({ dom }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    return { num: machine.spec.maxVcpus };
  },
  domainGetVcpusFlags: ({ dom, flags }, { host }) => {
    const machine = host.machine(dom);
    const { spec } = machine;
    if ((flags & vcpu.VIR_DOMAIN_VCPU_LIVE) !== 0) machine.requireActive();
    return { num: (flags & vcpu.VIR_DOMAIN_VCPU_MAXIMUM) !== 0 ? spec.maxVcpus : spec.vcpus };
  },
  domainGetControlInfo: ({ dom }, { host }) => {
    host.machine(dom).requireActive();
    return { state: 0, details: 0, stateTime: 0n };
  },
  domainGetJobInfo: ({ dom }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    return migrationOf(machine)?.job.info(host.now()) ?? machine.jobInfo();
  },
  domainGetJobStats: ({ dom, flags }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    if ((flags & virDomainGetJobStatsFlags.VIR_DOMAIN_JOB_STATS_COMPLETED) !== 0)
      return (
        endedMigration(machine) ??
        endedBackup(machine) ?? { type: virDomainJobType.VIR_DOMAIN_JOB_NONE, params: [] }
      );
    const migration = migrationOf(machine);
    if (migration !== null) return migration.job.stats(host.now());
    const { type, timeElapsed, dataTotal, dataProcessed, dataRemaining } = machine.jobInfo();
    if (type === virDomainJobType.VIR_DOMAIN_JOB_NONE) return { type, params: [] };
    const figures = {
      time_elapsed: timeElapsed,
      data_total: dataTotal,
      data_processed: dataProcessed,
      data_remaining: dataRemaining,
    };
    return { type, params: Object.entries(figures).map(([field, value]) => param(field, 'ullong', value)) };
  },
  domainAbortJob: ({ dom }, { host }) => abortJob(host.machine(dom)),
  domainAbortJobFlags: ({ dom }, { host }) => abortJob(host.machine(dom)),
  domainGetSecurityLabel: () => ({ label: '', enforcing: 0 }),
  domainGetSecurityLabelList: () => ({ labels: [], ret: 0 }),
  domainGetSchedulerType: () => ({ type: 'posix', nparams: 0 }),
  domainGetDiskErrors: ({ dom }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    const failed =
      machine.state.reason === STATES.pausedByIoError.reason &&
      machine.state.state === virDomainState.VIR_DOMAIN_PAUSED;
    const disk = machine.spec.disks.at(-1)?.target ?? 'vda';
    const errors = failed ? [{ disk, error: diskError.VIR_DOMAIN_DISK_ERROR_NO_SPACE }] : [];
    return { errors, nerrors: errors.length };
  },
  domainGetMessages: () => ({ msgs: [] }),
  domainGetTime: ({ dom }, { host }) => {
    host.machine(dom).requireAgent();
    const now = host.now();
    return {
      seconds: BigInt(Math.floor(now / 1000)),
      nseconds: Math.floor((now % 1000) * (NS_PER_SECOND / 1000)),
    };
  },
  domainListAllSnapshots: ({ dom }, { host }) => {
    host.machine(dom);
    return { snapshots: [], ret: 0 };
  },
  domainSnapshotNum: () => ({ num: 0 }),
  domainSnapshotListNames: () => ({ names: [] }),
  domainHasCurrentSnapshot: () => ({ result: 0 }),
  domainSnapshotLookupByName: ({ name }) => {
    throw failure('VIR_ERR_NO_DOMAIN_SNAPSHOT', `no domain snapshot with matching name '${name}'`);
  },
  domainListAllCheckpoints: ({ dom }, { host }) => {
    host.machine(dom);
    return { checkpoints: [], ret: 0 };
  },
};
