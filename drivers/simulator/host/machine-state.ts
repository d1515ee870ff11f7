import {
  virDomainPausedReason as paused,
  virDomainRunningReason as running,
  virDomainShutoffReason as shutoff,
  virDomainState as state,
} from '../../libvirt/constants/index.ts';

/** A virDomainState and the reason within it. */
export interface MachineState {
  readonly state: number;
  readonly reason: number;
}

/** The states that a simulated machine can be in. */
export const STATES = {
  booted: { state: state.VIR_DOMAIN_RUNNING, reason: running.VIR_DOMAIN_RUNNING_BOOTED },
  restored: { state: state.VIR_DOMAIN_RUNNING, reason: running.VIR_DOMAIN_RUNNING_RESTORED },
  unpaused: { state: state.VIR_DOMAIN_RUNNING, reason: running.VIR_DOMAIN_RUNNING_UNPAUSED },
  pausedByUser: { state: state.VIR_DOMAIN_PAUSED, reason: paused.VIR_DOMAIN_PAUSED_USER },
  /** QEMU's driver takes a saved state in as it does a machine that migrates here. */
  restoredPaused: { state: state.VIR_DOMAIN_PAUSED, reason: paused.VIR_DOMAIN_PAUSED_MIGRATION },
  /** What has gone, or is still to come, waits so. */
  pausedByMigration: { state: state.VIR_DOMAIN_PAUSED, reason: paused.VIR_DOMAIN_PAUSED_MIGRATION },
  migrated: { state: state.VIR_DOMAIN_RUNNING, reason: running.VIR_DOMAIN_RUNNING_MIGRATED },
  migrationCanceled: {
    state: state.VIR_DOMAIN_RUNNING,
    reason: running.VIR_DOMAIN_RUNNING_MIGRATION_CANCELED,
  },
  offMigrated: { state: state.VIR_DOMAIN_SHUTOFF, reason: shutoff.VIR_DOMAIN_SHUTOFF_MIGRATED },
  pausedByIoError: { state: state.VIR_DOMAIN_PAUSED, reason: paused.VIR_DOMAIN_PAUSED_IOERROR },
  pausedForSave: { state: state.VIR_DOMAIN_PAUSED, reason: paused.VIR_DOMAIN_PAUSED_SAVE },
  saveCanceled: { state: state.VIR_DOMAIN_RUNNING, reason: running.VIR_DOMAIN_RUNNING_SAVE_CANCELED },
  offUnknown: { state: state.VIR_DOMAIN_SHUTOFF, reason: shutoff.VIR_DOMAIN_SHUTOFF_UNKNOWN },
  offByShutdown: { state: state.VIR_DOMAIN_SHUTOFF, reason: shutoff.VIR_DOMAIN_SHUTOFF_SHUTDOWN },
  offByForce: { state: state.VIR_DOMAIN_SHUTOFF, reason: shutoff.VIR_DOMAIN_SHUTOFF_DESTROYED },
  offByFailedStart: { state: state.VIR_DOMAIN_SHUTOFF, reason: shutoff.VIR_DOMAIN_SHUTOFF_FAILED },
  offSaved: { state: state.VIR_DOMAIN_SHUTOFF, reason: shutoff.VIR_DOMAIN_SHUTOFF_SAVED },
} as const satisfies Record<string, MachineState>;

/** How long a guest takes. */
export const DURATIONS_MS = {
  shutdown: 2000,
  reboot: 1500,
  agentAfter: 4500,
  /** An installer that was started by its kernel ends in a restart. */
  install: 12_000,
} as const;
