/** virDomainState of libvirt-domain.h */
export const virDomainState = {
  VIR_DOMAIN_NOSTATE: 0,
  VIR_DOMAIN_RUNNING: 1,
  VIR_DOMAIN_BLOCKED: 2,
  VIR_DOMAIN_PAUSED: 3,
  VIR_DOMAIN_SHUTDOWN: 4,
  VIR_DOMAIN_SHUTOFF: 5,
  VIR_DOMAIN_CRASHED: 6,
  VIR_DOMAIN_PMSUSPENDED: 7,
} as const;

/** virDomainNostateReason of libvirt-domain.h */
export const virDomainNostateReason = {
  VIR_DOMAIN_NOSTATE_UNKNOWN: 0,
} as const;

/** virDomainRunningReason of libvirt-domain.h */
export const virDomainRunningReason = {
  VIR_DOMAIN_RUNNING_UNKNOWN: 0,
  VIR_DOMAIN_RUNNING_BOOTED: 1,
  VIR_DOMAIN_RUNNING_MIGRATED: 2,
  VIR_DOMAIN_RUNNING_RESTORED: 3,
  VIR_DOMAIN_RUNNING_FROM_SNAPSHOT: 4,
  VIR_DOMAIN_RUNNING_UNPAUSED: 5,
  VIR_DOMAIN_RUNNING_MIGRATION_CANCELED: 6,
  VIR_DOMAIN_RUNNING_SAVE_CANCELED: 7,
  VIR_DOMAIN_RUNNING_WAKEUP: 8,
  VIR_DOMAIN_RUNNING_CRASHED: 9,
  VIR_DOMAIN_RUNNING_POSTCOPY: 10,
  VIR_DOMAIN_RUNNING_POSTCOPY_FAILED: 11,
} as const;

/** virDomainBlockedReason of libvirt-domain.h */
export const virDomainBlockedReason = {
  VIR_DOMAIN_BLOCKED_UNKNOWN: 0,
} as const;

/** virDomainPausedReason of libvirt-domain.h */
export const virDomainPausedReason = {
  VIR_DOMAIN_PAUSED_UNKNOWN: 0,
  VIR_DOMAIN_PAUSED_USER: 1,
  VIR_DOMAIN_PAUSED_MIGRATION: 2,
  VIR_DOMAIN_PAUSED_SAVE: 3,
  VIR_DOMAIN_PAUSED_DUMP: 4,
  VIR_DOMAIN_PAUSED_IOERROR: 5,
  VIR_DOMAIN_PAUSED_WATCHDOG: 6,
  VIR_DOMAIN_PAUSED_FROM_SNAPSHOT: 7,
  VIR_DOMAIN_PAUSED_SHUTTING_DOWN: 8,
  VIR_DOMAIN_PAUSED_SNAPSHOT: 9,
  VIR_DOMAIN_PAUSED_CRASHED: 10,
  VIR_DOMAIN_PAUSED_STARTING_UP: 11,
  VIR_DOMAIN_PAUSED_POSTCOPY: 12,
  VIR_DOMAIN_PAUSED_POSTCOPY_FAILED: 13,
} as const;

/** virDomainShutdownReason of libvirt-domain.h */
export const virDomainShutdownReason = {
  VIR_DOMAIN_SHUTDOWN_UNKNOWN: 0,
  VIR_DOMAIN_SHUTDOWN_USER: 1,
} as const;

/** virDomainShutoffReason of libvirt-domain.h */
export const virDomainShutoffReason = {
  VIR_DOMAIN_SHUTOFF_UNKNOWN: 0,
  VIR_DOMAIN_SHUTOFF_SHUTDOWN: 1,
  VIR_DOMAIN_SHUTOFF_DESTROYED: 2,
  VIR_DOMAIN_SHUTOFF_CRASHED: 3,
  VIR_DOMAIN_SHUTOFF_MIGRATED: 4,
  VIR_DOMAIN_SHUTOFF_SAVED: 5,
  VIR_DOMAIN_SHUTOFF_FAILED: 6,
  VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT: 7,
  VIR_DOMAIN_SHUTOFF_DAEMON: 8,
} as const;

/** virDomainCrashedReason of libvirt-domain.h */
export const virDomainCrashedReason = {
  VIR_DOMAIN_CRASHED_UNKNOWN: 0,
  VIR_DOMAIN_CRASHED_PANICKED: 1,
} as const;

/** virDomainPMSuspendedReason of libvirt-domain.h */
export const virDomainPMSuspendedReason = {
  VIR_DOMAIN_PMSUSPENDED_UNKNOWN: 0,
} as const;

/** virDomainPMSuspendedDiskReason of libvirt-domain.h */
export const virDomainPMSuspendedDiskReason = {
  VIR_DOMAIN_PMSUSPENDED_DISK_UNKNOWN: 0,
} as const;

/** virDomainControlState of libvirt-domain.h */
export const virDomainControlState = {
  VIR_DOMAIN_CONTROL_OK: 0,
  VIR_DOMAIN_CONTROL_JOB: 1,
  VIR_DOMAIN_CONTROL_OCCUPIED: 2,
  VIR_DOMAIN_CONTROL_ERROR: 3,
} as const;

/** virDomainControlErrorReason of libvirt-domain.h */
export const virDomainControlErrorReason = {
  VIR_DOMAIN_CONTROL_ERROR_REASON_NONE: 0,
  VIR_DOMAIN_CONTROL_ERROR_REASON_UNKNOWN: 1,
  VIR_DOMAIN_CONTROL_ERROR_REASON_MONITOR: 2,
  VIR_DOMAIN_CONTROL_ERROR_REASON_INTERNAL: 3,
} as const;

/** virVcpuState of libvirt-domain.h */
export const virVcpuState = {
  VIR_VCPU_OFFLINE: 0,
  VIR_VCPU_RUNNING: 1,
  VIR_VCPU_BLOCKED: 2,
} as const;
