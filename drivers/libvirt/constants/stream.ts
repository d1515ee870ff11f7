/** virStreamFlags of libvirt-stream.h */
export const virStreamFlags = {
  VIR_STREAM_NONBLOCK: 1,
} as const;

/** virStreamRecvFlagsValues of libvirt-stream.h */
export const virStreamRecvFlagsValues = {
  VIR_STREAM_RECV_STOP_AT_HOLE: 1,
} as const;

/** virStreamEventType of libvirt-stream.h */
export const virStreamEventType = {
  VIR_STREAM_EVENT_READABLE: 1,
  VIR_STREAM_EVENT_WRITABLE: 2,
  VIR_STREAM_EVENT_ERROR: 4,
  VIR_STREAM_EVENT_HANGUP: 8,
} as const;
