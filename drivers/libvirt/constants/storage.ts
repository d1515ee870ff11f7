/** virStoragePoolState of libvirt-storage.h */
export const virStoragePoolState = {
  VIR_STORAGE_POOL_INACTIVE: 0,
  VIR_STORAGE_POOL_BUILDING: 1,
  VIR_STORAGE_POOL_RUNNING: 2,
  VIR_STORAGE_POOL_DEGRADED: 3,
  VIR_STORAGE_POOL_INACCESSIBLE: 4,
} as const;

/** virStoragePoolBuildFlags of libvirt-storage.h */
export const virStoragePoolBuildFlags = {
  VIR_STORAGE_POOL_BUILD_NEW: 0,
  VIR_STORAGE_POOL_BUILD_REPAIR: 1,
  VIR_STORAGE_POOL_BUILD_RESIZE: 2,
  VIR_STORAGE_POOL_BUILD_NO_OVERWRITE: 4,
  VIR_STORAGE_POOL_BUILD_OVERWRITE: 8,
} as const;

/** virStoragePoolDeleteFlags of libvirt-storage.h */
export const virStoragePoolDeleteFlags = {
  VIR_STORAGE_POOL_DELETE_NORMAL: 0,
  VIR_STORAGE_POOL_DELETE_ZEROED: 1,
} as const;

/** virStoragePoolCreateFlags of libvirt-storage.h */
export const virStoragePoolCreateFlags = {
  VIR_STORAGE_POOL_CREATE_NORMAL: 0,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD: 1,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE: 2,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE: 4,
} as const;

/** virStorageVolType of libvirt-storage.h */
export const virStorageVolType = {
  VIR_STORAGE_VOL_FILE: 0,
  VIR_STORAGE_VOL_BLOCK: 1,
  VIR_STORAGE_VOL_DIR: 2,
  VIR_STORAGE_VOL_NETWORK: 3,
  VIR_STORAGE_VOL_NETDIR: 4,
  VIR_STORAGE_VOL_PLOOP: 5,
} as const;

/** virStorageVolDeleteFlags of libvirt-storage.h */
export const virStorageVolDeleteFlags = {
  VIR_STORAGE_VOL_DELETE_NORMAL: 0,
  VIR_STORAGE_VOL_DELETE_ZEROED: 1,
  VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS: 2,
} as const;

/** virStorageVolWipeAlgorithm of libvirt-storage.h */
export const virStorageVolWipeAlgorithm = {
  VIR_STORAGE_VOL_WIPE_ALG_ZERO: 0,
  VIR_STORAGE_VOL_WIPE_ALG_NNSA: 1,
  VIR_STORAGE_VOL_WIPE_ALG_DOD: 2,
  VIR_STORAGE_VOL_WIPE_ALG_BSI: 3,
  VIR_STORAGE_VOL_WIPE_ALG_GUTMANN: 4,
  VIR_STORAGE_VOL_WIPE_ALG_SCHNEIER: 5,
  VIR_STORAGE_VOL_WIPE_ALG_PFITZNER7: 6,
  VIR_STORAGE_VOL_WIPE_ALG_PFITZNER33: 7,
  VIR_STORAGE_VOL_WIPE_ALG_RANDOM: 8,
  VIR_STORAGE_VOL_WIPE_ALG_TRIM: 9,
} as const;

/** virStorageVolInfoFlags of libvirt-storage.h */
export const virStorageVolInfoFlags = {
  VIR_STORAGE_VOL_USE_ALLOCATION: 0,
  VIR_STORAGE_VOL_GET_PHYSICAL: 1,
} as const;

/** virStorageXMLFlags of libvirt-storage.h */
export const virStorageXMLFlags = {
  VIR_STORAGE_XML_INACTIVE: 1,
} as const;

/** virConnectListAllStoragePoolsFlags of libvirt-storage.h */
export const virConnectListAllStoragePoolsFlags = {
  VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE: 1,
  VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE: 2,
  VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT: 4,
  VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT: 8,
  VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART: 16,
  VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART: 32,
  VIR_CONNECT_LIST_STORAGE_POOLS_DIR: 64,
  VIR_CONNECT_LIST_STORAGE_POOLS_FS: 128,
  VIR_CONNECT_LIST_STORAGE_POOLS_NETFS: 256,
  VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL: 512,
  VIR_CONNECT_LIST_STORAGE_POOLS_DISK: 1024,
  VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI: 2048,
  VIR_CONNECT_LIST_STORAGE_POOLS_SCSI: 4096,
  VIR_CONNECT_LIST_STORAGE_POOLS_MPATH: 8192,
  VIR_CONNECT_LIST_STORAGE_POOLS_RBD: 16384,
  VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG: 32768,
  VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER: 65536,
  VIR_CONNECT_LIST_STORAGE_POOLS_ZFS: 131072,
  VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE: 262144,
  VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT: 524288,
} as const;

/** virStoragePoolDefineFlags of libvirt-storage.h */
export const virStoragePoolDefineFlags = {
  VIR_STORAGE_POOL_DEFINE_VALIDATE: 1,
} as const;

/** virStorageVolCreateFlags of libvirt-storage.h */
export const virStorageVolCreateFlags = {
  VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA: 1,
  VIR_STORAGE_VOL_CREATE_REFLINK: 2,
  VIR_STORAGE_VOL_CREATE_VALIDATE: 4,
} as const;

/** virStorageVolDownloadFlags of libvirt-storage.h */
export const virStorageVolDownloadFlags = {
  VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM: 1,
} as const;

/** virStorageVolUploadFlags of libvirt-storage.h */
export const virStorageVolUploadFlags = {
  VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM: 1,
} as const;

/** virStorageVolResizeFlags of libvirt-storage.h */
export const virStorageVolResizeFlags = {
  VIR_STORAGE_VOL_RESIZE_ALLOCATE: 1,
  VIR_STORAGE_VOL_RESIZE_DELTA: 2,
  VIR_STORAGE_VOL_RESIZE_SHRINK: 4,
} as const;

/** virStoragePoolEventID of libvirt-storage.h */
export const virStoragePoolEventID = {
  VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE: 0,
  VIR_STORAGE_POOL_EVENT_ID_REFRESH: 1,
} as const;

/** virStoragePoolEventLifecycleType of libvirt-storage.h */
export const virStoragePoolEventLifecycleType = {
  VIR_STORAGE_POOL_EVENT_DEFINED: 0,
  VIR_STORAGE_POOL_EVENT_UNDEFINED: 1,
  VIR_STORAGE_POOL_EVENT_STARTED: 2,
  VIR_STORAGE_POOL_EVENT_STOPPED: 3,
  VIR_STORAGE_POOL_EVENT_CREATED: 4,
  VIR_STORAGE_POOL_EVENT_DELETED: 5,
} as const;
