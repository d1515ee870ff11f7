import type { EventMsg } from './api.ts';
import type { LibvirtClient } from './client.ts';
import type { NetworkRef, NodeDeviceRef, SecretRef, StoragePoolRef } from './protocol/structs.ts';
import type { Registration } from './registration.ts';

/** virNetworkEventID: lifecycle, metadata (libvirt 9.8) */
const networkEvents = { 0: 'networkEventLifecycle', 1: 'networkEventCallbackMetadataChange' } as const;
/** virStoragePoolEventID: lifecycle, refresh */
const storagePoolEvents = { 0: 'storagePoolEventLifecycle', 1: 'storagePoolEventRefresh' } as const;
/** virNodeDeviceEventID: lifecycle, update */
const nodeDeviceEvents = { 0: 'nodeDeviceEventLifecycle', 1: 'nodeDeviceEventUpdate' } as const;
/** virSecretEventID: lifecycle, value changed */
const secretEvents = { 0: 'secretEventLifecycle', 1: 'secretEventValueChanged' } as const;

/** What to listen to: an event of one object, or of all when `of` is null. */
export interface ObjectEvent<Id, Ref> {
  eventId: Id;
  of: Ref | null;
}

/** virConnectNetworkEventRegisterAny */
export function registerNetworkEvent<Id extends keyof typeof networkEvents>(
  client: LibvirtClient,
  { eventId, of }: ObjectEvent<Id, NetworkRef>,
  listener: (msg: EventMsg<(typeof networkEvents)[Id]>) => void,
): Promise<Registration> {
  return client.registerEvent(networkEvents[eventId], listener, {
    register: (options) => client.remote.connectNetworkEventRegisterAny({ eventId, net: of }, options),
    deregister: (callbackId) => client.remote.connectNetworkEventDeregisterAny({ callbackId }),
  });
}

/** virConnectStoragePoolEventRegisterAny */
export function registerStoragePoolEvent<Id extends keyof typeof storagePoolEvents>(
  client: LibvirtClient,
  { eventId, of }: ObjectEvent<Id, StoragePoolRef>,
  listener: (msg: EventMsg<(typeof storagePoolEvents)[Id]>) => void,
): Promise<Registration> {
  return client.registerEvent(storagePoolEvents[eventId], listener, {
    register: (options) => client.remote.connectStoragePoolEventRegisterAny({ eventId, pool: of }, options),
    deregister: (callbackId) => client.remote.connectStoragePoolEventDeregisterAny({ callbackId }),
  });
}

/** virConnectNodeDeviceEventRegisterAny */
export function registerNodeDeviceEvent<Id extends keyof typeof nodeDeviceEvents>(
  client: LibvirtClient,
  { eventId, of }: ObjectEvent<Id, NodeDeviceRef>,
  listener: (msg: EventMsg<(typeof nodeDeviceEvents)[Id]>) => void,
): Promise<Registration> {
  return client.registerEvent(nodeDeviceEvents[eventId], listener, {
    register: (options) => client.remote.connectNodeDeviceEventRegisterAny({ eventId, dev: of }, options),
    deregister: (callbackId) => client.remote.connectNodeDeviceEventDeregisterAny({ callbackId }),
  });
}

/** virConnectSecretEventRegisterAny */
export function registerSecretEvent<Id extends keyof typeof secretEvents>(
  client: LibvirtClient,
  { eventId, of }: ObjectEvent<Id, SecretRef>,
  listener: (msg: EventMsg<(typeof secretEvents)[Id]>) => void,
): Promise<Registration> {
  return client.registerEvent(secretEvents[eventId], listener, {
    register: (options) => client.remote.connectSecretEventRegisterAny({ eventId, secret: of }, options),
    deregister: (callbackId) => client.remote.connectSecretEventDeregisterAny({ callbackId }),
  });
}

/** virConnectDomainQemuMonitorEventRegister: events of QEMU's monitor by name, all when it is null. */
export function registerMonitorEvent(
  client: LibvirtClient,
  event: string | null,
  listener: (msg: EventMsg<'domainMonitorEvent'>) => void,
): Promise<Registration> {
  return client.registerEvent('domainMonitorEvent', listener, {
    register: (options) =>
      client.qemu.connectDomainMonitorEventRegister({ dom: null, event, flags: 0 }, options),
    deregister: (callbackId) => client.qemu.connectDomainMonitorEventDeregister({ callbackId }),
  });
}
