import {
  virConnectDomainEventAgentLifecycleReason as agentReason,
  virConnectDomainEventAgentLifecycleState as agentState,
  virDomainEventResumedDetailType as resumed,
  virDomainEventShutdownDetailType as shutdown,
  virDomainEventStartedDetailType as started,
  virDomainEventStoppedDetailType as stopped,
  virDomainEventSuspendedDetailType as suspended,
  virDomainEventType as type,
} from '../../libvirt/constants/index.ts';

/** A virDomainEventType and its detail. */
export interface LifecycleEvent {
  readonly event: number;
  readonly detail: number;
}

/** What a simulated machine tells of itself, in the order and with the details of libvirt 9's QEMU driver. */
export const EVENTS = {
  booted: { event: type.VIR_DOMAIN_EVENT_STARTED, detail: started.VIR_DOMAIN_EVENT_STARTED_BOOTED },
  restored: { event: type.VIR_DOMAIN_EVENT_STARTED, detail: started.VIR_DOMAIN_EVENT_STARTED_RESTORED },
  paused: { event: type.VIR_DOMAIN_EVENT_SUSPENDED, detail: suspended.VIR_DOMAIN_EVENT_SUSPENDED_PAUSED },
  restoredPaused: {
    event: type.VIR_DOMAIN_EVENT_SUSPENDED,
    detail: suspended.VIR_DOMAIN_EVENT_SUSPENDED_RESTORED,
  },
  unpaused: { event: type.VIR_DOMAIN_EVENT_RESUMED, detail: resumed.VIR_DOMAIN_EVENT_RESUMED_UNPAUSED },
  /** A saved machine that runs again is told of so, too. */
  resumedFromSaved: {
    event: type.VIR_DOMAIN_EVENT_RESUMED,
    detail: resumed.VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT,
  },
  shutdownByHost: { event: type.VIR_DOMAIN_EVENT_SHUTDOWN, detail: shutdown.VIR_DOMAIN_EVENT_SHUTDOWN_HOST },
  shutdownByGuest: {
    event: type.VIR_DOMAIN_EVENT_SHUTDOWN,
    detail: shutdown.VIR_DOMAIN_EVENT_SHUTDOWN_GUEST,
  },
  stoppedByShutdown: {
    event: type.VIR_DOMAIN_EVENT_STOPPED,
    detail: stopped.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN,
  },
  destroyed: { event: type.VIR_DOMAIN_EVENT_STOPPED, detail: stopped.VIR_DOMAIN_EVENT_STOPPED_DESTROYED },
  arriving: { event: type.VIR_DOMAIN_EVENT_STARTED, detail: started.VIR_DOMAIN_EVENT_STARTED_MIGRATED },
  held: { event: type.VIR_DOMAIN_EVENT_SUSPENDED, detail: suspended.VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED },
  arrived: { event: type.VIR_DOMAIN_EVENT_RESUMED, detail: resumed.VIR_DOMAIN_EVENT_RESUMED_MIGRATED },
  gone: { event: type.VIR_DOMAIN_EVENT_STOPPED, detail: stopped.VIR_DOMAIN_EVENT_STOPPED_MIGRATED },
  saved: { event: type.VIR_DOMAIN_EVENT_STOPPED, detail: stopped.VIR_DOMAIN_EVENT_STOPPED_SAVED },
} as const satisfies Record<string, LifecycleEvent>;

/** What is told when the guest's agent has opened its channel. */
export const AGENT_CONNECTED = {
  state: agentState.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED,
  reason: agentReason.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL,
} as const;
