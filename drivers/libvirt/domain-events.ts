import { virDomainEventID } from './constants/domain-events.ts';
import type { RemoteEventName } from './api.ts';

/** The event that the server sends for each virDomainEventID registered with a callback. */
export const domainEventNames = {
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_LIFECYCLE]: 'domainEventCallbackLifecycle',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_REBOOT]: 'domainEventCallbackReboot',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_RTC_CHANGE]: 'domainEventCallbackRtcChange',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_WATCHDOG]: 'domainEventCallbackWatchdog',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_IO_ERROR]: 'domainEventCallbackIoError',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_GRAPHICS]: 'domainEventCallbackGraphics',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON]: 'domainEventCallbackIoErrorReason',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_CONTROL_ERROR]: 'domainEventCallbackControlError',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_BLOCK_JOB]: 'domainEventCallbackBlockJob',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_DISK_CHANGE]: 'domainEventCallbackDiskChange',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_TRAY_CHANGE]: 'domainEventCallbackTrayChange',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_PMWAKEUP]: 'domainEventCallbackPmwakeup',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_PMSUSPEND]: 'domainEventCallbackPmsuspend',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE]: 'domainEventCallbackBalloonChange',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK]: 'domainEventCallbackPmsuspendDisk',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED]: 'domainEventCallbackDeviceRemoved',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2]: 'domainEventBlockJob2',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_TUNABLE]: 'domainEventCallbackTunable',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE]: 'domainEventCallbackAgentLifecycle',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED]: 'domainEventCallbackDeviceAdded',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION]: 'domainEventCallbackMigrationIteration',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED]: 'domainEventCallbackJobCompleted',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED]: 'domainEventCallbackDeviceRemovalFailed',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE]: 'domainEventCallbackMetadataChange',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD]: 'domainEventBlockThreshold',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE]: 'domainEventMemoryFailure',
  [virDomainEventID.VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE]: 'domainEventMemoryDeviceSizeChange',
  /** VIR_DOMAIN_EVENT_ID_NIC_MAC_CHANGE, of libvirt 11.2 */
  27: 'domainEventNicMacChange',
} as const satisfies Readonly<Record<number, RemoteEventName>>;

/** A virDomainEventID that can be registered. */
export type DomainEventId = keyof typeof domainEventNames;
export type DomainEventNameOf<Id extends DomainEventId> = (typeof domainEventNames)[Id];
