import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import {
  virConnectDomainEventAgentLifecycleState,
  virDomainEventID as ID,
  virDomainEventIOErrorAction,
  virDomainEventWatchdogAction,
} from '../../drivers/libvirt/constants/domain-events.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { ActivityEvent } from '../contract/activity.ts';
import { ifSupported } from './read.ts';

/** A line for the drawer that an event of a machine makes. */
export type EventLine = Pick<ActivityEvent, 'kind' | 'event' | 'detail' | 'severity'>;

/** Who wants to know of a host's events. */
export interface HostEventSink {
  lifecycle(dom: DomainRef, event: number, detail: number): void;
  balloon(dom: DomainRef, memoryKiB: number): void;
  agent(dom: DomainRef, connected: boolean): void;
  /** Its XML is another than before, beside what a lifecycle event tells. */
  changed(dom: DomainRef): void;
  line(dom: DomainRef, line: EventLine): void;
}

/** Registered before the first list is read: without them the list would be out of date at once. Five, as libvirtd serves at once. */
const FIRST_EVENTS = [
  ID.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
  ID.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE,
  ID.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
  ID.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON,
  ID.VIR_DOMAIN_EVENT_ID_REBOOT,
];
/** Registered while the list is shown already. */
const LATER_EVENTS = [
  ID.VIR_DOMAIN_EVENT_ID_WATCHDOG,
  ID.VIR_DOMAIN_EVENT_ID_CONTROL_ERROR,
  ID.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
  ID.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
  ID.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
  ID.VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD,
  ID.VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE,
  ID.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
  ID.VIR_DOMAIN_EVENT_ID_TRAY_CHANGE,
];

/** Listens to every event that the inventory and the drawer use. Ends with the client. */
export function listenToHost(client: LibvirtClient, sink: HostEventSink): void {
  client.on('domainEventCallbackLifecycle', (msg) => sink.lifecycle(msg.dom, msg.event, msg.detail));
  client.on('domainEventCallbackBalloonChange', (msg) => sink.balloon(msg.dom, Number(msg.actual)));
  client.on('domainEventCallbackAgentLifecycle', (msg) => {
    const connected =
      msg.state ===
      virConnectDomainEventAgentLifecycleState.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED;
    sink.agent(msg.dom, connected);
    sink.line(msg.dom, line('agent', connected ? 'connected' : 'disconnected', '', 'info'));
  });
  client.on('domainEventCallbackReboot', (msg) =>
    sink.line(msg.dom, line('lifecycle', 'rebooted', '', 'info')),
  );
  client.on('domainEventCallbackWatchdog', (msg) =>
    sink.line(
      msg.dom,
      line('watchdog', 'fired', actionName(virDomainEventWatchdogAction, msg.action), 'warning'),
    ),
  );
  client.on('domainEventCallbackIoErrorReason', (msg) => {
    const action = actionName(virDomainEventIOErrorAction, msg.action);
    const what = [msg.devAlias, msg.srcPath, msg.reason, action].filter((word) => word !== '');
    sink.line(msg.dom, line('ioError', 'ioError', what.join(' '), 'error'));
  });
  client.on('domainEventCallbackControlError', (msg) =>
    sink.line(msg.dom, line('controlError', 'controlError', '', 'error')),
  );
  client.on('domainEventCallbackDeviceAdded', (msg) => {
    sink.changed(msg.dom);
    sink.line(msg.dom, line('device', 'added', msg.devAlias, 'info'));
  });
  client.on('domainEventCallbackDeviceRemoved', (msg) => {
    sink.changed(msg.dom);
    sink.line(msg.dom, line('device', 'removed', msg.devAlias, 'info'));
  });
  // Title, description and metadata: libvirt sends this and no lifecycle event, also when the definition changes (`virsh desc --config`).
  client.on('domainEventCallbackMetadataChange', (msg) => sink.changed(msg.dom));
  // A medium that is put in or taken out while it runs: of that libvirt sends nothing else.
  client.on('domainEventCallbackTrayChange', (msg) => sink.changed(msg.dom));
  client.on('domainEventCallbackDeviceRemovalFailed', (msg) =>
    sink.line(msg.dom, line('device', 'removalFailed', msg.devAlias, 'warning')),
  );
  client.on('domainEventBlockThreshold', (msg) =>
    sink.line(msg.dom, line('blockThreshold', 'exceeded', `${msg.dev} ${msg.path ?? ''}`.trim(), 'warning')),
  );
  client.on('domainEventMemoryFailure', (msg) =>
    sink.line(msg.dom, line('memoryFailure', 'memoryFailure', '', 'error')),
  );
}

/** Asks the host for the events that keep the list true; gives whether it sends lifecycle events at all. */
export async function registerFirst(client: LibvirtClient, options: CallOptions): Promise<boolean> {
  const [lifecycle] = await Promise.all(FIRST_EVENTS.map((id) => register(client, id, options)));
  return lifecycle === true;
}

/** Asks for the events that only make lines of the drawer. */
export async function registerLater(client: LibvirtClient, options: CallOptions): Promise<void> {
  for (const id of LATER_EVENTS) await register(client, id, options);
}

async function register(client: LibvirtClient, eventId: number, options: CallOptions): Promise<boolean> {
  const call = client.remote.connectDomainEventCallbackRegisterAny(
    { eventId, dom: null },
    { ...options, brief: true },
  );
  return (await ifSupported(call)) !== null;
}

function line(kind: string, event: string, detail: string, severity: EventLine['severity']): EventLine {
  return { kind, event, detail, severity };
}

/** `pause` for the number of VIR_DOMAIN_EVENT_WATCHDOG_PAUSE; empty for none and for numbers not known. */
function actionName(table: Readonly<Record<string, number>>, value: number): string {
  const name =
    Object.keys(table)
      .find((key) => table[key] === value)
      ?.replace(/^.*_/, '')
      .toLowerCase() ?? '';
  return name === 'none' ? '' : name;
}
