/** virDomainModificationImpact of libvirt-domain.h */
export const virDomainModificationImpact = {
  VIR_DOMAIN_AFFECT_CURRENT: 0,
  VIR_DOMAIN_AFFECT_LIVE: 1,
  VIR_DOMAIN_AFFECT_CONFIG: 2,
} as const;

/** virDomainCreateFlags of libvirt-domain.h */
export const virDomainCreateFlags = {
  VIR_DOMAIN_NONE: 0,
  VIR_DOMAIN_START_PAUSED: 1,
  VIR_DOMAIN_START_AUTODESTROY: 2,
  VIR_DOMAIN_START_BYPASS_CACHE: 4,
  VIR_DOMAIN_START_FORCE_BOOT: 8,
  VIR_DOMAIN_START_VALIDATE: 16,
  VIR_DOMAIN_START_RESET_NVRAM: 32,
} as const;

/** virDomainMemoryStatTags of libvirt-domain.h */
export const virDomainMemoryStatTags = {
  VIR_DOMAIN_MEMORY_STAT_SWAP_IN: 0,
  VIR_DOMAIN_MEMORY_STAT_SWAP_OUT: 1,
  VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT: 2,
  VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT: 3,
  VIR_DOMAIN_MEMORY_STAT_UNUSED: 4,
  VIR_DOMAIN_MEMORY_STAT_AVAILABLE: 5,
  VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON: 6,
  VIR_DOMAIN_MEMORY_STAT_RSS: 7,
  VIR_DOMAIN_MEMORY_STAT_USABLE: 8,
  VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE: 9,
  VIR_DOMAIN_MEMORY_STAT_DISK_CACHES: 10,
  VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC: 11,
  VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL: 12,
  VIR_DOMAIN_MEMORY_STAT_NR: 13,
} as const;

/** virDomainCoreDumpFlags of libvirt-domain.h */
export const virDomainCoreDumpFlags = {
  VIR_DUMP_CRASH: 1,
  VIR_DUMP_LIVE: 2,
  VIR_DUMP_BYPASS_CACHE: 4,
  VIR_DUMP_RESET: 8,
  VIR_DUMP_MEMORY_ONLY: 16,
} as const;

/** virDomainCoreDumpFormat of libvirt-domain.h */
export const virDomainCoreDumpFormat = {
  VIR_DOMAIN_CORE_DUMP_FORMAT_RAW: 0,
  VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB: 1,
  VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_LZO: 2,
  VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_SNAPPY: 3,
  VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP: 4,
} as const;

/** virDomainShutdownFlagValues of libvirt-domain.h */
export const virDomainShutdownFlagValues = {
  VIR_DOMAIN_SHUTDOWN_DEFAULT: 0,
  VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN: 1,
  VIR_DOMAIN_SHUTDOWN_GUEST_AGENT: 2,
  VIR_DOMAIN_SHUTDOWN_INITCTL: 4,
  VIR_DOMAIN_SHUTDOWN_SIGNAL: 8,
  VIR_DOMAIN_SHUTDOWN_PARAVIRT: 16,
} as const;

/** virDomainRebootFlagValues of libvirt-domain.h */
export const virDomainRebootFlagValues = {
  VIR_DOMAIN_REBOOT_DEFAULT: 0,
  VIR_DOMAIN_REBOOT_ACPI_POWER_BTN: 1,
  VIR_DOMAIN_REBOOT_GUEST_AGENT: 2,
  VIR_DOMAIN_REBOOT_INITCTL: 4,
  VIR_DOMAIN_REBOOT_SIGNAL: 8,
  VIR_DOMAIN_REBOOT_PARAVIRT: 16,
} as const;

/** virDomainDestroyFlagsValues of libvirt-domain.h */
export const virDomainDestroyFlagsValues = {
  VIR_DOMAIN_DESTROY_DEFAULT: 0,
  VIR_DOMAIN_DESTROY_GRACEFUL: 1,
  VIR_DOMAIN_DESTROY_REMOVE_LOGS: 2,
} as const;

/** virDomainSaveRestoreFlags of libvirt-domain.h */
export const virDomainSaveRestoreFlags = {
  VIR_DOMAIN_SAVE_BYPASS_CACHE: 1,
  VIR_DOMAIN_SAVE_RUNNING: 2,
  VIR_DOMAIN_SAVE_PAUSED: 4,
  VIR_DOMAIN_SAVE_RESET_NVRAM: 8,
} as const;

/** virDomainMemoryModFlags of libvirt-domain.h */
export const virDomainMemoryModFlags = {
  VIR_DOMAIN_MEM_CURRENT: 0,
  VIR_DOMAIN_MEM_LIVE: 1,
  VIR_DOMAIN_MEM_CONFIG: 2,
  VIR_DOMAIN_MEM_MAXIMUM: 4,
} as const;

/** virDomainNumatuneMemMode of libvirt-domain.h */
export const virDomainNumatuneMemMode = {
  VIR_DOMAIN_NUMATUNE_MEM_STRICT: 0,
  VIR_DOMAIN_NUMATUNE_MEM_PREFERRED: 1,
  VIR_DOMAIN_NUMATUNE_MEM_INTERLEAVE: 2,
  VIR_DOMAIN_NUMATUNE_MEM_RESTRICTIVE: 3,
} as const;

/** virDomainGetHostnameFlags of libvirt-domain.h */
export const virDomainGetHostnameFlags = {
  VIR_DOMAIN_GET_HOSTNAME_LEASE: 1,
  VIR_DOMAIN_GET_HOSTNAME_AGENT: 2,
} as const;

/** virDomainMetadataType of libvirt-domain.h */
export const virDomainMetadataType = {
  VIR_DOMAIN_METADATA_DESCRIPTION: 0,
  VIR_DOMAIN_METADATA_TITLE: 1,
  VIR_DOMAIN_METADATA_ELEMENT: 2,
} as const;

/** virDomainXMLFlags of libvirt-domain.h */
export const virDomainXMLFlags = {
  VIR_DOMAIN_XML_SECURE: 1,
  VIR_DOMAIN_XML_INACTIVE: 2,
  VIR_DOMAIN_XML_UPDATE_CPU: 4,
  VIR_DOMAIN_XML_MIGRATABLE: 8,
} as const;

/** virDomainSaveImageXMLFlags of libvirt-domain.h */
export const virDomainSaveImageXMLFlags = {
  VIR_DOMAIN_SAVE_IMAGE_XML_SECURE: 1,
} as const;

/** virDomainMemoryFlags of libvirt-domain.h */
export const virDomainMemoryFlags = {
  VIR_MEMORY_VIRTUAL: 1,
  VIR_MEMORY_PHYSICAL: 2,
} as const;

/** virDomainDefineFlags of libvirt-domain.h */
export const virDomainDefineFlags = {
  VIR_DOMAIN_DEFINE_VALIDATE: 1,
} as const;

/** virDomainUndefineFlagsValues of libvirt-domain.h */
export const virDomainUndefineFlagsValues = {
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE: 1,
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA: 2,
  VIR_DOMAIN_UNDEFINE_NVRAM: 4,
  VIR_DOMAIN_UNDEFINE_KEEP_NVRAM: 8,
  VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA: 16,
  VIR_DOMAIN_UNDEFINE_TPM: 32,
  VIR_DOMAIN_UNDEFINE_KEEP_TPM: 64,
} as const;

/** virConnectListAllDomainsFlags of libvirt-domain.h */
export const virConnectListAllDomainsFlags = {
  VIR_CONNECT_LIST_DOMAINS_ACTIVE: 1,
  VIR_CONNECT_LIST_DOMAINS_INACTIVE: 2,
  VIR_CONNECT_LIST_DOMAINS_PERSISTENT: 4,
  VIR_CONNECT_LIST_DOMAINS_TRANSIENT: 8,
  VIR_CONNECT_LIST_DOMAINS_RUNNING: 16,
  VIR_CONNECT_LIST_DOMAINS_PAUSED: 32,
  VIR_CONNECT_LIST_DOMAINS_SHUTOFF: 64,
  VIR_CONNECT_LIST_DOMAINS_OTHER: 128,
  VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE: 256,
  VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE: 512,
  VIR_CONNECT_LIST_DOMAINS_AUTOSTART: 1024,
  VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART: 2048,
  VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT: 4096,
  VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT: 8192,
  VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT: 16384,
  VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT: 32768,
} as const;

/** virVcpuHostCpuState of libvirt-domain.h */
export const virVcpuHostCpuState = {
  VIR_VCPU_INFO_CPU_OFFLINE: -1,
  VIR_VCPU_INFO_CPU_UNAVAILABLE: -2,
} as const;

/** virDomainVcpuFlags of libvirt-domain.h */
export const virDomainVcpuFlags = {
  VIR_DOMAIN_VCPU_CURRENT: 0,
  VIR_DOMAIN_VCPU_LIVE: 1,
  VIR_DOMAIN_VCPU_CONFIG: 2,
  VIR_DOMAIN_VCPU_MAXIMUM: 4,
  VIR_DOMAIN_VCPU_GUEST: 8,
  VIR_DOMAIN_VCPU_HOTPLUGGABLE: 16,
} as const;

/** virDomainDeviceModifyFlags of libvirt-domain.h */
export const virDomainDeviceModifyFlags = {
  VIR_DOMAIN_DEVICE_MODIFY_CURRENT: 0,
  VIR_DOMAIN_DEVICE_MODIFY_LIVE: 1,
  VIR_DOMAIN_DEVICE_MODIFY_CONFIG: 2,
  VIR_DOMAIN_DEVICE_MODIFY_FORCE: 4,
} as const;

/** virDomainStatsTypes of libvirt-domain.h */
export const virDomainStatsTypes = {
  VIR_DOMAIN_STATS_STATE: 1,
  VIR_DOMAIN_STATS_CPU_TOTAL: 2,
  VIR_DOMAIN_STATS_BALLOON: 4,
  VIR_DOMAIN_STATS_VCPU: 8,
  VIR_DOMAIN_STATS_INTERFACE: 16,
  VIR_DOMAIN_STATS_BLOCK: 32,
  VIR_DOMAIN_STATS_PERF: 64,
  VIR_DOMAIN_STATS_IOTHREAD: 128,
  VIR_DOMAIN_STATS_MEMORY: 256,
  VIR_DOMAIN_STATS_DIRTYRATE: 512,
  VIR_DOMAIN_STATS_VM: 1024,
} as const;

/** virConnectGetAllDomainStatsFlags of libvirt-domain.h */
export const virConnectGetAllDomainStatsFlags = {
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE: 1,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE: 2,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT: 4,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT: 8,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING: 16,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED: 32,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF: 64,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER: 128,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT: 536870912,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING: 1073741824,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS: 2147483648,
} as const;

/** virDomainDiskErrorCode of libvirt-domain.h */
export const virDomainDiskErrorCode = {
  VIR_DOMAIN_DISK_ERROR_NONE: 0,
  VIR_DOMAIN_DISK_ERROR_UNSPEC: 1,
  VIR_DOMAIN_DISK_ERROR_NO_SPACE: 2,
} as const;

/** virDomainConsoleFlags of libvirt-domain.h */
export const virDomainConsoleFlags = {
  VIR_DOMAIN_CONSOLE_FORCE: 1,
  VIR_DOMAIN_CONSOLE_SAFE: 2,
} as const;

/** virDomainChannelFlags of libvirt-domain.h */
export const virDomainChannelFlags = {
  VIR_DOMAIN_CHANNEL_FORCE: 1,
} as const;

/** virDomainOpenGraphicsFlags of libvirt-domain.h */
export const virDomainOpenGraphicsFlags = {
  VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH: 1,
} as const;

/** virDomainSetTimeFlags of libvirt-domain.h */
export const virDomainSetTimeFlags = {
  VIR_DOMAIN_TIME_SYNC: 1,
} as const;

/** virSchedParameterType of libvirt-domain.h */
export const virSchedParameterType = {
  VIR_DOMAIN_SCHED_FIELD_INT: 1,
  VIR_DOMAIN_SCHED_FIELD_UINT: 2,
  VIR_DOMAIN_SCHED_FIELD_LLONG: 3,
  VIR_DOMAIN_SCHED_FIELD_ULLONG: 4,
  VIR_DOMAIN_SCHED_FIELD_DOUBLE: 5,
  VIR_DOMAIN_SCHED_FIELD_BOOLEAN: 6,
} as const;

/** virBlkioParameterType of libvirt-domain.h */
export const virBlkioParameterType = {
  VIR_DOMAIN_BLKIO_PARAM_INT: 1,
  VIR_DOMAIN_BLKIO_PARAM_UINT: 2,
  VIR_DOMAIN_BLKIO_PARAM_LLONG: 3,
  VIR_DOMAIN_BLKIO_PARAM_ULLONG: 4,
  VIR_DOMAIN_BLKIO_PARAM_DOUBLE: 5,
  VIR_DOMAIN_BLKIO_PARAM_BOOLEAN: 6,
} as const;

/** virMemoryParameterType of libvirt-domain.h */
export const virMemoryParameterType = {
  VIR_DOMAIN_MEMORY_PARAM_INT: 1,
  VIR_DOMAIN_MEMORY_PARAM_UINT: 2,
  VIR_DOMAIN_MEMORY_PARAM_LLONG: 3,
  VIR_DOMAIN_MEMORY_PARAM_ULLONG: 4,
  VIR_DOMAIN_MEMORY_PARAM_DOUBLE: 5,
  VIR_DOMAIN_MEMORY_PARAM_BOOLEAN: 6,
} as const;

/** virDomainInterfaceAddressesSource of libvirt-domain.h */
export const virDomainInterfaceAddressesSource = {
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE: 0,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT: 1,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP: 2,
} as const;

/** virDomainSetUserPasswordFlags of libvirt-domain.h */
export const virDomainSetUserPasswordFlags = {
  VIR_DOMAIN_PASSWORD_ENCRYPTED: 1,
} as const;

/** virDomainGuestInfoTypes of libvirt-domain.h */
export const virDomainGuestInfoTypes = {
  VIR_DOMAIN_GUEST_INFO_USERS: 1,
  VIR_DOMAIN_GUEST_INFO_OS: 2,
  VIR_DOMAIN_GUEST_INFO_TIMEZONE: 4,
  VIR_DOMAIN_GUEST_INFO_HOSTNAME: 8,
  VIR_DOMAIN_GUEST_INFO_FILESYSTEM: 16,
  VIR_DOMAIN_GUEST_INFO_DISKS: 32,
  VIR_DOMAIN_GUEST_INFO_INTERFACES: 64,
} as const;

/** virDomainAgentResponseTimeoutValues of libvirt-domain.h */
export const virDomainAgentResponseTimeoutValues = {
  VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK: -2,
  VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT: -1,
  VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_NOWAIT: 0,
} as const;

/** virDomainBackupBeginFlags of libvirt-domain.h */
export const virDomainBackupBeginFlags = {
  VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL: 1,
} as const;

/** virDomainAuthorizedSSHKeysSetFlags of libvirt-domain.h */
export const virDomainAuthorizedSSHKeysSetFlags = {
  VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND: 1,
  VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE: 2,
} as const;

/** virDomainMessageType of libvirt-domain.h */
export const virDomainMessageType = {
  VIR_DOMAIN_MESSAGE_DEPRECATION: 1,
  VIR_DOMAIN_MESSAGE_TAINTING: 2,
} as const;

/** virDomainDirtyRateStatus of libvirt-domain.h */
export const virDomainDirtyRateStatus = {
  VIR_DOMAIN_DIRTYRATE_UNSTARTED: 0,
  VIR_DOMAIN_DIRTYRATE_MEASURING: 1,
  VIR_DOMAIN_DIRTYRATE_MEASURED: 2,
} as const;

/** virDomainDirtyRateCalcFlags of libvirt-domain.h */
export const virDomainDirtyRateCalcFlags = {
  VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING: 0,
  VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP: 1,
  VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING: 2,
} as const;

/** virDomainFDAssociateFlags of libvirt-domain.h */
export const virDomainFDAssociateFlags = {
  VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_RESTORE: 1,
  VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_WRITABLE: 2,
} as const;
