/** virSecretUsageType of libvirt-secret.h */
export const virSecretUsageType = {
  VIR_SECRET_USAGE_TYPE_NONE: 0,
  VIR_SECRET_USAGE_TYPE_VOLUME: 1,
  VIR_SECRET_USAGE_TYPE_CEPH: 2,
  VIR_SECRET_USAGE_TYPE_ISCSI: 3,
  VIR_SECRET_USAGE_TYPE_TLS: 4,
  VIR_SECRET_USAGE_TYPE_VTPM: 5,
} as const;

/** virConnectListAllSecretsFlags of libvirt-secret.h */
export const virConnectListAllSecretsFlags = {
  VIR_CONNECT_LIST_SECRETS_EPHEMERAL: 1,
  VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL: 2,
  VIR_CONNECT_LIST_SECRETS_PRIVATE: 4,
  VIR_CONNECT_LIST_SECRETS_NO_PRIVATE: 8,
} as const;

/** virSecretDefineFlags of libvirt-secret.h */
export const virSecretDefineFlags = {
  VIR_SECRET_DEFINE_VALIDATE: 1,
} as const;

/** virSecretEventID of libvirt-secret.h */
export const virSecretEventID = {
  VIR_SECRET_EVENT_ID_LIFECYCLE: 0,
  VIR_SECRET_EVENT_ID_VALUE_CHANGED: 1,
} as const;

/** virSecretEventLifecycleType of libvirt-secret.h */
export const virSecretEventLifecycleType = {
  VIR_SECRET_EVENT_DEFINED: 0,
  VIR_SECRET_EVENT_UNDEFINED: 1,
} as const;
