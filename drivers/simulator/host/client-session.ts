import { virDomainEventID as eventId } from '../../libvirt/constants/index.ts';
import { remoteProgram, type RemoteProcedures } from '../../libvirt/protocol/programs.ts';
import type { RpcServer } from '../../rpc/server.ts';
import type { EventName, MsgOf } from '../../rpc/table.ts';
import { failure } from '../failures.ts';
import type { HostEvent } from './events.ts';

type RemoteEvent = EventName<RemoteProcedures>;

/** What a client asked to be told. `legacy` is the API before callback ids (libvirt 1.3.3). */
interface Registration {
  callbackId: number;
  kind: 'domain' | 'pool' | 'network' | 'other';
  eventId: number;
  /** Only of this object; null for all. */
  uuid: Uint8Array | null;
}

const MAX_REGISTRATIONS = 1000;
/** How many events there are of each kind of object (VIR_DOMAIN_EVENT_ID_LAST and its like). */
const EVENTS_OF = { domain: Object.keys(eventId).length, pool: 2, network: 1, other: 2 };

/** One client's registrations on a host, and the events that go out to it. */
export class ClientSession {
  readonly #server: RpcServer;
  readonly #registrations = new Map<number, Registration>();
  readonly #legacy = new Set<number>();
  #nextCallback = 0;

  constructor(server: RpcServer) {
    this.#server = server;
  }

  register(kind: Registration['kind'], event: number, uuid: Uint8Array | null): number {
    if (event < 0 || event >= EVENTS_OF[kind])
      throw failure('VIR_ERR_INTERNAL_ERROR', `unsupported event ID ${event}`, 'VIR_FROM_RPC');
    if (this.#registrations.size >= MAX_REGISTRATIONS)
      throw failure('VIR_ERR_INTERNAL_ERROR', 'too many event callbacks registered', 'VIR_FROM_RPC');
    const callbackId = this.#nextCallback;
    this.#nextCallback += 1;
    this.#registrations.set(callbackId, { callbackId, kind, eventId: event, uuid });
    return callbackId;
  }

  deregister(callbackId: number): void {
    if (!this.#registrations.delete(callbackId))
      throw failure(
        'VIR_ERR_INTERNAL_ERROR',
        `domain event callback ${callbackId} not registered`,
        'VIR_FROM_RPC',
      );
  }

  registerLegacy(event: number): void {
    if (this.#legacy.has(event))
      throw failure(
        'VIR_ERR_INTERNAL_ERROR',
        `domain event callback ${event} already registered`,
        'VIR_FROM_RPC',
      );
    this.#legacy.add(event);
  }

  deregisterLegacy(event: number): void {
    if (!this.#legacy.delete(event))
      throw failure(
        'VIR_ERR_INTERNAL_ERROR',
        `domain event callback ${event} not registered`,
        'VIR_FROM_RPC',
      );
  }

  /** Sends an event to the client as often as it asked for it. */
  deliver(event: HostEvent): void {
    switch (event.type) {
      case 'lifecycle': {
        const { dom, event: number, detail } = event;
        const msg = { dom, event: number, detail };
        if (this.#legacy.has(eventId.VIR_DOMAIN_EVENT_ID_LIFECYCLE)) this.#send('domainEventLifecycle', msg);
        for (const callbackId of this.#domainCallbacks(eventId.VIR_DOMAIN_EVENT_ID_LIFECYCLE, dom.uuid))
          this.#send('domainEventCallbackLifecycle', { callbackId, ...msg });
        break;
      }
      case 'reboot': {
        const msg = { dom: event.dom };
        if (this.#legacy.has(eventId.VIR_DOMAIN_EVENT_ID_REBOOT)) this.#send('domainEventReboot', msg);
        for (const callbackId of this.#domainCallbacks(eventId.VIR_DOMAIN_EVENT_ID_REBOOT, event.dom.uuid))
          this.#send('domainEventCallbackReboot', { callbackId, ...msg });
        break;
      }
      case 'balloonChange': {
        const msg = { dom: event.dom, actual: BigInt(event.actualKiB) };
        for (const callbackId of this.#domainCallbacks(
          eventId.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE,
          event.dom.uuid,
        ))
          this.#send('domainEventCallbackBalloonChange', { callbackId, ...msg });
        break;
      }
      case 'metadataChange': {
        const { dom, metadata, uri } = event;
        for (const callbackId of this.#domainCallbacks(eventId.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, dom.uuid))
          this.#send('domainEventCallbackMetadataChange', { callbackId, dom, type: metadata, nsuri: uri });
        break;
      }
      case 'agentLifecycle': {
        const { dom, state, reason } = event;
        for (const callbackId of this.#domainCallbacks(eventId.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, dom.uuid))
          this.#send('domainEventCallbackAgentLifecycle', { callbackId, dom, state, reason });
        break;
      }
      case 'poolLifecycle':
        for (const callbackId of this.#callbacks('pool', 0, event.pool.uuid))
          this.#send('storagePoolEventLifecycle', {
            callbackId,
            pool: event.pool,
            event: event.event,
            detail: event.detail,
          });
        break;
      case 'poolRefresh':
        for (const callbackId of this.#callbacks('pool', 1, event.pool.uuid))
          this.#send('storagePoolEventRefresh', { callbackId, pool: event.pool });
        break;
      case 'networkLifecycle':
        for (const callbackId of this.#callbacks('network', 0, event.net.uuid))
          this.#send('networkEventLifecycle', {
            callbackId,
            net: event.net,
            event: event.event,
            detail: event.detail,
          });
        break;
    }
  }

  #domainCallbacks(event: number, uuid: Uint8Array): number[] {
    return this.#callbacks('domain', event, uuid);
  }

  #callbacks(kind: Registration['kind'], event: number, uuid: Uint8Array): number[] {
    return [...this.#registrations.values()]
      .filter((one) => one.kind === kind && one.eventId === event)
      .filter((one) => one.uuid === null || Buffer.from(one.uuid).equals(uuid))
      .map((one) => one.callbackId);
  }

  #send<K extends RemoteEvent>(name: K, msg: MsgOf<RemoteProcedures[K]>): void {
    if (this.#server.isOpen) this.#server.sendEvent(remoteProgram, name, msg);
  }
}
