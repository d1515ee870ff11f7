/** virConnectFlags of libvirt-host.h */
export const virConnectFlags = {
  VIR_CONNECT_RO: 1,
  VIR_CONNECT_NO_ALIASES: 2,
} as const;

/** virConnectCredentialType of libvirt-host.h */
export const virConnectCredentialType = {
  VIR_CRED_USERNAME: 1,
  VIR_CRED_AUTHNAME: 2,
  VIR_CRED_LANGUAGE: 3,
  VIR_CRED_CNONCE: 4,
  VIR_CRED_PASSPHRASE: 5,
  VIR_CRED_ECHOPROMPT: 6,
  VIR_CRED_NOECHOPROMPT: 7,
  VIR_CRED_REALM: 8,
  VIR_CRED_EXTERNAL: 9,
} as const;

/** virCPUCompareResult of libvirt-host.h */
export const virCPUCompareResult = {
  VIR_CPU_COMPARE_ERROR: -1,
  VIR_CPU_COMPARE_INCOMPATIBLE: 0,
  VIR_CPU_COMPARE_IDENTICAL: 1,
  VIR_CPU_COMPARE_SUPERSET: 2,
} as const;

/** virConnectCompareCPUFlags of libvirt-host.h */
export const virConnectCompareCPUFlags = {
  VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE: 1,
  VIR_CONNECT_COMPARE_CPU_VALIDATE_XML: 2,
} as const;

/** virConnectBaselineCPUFlags of libvirt-host.h */
export const virConnectBaselineCPUFlags = {
  VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES: 1,
  VIR_CONNECT_BASELINE_CPU_MIGRATABLE: 2,
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virConnectParameter = {
  VIR_UUID_BUFLEN: 16,
  VIR_CONNECT_IDENTITY_USER_NAME: 'user-name',
  VIR_CONNECT_IDENTITY_UNIX_USER_ID: 'unix-user-id',
  VIR_CONNECT_IDENTITY_GROUP_NAME: 'group-name',
  VIR_CONNECT_IDENTITY_UNIX_GROUP_ID: 'unix-group-id',
  VIR_CONNECT_IDENTITY_PROCESS_ID: 'process-id',
  VIR_CONNECT_IDENTITY_PROCESS_TIME: 'process-time',
  VIR_CONNECT_IDENTITY_SASL_USER_NAME: 'sasl-user-name',
  VIR_CONNECT_IDENTITY_X509_DISTINGUISHED_NAME: 'x509-distinguished-name',
  VIR_CONNECT_IDENTITY_SELINUX_CONTEXT: 'selinux-context',
} as const;
