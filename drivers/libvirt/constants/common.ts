/** virConnectCloseReason of libvirt-common.h */
export const virConnectCloseReason = {
  VIR_CONNECT_CLOSE_REASON_ERROR: 0,
  VIR_CONNECT_CLOSE_REASON_EOF: 1,
  VIR_CONNECT_CLOSE_REASON_KEEPALIVE: 2,
  VIR_CONNECT_CLOSE_REASON_CLIENT: 3,
} as const;

/** virTypedParameterType of libvirt-common.h */
export const virTypedParameterType = {
  VIR_TYPED_PARAM_INT: 1,
  VIR_TYPED_PARAM_UINT: 2,
  VIR_TYPED_PARAM_LLONG: 3,
  VIR_TYPED_PARAM_ULLONG: 4,
  VIR_TYPED_PARAM_DOUBLE: 5,
  VIR_TYPED_PARAM_BOOLEAN: 6,
  VIR_TYPED_PARAM_STRING: 7,
} as const;

/** virTypedParameterFlags of libvirt-common.h */
export const virTypedParameterFlags = {
  VIR_TYPED_PARAM_STRING_OKAY: 4,
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virCommonParameter = {
  VIR_TYPED_PARAM_FIELD_LENGTH: 80,
} as const;
