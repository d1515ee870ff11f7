/** Names and numbers that libvirt's headers define as macros. */
export const virDomainScheduler = {
  VIR_DOMAIN_SCHEDULER_CPU_SHARES: 'cpu_shares',
  VIR_DOMAIN_SCHEDULER_GLOBAL_PERIOD: 'global_period',
  VIR_DOMAIN_SCHEDULER_GLOBAL_QUOTA: 'global_quota',
  VIR_DOMAIN_SCHEDULER_VCPU_PERIOD: 'vcpu_period',
  VIR_DOMAIN_SCHEDULER_VCPU_QUOTA: 'vcpu_quota',
  VIR_DOMAIN_SCHEDULER_EMULATOR_PERIOD: 'emulator_period',
  VIR_DOMAIN_SCHEDULER_EMULATOR_QUOTA: 'emulator_quota',
  VIR_DOMAIN_SCHEDULER_IOTHREAD_PERIOD: 'iothread_period',
  VIR_DOMAIN_SCHEDULER_IOTHREAD_QUOTA: 'iothread_quota',
  VIR_DOMAIN_SCHEDULER_WEIGHT: 'weight',
  VIR_DOMAIN_SCHEDULER_CAP: 'cap',
  VIR_DOMAIN_SCHEDULER_RESERVATION: 'reservation',
  VIR_DOMAIN_SCHEDULER_LIMIT: 'limit',
  VIR_DOMAIN_SCHEDULER_SHARES: 'shares',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainBlockStats = {
  VIR_DOMAIN_BLOCK_STATS_READ_BYTES: 'rd_bytes',
  VIR_DOMAIN_BLOCK_STATS_READ_REQ: 'rd_operations',
  VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES: 'rd_total_times',
  VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES: 'wr_bytes',
  VIR_DOMAIN_BLOCK_STATS_WRITE_REQ: 'wr_operations',
  VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES: 'wr_total_times',
  VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ: 'flush_operations',
  VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES: 'flush_total_times',
  VIR_DOMAIN_BLOCK_STATS_ERRS: 'errs',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainParameter = {
  VIR_DOMAIN_SAVE_PARAM_FILE: 'file',
  VIR_DOMAIN_SAVE_PARAM_DXML: 'dxml',
  VIR_DOMAIN_SEND_KEY_MAX_KEYS: 16,
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainCpuStats = {
  VIR_DOMAIN_CPU_STATS_CPUTIME: 'cpu_time',
  VIR_DOMAIN_CPU_STATS_USERTIME: 'user_time',
  VIR_DOMAIN_CPU_STATS_SYSTEMTIME: 'system_time',
  VIR_DOMAIN_CPU_STATS_VCPUTIME: 'vcpu_time',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainBlkio = {
  VIR_DOMAIN_BLKIO_WEIGHT: 'weight',
  VIR_DOMAIN_BLKIO_DEVICE_WEIGHT: 'device_weight',
  VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS: 'device_read_iops_sec',
  VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS: 'device_write_iops_sec',
  VIR_DOMAIN_BLKIO_DEVICE_READ_BPS: 'device_read_bytes_sec',
  VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS: 'device_write_bytes_sec',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainMemoryParameter = {
  VIR_DOMAIN_MEMORY_HARD_LIMIT: 'hard_limit',
  VIR_DOMAIN_MEMORY_SOFT_LIMIT: 'soft_limit',
  VIR_DOMAIN_MEMORY_MIN_GUARANTEE: 'min_guarantee',
  VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT: 'swap_hard_limit',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainNuma = {
  VIR_DOMAIN_NUMA_NODESET: 'numa_nodeset',
  VIR_DOMAIN_NUMA_MODE: 'numa_mode',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainBandwidth = {
  VIR_DOMAIN_BANDWIDTH_IN_AVERAGE: 'inbound.average',
  VIR_DOMAIN_BANDWIDTH_IN_PEAK: 'inbound.peak',
  VIR_DOMAIN_BANDWIDTH_IN_BURST: 'inbound.burst',
  VIR_DOMAIN_BANDWIDTH_IN_FLOOR: 'inbound.floor',
  VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE: 'outbound.average',
  VIR_DOMAIN_BANDWIDTH_OUT_PEAK: 'outbound.peak',
  VIR_DOMAIN_BANDWIDTH_OUT_BURST: 'outbound.burst',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainIothread = {
  VIR_DOMAIN_IOTHREAD_POLL_MAX_NS: 'poll_max_ns',
  VIR_DOMAIN_IOTHREAD_POLL_GROW: 'poll_grow',
  VIR_DOMAIN_IOTHREAD_POLL_SHRINK: 'poll_shrink',
  VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN: 'thread_pool_min',
  VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX: 'thread_pool_max',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virPerfParam = {
  VIR_PERF_PARAM_CMT: 'cmt',
  VIR_PERF_PARAM_MBMT: 'mbmt',
  VIR_PERF_PARAM_MBML: 'mbml',
  VIR_PERF_PARAM_CACHE_MISSES: 'cache_misses',
  VIR_PERF_PARAM_CACHE_REFERENCES: 'cache_references',
  VIR_PERF_PARAM_INSTRUCTIONS: 'instructions',
  VIR_PERF_PARAM_CPU_CYCLES: 'cpu_cycles',
  VIR_PERF_PARAM_BRANCH_INSTRUCTIONS: 'branch_instructions',
  VIR_PERF_PARAM_BRANCH_MISSES: 'branch_misses',
  VIR_PERF_PARAM_BUS_CYCLES: 'bus_cycles',
  VIR_PERF_PARAM_STALLED_CYCLES_FRONTEND: 'stalled_cycles_frontend',
  VIR_PERF_PARAM_STALLED_CYCLES_BACKEND: 'stalled_cycles_backend',
  VIR_PERF_PARAM_REF_CPU_CYCLES: 'ref_cpu_cycles',
  VIR_PERF_PARAM_CPU_CLOCK: 'cpu_clock',
  VIR_PERF_PARAM_TASK_CLOCK: 'task_clock',
  VIR_PERF_PARAM_PAGE_FAULTS: 'page_faults',
  VIR_PERF_PARAM_CONTEXT_SWITCHES: 'context_switches',
  VIR_PERF_PARAM_CPU_MIGRATIONS: 'cpu_migrations',
  VIR_PERF_PARAM_PAGE_FAULTS_MIN: 'page_faults_min',
  VIR_PERF_PARAM_PAGE_FAULTS_MAJ: 'page_faults_maj',
  VIR_PERF_PARAM_ALIGNMENT_FAULTS: 'alignment_faults',
  VIR_PERF_PARAM_EMULATION_FAULTS: 'emulation_faults',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainBlockCopy = {
  VIR_DOMAIN_BLOCK_COPY_BANDWIDTH: 'bandwidth',
  VIR_DOMAIN_BLOCK_COPY_GRANULARITY: 'granularity',
  VIR_DOMAIN_BLOCK_COPY_BUF_SIZE: 'buf-size',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainBlockIotune = {
  VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC: 'total_bytes_sec',
  VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC: 'read_bytes_sec',
  VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC: 'write_bytes_sec',
  VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC: 'total_iops_sec',
  VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC: 'read_iops_sec',
  VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC: 'write_iops_sec',
  VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX: 'total_bytes_sec_max',
  VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX: 'read_bytes_sec_max',
  VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX: 'write_bytes_sec_max',
  VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX: 'total_iops_sec_max',
  VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX: 'read_iops_sec_max',
  VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX: 'write_iops_sec_max',
  VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX_LENGTH: 'total_bytes_sec_max_length',
  VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX_LENGTH: 'read_bytes_sec_max_length',
  VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX_LENGTH: 'write_bytes_sec_max_length',
  VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX_LENGTH: 'total_iops_sec_max_length',
  VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX_LENGTH: 'read_iops_sec_max_length',
  VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX_LENGTH: 'write_iops_sec_max_length',
  VIR_DOMAIN_BLOCK_IOTUNE_SIZE_IOPS_SEC: 'size_iops_sec',
  VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME: 'group_name',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainJobField = {
  VIR_DOMAIN_JOB_OPERATION: 'operation',
  VIR_DOMAIN_JOB_TIME_ELAPSED: 'time_elapsed',
  VIR_DOMAIN_JOB_TIME_ELAPSED_NET: 'time_elapsed_net',
  VIR_DOMAIN_JOB_TIME_REMAINING: 'time_remaining',
  VIR_DOMAIN_JOB_DOWNTIME: 'downtime',
  VIR_DOMAIN_JOB_DOWNTIME_NET: 'downtime_net',
  VIR_DOMAIN_JOB_SETUP_TIME: 'setup_time',
  VIR_DOMAIN_JOB_DATA_TOTAL: 'data_total',
  VIR_DOMAIN_JOB_DATA_PROCESSED: 'data_processed',
  VIR_DOMAIN_JOB_DATA_REMAINING: 'data_remaining',
  VIR_DOMAIN_JOB_MEMORY_TOTAL: 'memory_total',
  VIR_DOMAIN_JOB_MEMORY_PROCESSED: 'memory_processed',
  VIR_DOMAIN_JOB_MEMORY_REMAINING: 'memory_remaining',
  VIR_DOMAIN_JOB_MEMORY_CONSTANT: 'memory_constant',
  VIR_DOMAIN_JOB_MEMORY_NORMAL: 'memory_normal',
  VIR_DOMAIN_JOB_MEMORY_NORMAL_BYTES: 'memory_normal_bytes',
  VIR_DOMAIN_JOB_MEMORY_BPS: 'memory_bps',
  VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE: 'memory_dirty_rate',
  VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE: 'memory_page_size',
  VIR_DOMAIN_JOB_MEMORY_ITERATION: 'memory_iteration',
  VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS: 'memory_postcopy_requests',
  VIR_DOMAIN_JOB_DISK_TOTAL: 'disk_total',
  VIR_DOMAIN_JOB_DISK_PROCESSED: 'disk_processed',
  VIR_DOMAIN_JOB_DISK_REMAINING: 'disk_remaining',
  VIR_DOMAIN_JOB_DISK_BPS: 'disk_bps',
  VIR_DOMAIN_JOB_COMPRESSION_CACHE: 'compression_cache',
  VIR_DOMAIN_JOB_COMPRESSION_BYTES: 'compression_bytes',
  VIR_DOMAIN_JOB_COMPRESSION_PAGES: 'compression_pages',
  VIR_DOMAIN_JOB_COMPRESSION_CACHE_MISSES: 'compression_cache_misses',
  VIR_DOMAIN_JOB_COMPRESSION_OVERFLOW: 'compression_overflow',
  VIR_DOMAIN_JOB_AUTO_CONVERGE_THROTTLE: 'auto_converge_throttle',
  VIR_DOMAIN_JOB_SUCCESS: 'success',
  VIR_DOMAIN_JOB_ERRMSG: 'errmsg',
  VIR_DOMAIN_JOB_DISK_TEMP_USED: 'disk_temp_used',
  VIR_DOMAIN_JOB_DISK_TEMP_TOTAL: 'disk_temp_total',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainTunable = {
  VIR_DOMAIN_TUNABLE_CPU_VCPUPIN: 'cputune.vcpupin%u',
  VIR_DOMAIN_TUNABLE_CPU_EMULATORPIN: 'cputune.emulatorpin',
  VIR_DOMAIN_TUNABLE_CPU_IOTHREADSPIN: 'cputune.iothreadpin%u',
  VIR_DOMAIN_TUNABLE_CPU_CPU_SHARES: 'cputune.cpu_shares',
  VIR_DOMAIN_TUNABLE_CPU_GLOBAL_PERIOD: 'cputune.global_period',
  VIR_DOMAIN_TUNABLE_CPU_GLOBAL_QUOTA: 'cputune.global_quota',
  VIR_DOMAIN_TUNABLE_CPU_VCPU_PERIOD: 'cputune.vcpu_period',
  VIR_DOMAIN_TUNABLE_CPU_VCPU_QUOTA: 'cputune.vcpu_quota',
  VIR_DOMAIN_TUNABLE_CPU_EMULATOR_PERIOD: 'cputune.emulator_period',
  VIR_DOMAIN_TUNABLE_CPU_EMULATOR_QUOTA: 'cputune.emulator_quota',
  VIR_DOMAIN_TUNABLE_CPU_IOTHREAD_PERIOD: 'cputune.iothread_period',
  VIR_DOMAIN_TUNABLE_CPU_IOTHREAD_QUOTA: 'cputune.iothread_quota',
  VIR_DOMAIN_TUNABLE_BLKDEV_DISK: 'blkdeviotune.disk',
  VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_BYTES_SEC: 'blkdeviotune.total_bytes_sec',
  VIR_DOMAIN_TUNABLE_BLKDEV_READ_BYTES_SEC: 'blkdeviotune.read_bytes_sec',
  VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_BYTES_SEC: 'blkdeviotune.write_bytes_sec',
  VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_IOPS_SEC: 'blkdeviotune.total_iops_sec',
  VIR_DOMAIN_TUNABLE_BLKDEV_READ_IOPS_SEC: 'blkdeviotune.read_iops_sec',
  VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_IOPS_SEC: 'blkdeviotune.write_iops_sec',
  VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_BYTES_SEC_MAX: 'blkdeviotune.total_bytes_sec_max',
  VIR_DOMAIN_TUNABLE_BLKDEV_READ_BYTES_SEC_MAX: 'blkdeviotune.read_bytes_sec_max',
  VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_BYTES_SEC_MAX: 'blkdeviotune.write_bytes_sec_max',
  VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_IOPS_SEC_MAX: 'blkdeviotune.total_iops_sec_max',
  VIR_DOMAIN_TUNABLE_BLKDEV_READ_IOPS_SEC_MAX: 'blkdeviotune.read_iops_sec_max',
  VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_IOPS_SEC_MAX: 'blkdeviotune.write_iops_sec_max',
  VIR_DOMAIN_TUNABLE_BLKDEV_SIZE_IOPS_SEC: 'blkdeviotune.size_iops_sec',
  VIR_DOMAIN_TUNABLE_BLKDEV_GROUP_NAME: 'blkdeviotune.group_name',
  VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_BYTES_SEC_MAX_LENGTH: 'blkdeviotune.total_bytes_sec_max_length',
  VIR_DOMAIN_TUNABLE_BLKDEV_READ_BYTES_SEC_MAX_LENGTH: 'blkdeviotune.read_bytes_sec_max_length',
  VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_BYTES_SEC_MAX_LENGTH: 'blkdeviotune.write_bytes_sec_max_length',
  VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_IOPS_SEC_MAX_LENGTH: 'blkdeviotune.total_iops_sec_max_length',
  VIR_DOMAIN_TUNABLE_BLKDEV_READ_IOPS_SEC_MAX_LENGTH: 'blkdeviotune.read_iops_sec_max_length',
  VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_IOPS_SEC_MAX_LENGTH: 'blkdeviotune.write_iops_sec_max_length',
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virDomainLaunchSecurity = {
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_MEASUREMENT: 'sev-measurement',
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_API_MAJOR: 'sev-api-major',
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_API_MINOR: 'sev-api-minor',
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_BUILD_ID: 'sev-build-id',
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_POLICY: 'sev-policy',
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_HEADER: 'sev-secret-header',
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET: 'sev-secret',
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_SET_ADDRESS: 'sev-secret-set-address',
} as const;
