/** virDomainQemuMonitorCommandFlags of libvirt-qemu.h */
export const virDomainQemuMonitorCommandFlags = {
  VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT: 0,
  VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP: 1,
} as const;

/** virDomainQemuAgentCommandTimeoutValues of libvirt-qemu.h */
export const virDomainQemuAgentCommandTimeoutValues = {
  VIR_DOMAIN_QEMU_AGENT_COMMAND_MIN: -2,
  VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK: -2,
  VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT: -1,
  VIR_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT: 0,
  VIR_DOMAIN_QEMU_AGENT_COMMAND_SHUTDOWN: 60,
} as const;

/** virConnectDomainQemuMonitorEventRegisterFlags of libvirt-qemu.h */
export const virConnectDomainQemuMonitorEventRegisterFlags = {
  VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX: 1,
  VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE: 2,
} as const;
