/** virDomainBlockResizeFlags of libvirt-domain.h */
export const virDomainBlockResizeFlags = {
  VIR_DOMAIN_BLOCK_RESIZE_BYTES: 1,
} as const;

/** virDomainBlockJobType of libvirt-domain.h */
export const virDomainBlockJobType = {
  VIR_DOMAIN_BLOCK_JOB_TYPE_UNKNOWN: 0,
  VIR_DOMAIN_BLOCK_JOB_TYPE_PULL: 1,
  VIR_DOMAIN_BLOCK_JOB_TYPE_COPY: 2,
  VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT: 3,
  VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT: 4,
  VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP: 5,
} as const;

/** virDomainBlockJobAbortFlags of libvirt-domain.h */
export const virDomainBlockJobAbortFlags = {
  VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC: 1,
  VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT: 2,
} as const;

/** virDomainBlockJobInfoFlags of libvirt-domain.h */
export const virDomainBlockJobInfoFlags = {
  VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES: 1,
} as const;

/** virDomainBlockJobSetSpeedFlags of libvirt-domain.h */
export const virDomainBlockJobSetSpeedFlags = {
  VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES: 1,
} as const;

/** virDomainBlockPullFlags of libvirt-domain.h */
export const virDomainBlockPullFlags = {
  VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES: 64,
} as const;

/** virDomainBlockRebaseFlags of libvirt-domain.h */
export const virDomainBlockRebaseFlags = {
  VIR_DOMAIN_BLOCK_REBASE_SHALLOW: 1,
  VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT: 2,
  VIR_DOMAIN_BLOCK_REBASE_COPY_RAW: 4,
  VIR_DOMAIN_BLOCK_REBASE_COPY: 8,
  VIR_DOMAIN_BLOCK_REBASE_RELATIVE: 16,
  VIR_DOMAIN_BLOCK_REBASE_COPY_DEV: 32,
  VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES: 64,
} as const;

/** virDomainBlockCopyFlags of libvirt-domain.h */
export const virDomainBlockCopyFlags = {
  VIR_DOMAIN_BLOCK_COPY_SHALLOW: 1,
  VIR_DOMAIN_BLOCK_COPY_REUSE_EXT: 2,
  VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB: 4,
  VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES: 8,
} as const;

/** virDomainBlockCommitFlags of libvirt-domain.h */
export const virDomainBlockCommitFlags = {
  VIR_DOMAIN_BLOCK_COMMIT_SHALLOW: 1,
  VIR_DOMAIN_BLOCK_COMMIT_DELETE: 2,
  VIR_DOMAIN_BLOCK_COMMIT_ACTIVE: 4,
  VIR_DOMAIN_BLOCK_COMMIT_RELATIVE: 8,
  VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES: 16,
} as const;

/** virDomainJobType of libvirt-domain.h */
export const virDomainJobType = {
  VIR_DOMAIN_JOB_NONE: 0,
  VIR_DOMAIN_JOB_BOUNDED: 1,
  VIR_DOMAIN_JOB_UNBOUNDED: 2,
  VIR_DOMAIN_JOB_COMPLETED: 3,
  VIR_DOMAIN_JOB_FAILED: 4,
  VIR_DOMAIN_JOB_CANCELLED: 5,
} as const;

/** virDomainGetJobStatsFlags of libvirt-domain.h */
export const virDomainGetJobStatsFlags = {
  VIR_DOMAIN_JOB_STATS_COMPLETED: 1,
  VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED: 2,
} as const;

/** virDomainAbortJobFlagsValues of libvirt-domain.h */
export const virDomainAbortJobFlagsValues = {
  VIR_DOMAIN_ABORT_JOB_POSTCOPY: 1,
} as const;

/** virDomainJobOperation of libvirt-domain.h */
export const virDomainJobOperation = {
  VIR_DOMAIN_JOB_OPERATION_UNKNOWN: 0,
  VIR_DOMAIN_JOB_OPERATION_START: 1,
  VIR_DOMAIN_JOB_OPERATION_SAVE: 2,
  VIR_DOMAIN_JOB_OPERATION_RESTORE: 3,
  VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN: 4,
  VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT: 5,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT: 6,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT: 7,
  VIR_DOMAIN_JOB_OPERATION_DUMP: 8,
  VIR_DOMAIN_JOB_OPERATION_BACKUP: 9,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE: 10,
} as const;
