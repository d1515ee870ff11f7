import { virDomainEventID as eventId } from '../../libvirt/constants/index.ts';
import type { Handlers } from './table.ts';

/** Who wants to be told of what. Registering always succeeds: most events just never happen here. */
export const eventHandlers: Handlers = {
  connectRegisterCloseCallback: () => undefined,
  connectUnregisterCloseCallback: () => undefined,
  connectDomainEventRegister: (_, { session }) => {
    session.registerLegacy(eventId.VIR_DOMAIN_EVENT_ID_LIFECYCLE);
    return { cbRegistered: 1 };
  },
  connectDomainEventDeregister: (_, { session }) => {
    session.deregisterLegacy(eventId.VIR_DOMAIN_EVENT_ID_LIFECYCLE);
    return { cbRegistered: 0 };
  },
  connectDomainEventRegisterAny: ({ eventId: event }, { session }) => session.registerLegacy(event),
  connectDomainEventDeregisterAny: ({ eventId: event }, { session }) => session.deregisterLegacy(event),
  connectDomainEventCallbackRegisterAny: ({ eventId: event, dom }, { session }) => ({
    callbackId: session.register('domain', event, dom?.uuid ?? null),
  }),
  connectDomainEventCallbackDeregisterAny: ({ callbackId }, { session }) => session.deregister(callbackId),
  connectNetworkEventRegisterAny: ({ eventId: event, net }, { session }) => ({
    callbackId: session.register('network', event, net?.uuid ?? null),
  }),
  connectNetworkEventDeregisterAny: ({ callbackId }, { session }) => session.deregister(callbackId),
  connectStoragePoolEventRegisterAny: ({ eventId: event, pool }, { session }) => ({
    callbackId: session.register('pool', event, pool?.uuid ?? null),
  }),
  connectStoragePoolEventDeregisterAny: ({ callbackId }, { session }) => session.deregister(callbackId),
  connectNodeDeviceEventRegisterAny: ({ eventId: event }, { session }) => ({
    callbackId: session.register('other', event, null),
  }),
  connectNodeDeviceEventDeregisterAny: ({ callbackId }, { session }) => session.deregister(callbackId),
  connectSecretEventRegisterAny: ({ eventId: event }, { session }) => ({
    callbackId: session.register('other', event, null),
  }),
  connectSecretEventDeregisterAny: ({ callbackId }, { session }) => session.deregister(callbackId),
};
