/** virNodeSuspendTarget of libvirt-host.h */
export const virNodeSuspendTarget = {
  VIR_NODE_SUSPEND_TARGET_MEM: 0,
  VIR_NODE_SUSPEND_TARGET_DISK: 1,
  VIR_NODE_SUSPEND_TARGET_HYBRID: 2,
} as const;

/** virNodeGetCPUStatsAllCPUs of libvirt-host.h */
export const virNodeGetCPUStatsAllCPUs = {
  VIR_NODE_CPU_STATS_ALL_CPUS: -1,
} as const;

/** virNodeGetMemoryStatsAllCells of libvirt-host.h */
export const virNodeGetMemoryStatsAllCells = {
  VIR_NODE_MEMORY_STATS_ALL_CELLS: -1,
} as const;

/** virNodeAllocPagesFlags of libvirt-host.h */
export const virNodeAllocPagesFlags = {
  VIR_NODE_ALLOC_PAGES_ADD: 0,
  VIR_NODE_ALLOC_PAGES_SET: 1,
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virNodeParameter = {
  VIR_NODE_CPU_STATS_FIELD_LENGTH: 80,
  VIR_NODE_CPU_STATS_KERNEL: 'kernel',
  VIR_NODE_CPU_STATS_USER: 'user',
  VIR_NODE_CPU_STATS_IDLE: 'idle',
  VIR_NODE_CPU_STATS_IOWAIT: 'iowait',
  VIR_NODE_CPU_STATS_INTR: 'intr',
  VIR_NODE_CPU_STATS_UTILIZATION: 'utilization',
  VIR_NODE_MEMORY_STATS_FIELD_LENGTH: 80,
  VIR_NODE_MEMORY_STATS_TOTAL: 'total',
  VIR_NODE_MEMORY_STATS_FREE: 'free',
  VIR_NODE_MEMORY_STATS_BUFFERS: 'buffers',
  VIR_NODE_MEMORY_STATS_CACHED: 'cached',
  VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN: 'shm_pages_to_scan',
  VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS: 'shm_sleep_millisecs',
  VIR_NODE_MEMORY_SHARED_PAGES_SHARED: 'shm_pages_shared',
  VIR_NODE_MEMORY_SHARED_PAGES_SHARING: 'shm_pages_sharing',
  VIR_NODE_MEMORY_SHARED_PAGES_UNSHARED: 'shm_pages_unshared',
  VIR_NODE_MEMORY_SHARED_PAGES_VOLATILE: 'shm_pages_volatile',
  VIR_NODE_MEMORY_SHARED_FULL_SCANS: 'shm_full_scans',
  VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES: 'shm_merge_across_nodes',
  VIR_NODE_SEV_PDH: 'pdh',
  VIR_NODE_SEV_CERT_CHAIN: 'cert-chain',
  VIR_NODE_SEV_CPU0_ID: 'cpu0-id',
  VIR_NODE_SEV_CBITPOS: 'cbitpos',
  VIR_NODE_SEV_REDUCED_PHYS_BITS: 'reduced-phys-bits',
  VIR_NODE_SEV_MAX_GUESTS: 'max-guests',
  VIR_NODE_SEV_MAX_ES_GUESTS: 'max-es-guests',
} as const;
