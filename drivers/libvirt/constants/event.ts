/** virEventHandleType of libvirt-event.h */
export const virEventHandleType = {
  VIR_EVENT_HANDLE_READABLE: 1,
  VIR_EVENT_HANDLE_WRITABLE: 2,
  VIR_EVENT_HANDLE_ERROR: 4,
  VIR_EVENT_HANDLE_HANGUP: 8,
} as const;
