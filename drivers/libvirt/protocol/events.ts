import type { ProcedureTable } from '../../rpc/table.ts';
import { array, hyper, int, optional, struct, uhyper, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import {
  domainRef,
  graphicsAddress,
  graphicsIdentity,
  networkRef,
  nodeDeviceRef,
  nullableText,
  secretRef,
  storagePoolRef,
  text,
  typedParam,
} from './structs.ts';

/** Events and their registration (virConnectDomainEventRegisterAny and its kin). */
export const eventsProcedures = {
  connectDomainEventRegister: { number: 105, ret: struct({ cbRegistered: int }) },
  connectDomainEventDeregister: { number: 106, ret: struct({ cbRegistered: int }) },
  domainEventLifecycle: { number: 107, msg: struct({ dom: domainRef, event: int, detail: int }) },
  connectDomainEventRegisterAny: { number: 167, args: struct({ eventId: int }) },
  connectDomainEventDeregisterAny: { number: 168, args: struct({ eventId: int }) },
  domainEventReboot: { number: 169, msg: struct({ dom: domainRef }) },
  domainEventRtcChange: { number: 170, msg: struct({ dom: domainRef, offset: hyper }) },
  domainEventWatchdog: { number: 171, msg: struct({ dom: domainRef, action: int }) },
  domainEventIoError: {
    number: 172,
    msg: struct({ dom: domainRef, srcPath: text, devAlias: text, action: int }),
  },
  domainEventGraphics: {
    number: 173,
    msg: struct({
      dom: domainRef,
      phase: int,
      local: graphicsAddress,
      remote: graphicsAddress,
      authScheme: text,
      subject: array(graphicsIdentity, limits.DOMAIN_EVENT_GRAPHICS_IDENTITY_MAX),
    }),
  },
  domainEventIoErrorReason: {
    number: 195,
    msg: struct({ dom: domainRef, srcPath: text, devAlias: text, action: int, reason: text }),
  },
  domainEventControlError: { number: 224, msg: struct({ dom: domainRef }) },
  domainEventBlockJob: { number: 241, msg: struct({ dom: domainRef, path: text, type: int, status: int }) },
  domainEventDiskChange: {
    number: 248,
    msg: struct({
      dom: domainRef,
      oldSrcPath: nullableText,
      newSrcPath: nullableText,
      devAlias: text,
      reason: int,
    }),
  },
  domainEventTrayChange: { number: 268, msg: struct({ dom: domainRef, devAlias: text, reason: int }) },
  domainEventPmwakeup: { number: 269, msg: struct({ dom: domainRef }) },
  domainEventPmsuspend: { number: 270, msg: struct({ dom: domainRef }) },
  domainEventBalloonChange: { number: 276, msg: struct({ dom: domainRef, actual: uhyper }) },
  domainEventPmsuspendDisk: { number: 292, msg: struct({ dom: domainRef }) },
  domainEventDeviceRemoved: { number: 311, msg: struct({ dom: domainRef, devAlias: text }) },
  connectNetworkEventRegisterAny: {
    number: 313,
    args: struct({ eventId: int, net: optional(networkRef) }),
    ret: struct({ callbackId: int }),
  },
  connectNetworkEventDeregisterAny: { number: 314, args: struct({ callbackId: int }) },
  networkEventLifecycle: {
    number: 315,
    msg: struct({ callbackId: int, net: networkRef, event: int, detail: int }),
  },
  connectDomainEventCallbackRegisterAny: {
    number: 316,
    args: struct({ eventId: int, dom: optional(domainRef) }),
    ret: struct({ callbackId: int }),
  },
  connectDomainEventCallbackDeregisterAny: { number: 317, args: struct({ callbackId: int }) },
  domainEventCallbackLifecycle: {
    number: 318,
    msg: struct({ callbackId: int, dom: domainRef, event: int, detail: int }),
  },
  domainEventCallbackReboot: { number: 319, msg: struct({ callbackId: int, dom: domainRef }) },
  domainEventCallbackRtcChange: {
    number: 320,
    msg: struct({ callbackId: int, dom: domainRef, offset: hyper }),
  },
  domainEventCallbackWatchdog: { number: 321, msg: struct({ callbackId: int, dom: domainRef, action: int }) },
  domainEventCallbackIoError: {
    number: 322,
    msg: struct({ callbackId: int, dom: domainRef, srcPath: text, devAlias: text, action: int }),
  },
  domainEventCallbackGraphics: {
    number: 323,
    msg: struct({
      callbackId: int,
      dom: domainRef,
      phase: int,
      local: graphicsAddress,
      remote: graphicsAddress,
      authScheme: text,
      subject: array(graphicsIdentity, limits.DOMAIN_EVENT_GRAPHICS_IDENTITY_MAX),
    }),
  },
  domainEventCallbackIoErrorReason: {
    number: 324,
    msg: struct({
      callbackId: int,
      dom: domainRef,
      srcPath: text,
      devAlias: text,
      action: int,
      reason: text,
    }),
  },
  domainEventCallbackControlError: { number: 325, msg: struct({ callbackId: int, dom: domainRef }) },
  domainEventCallbackBlockJob: {
    number: 326,
    msg: struct({ callbackId: int, dom: domainRef, path: text, type: int, status: int }),
  },
  domainEventCallbackDiskChange: {
    number: 327,
    msg: struct({
      callbackId: int,
      dom: domainRef,
      oldSrcPath: nullableText,
      newSrcPath: nullableText,
      devAlias: text,
      reason: int,
    }),
  },
  domainEventCallbackTrayChange: {
    number: 328,
    msg: struct({ callbackId: int, dom: domainRef, devAlias: text, reason: int }),
  },
  domainEventCallbackPmwakeup: { number: 329, msg: struct({ callbackId: int, reason: int, dom: domainRef }) },
  domainEventCallbackPmsuspend: {
    number: 330,
    msg: struct({ callbackId: int, reason: int, dom: domainRef }),
  },
  domainEventCallbackBalloonChange: {
    number: 331,
    msg: struct({ callbackId: int, dom: domainRef, actual: uhyper }),
  },
  domainEventCallbackPmsuspendDisk: {
    number: 332,
    msg: struct({ callbackId: int, reason: int, dom: domainRef }),
  },
  domainEventCallbackDeviceRemoved: {
    number: 333,
    msg: struct({ callbackId: int, dom: domainRef, devAlias: text }),
  },
  domainEventBlockJob2: {
    number: 339,
    msg: struct({ callbackId: int, dom: domainRef, dst: text, type: int, status: int }),
  },
  domainEventCallbackTunable: {
    number: 346,
    msg: struct({
      callbackId: int,
      dom: domainRef,
      params: array(typedParam, limits.DOMAIN_EVENT_TUNABLE_MAX),
    }),
  },
  domainEventCallbackAgentLifecycle: {
    number: 348,
    msg: struct({ callbackId: int, dom: domainRef, state: int, reason: int }),
  },
  domainEventCallbackDeviceAdded: {
    number: 354,
    msg: struct({ callbackId: int, dom: domainRef, devAlias: text }),
  },
  domainEventCallbackMigrationIteration: {
    number: 359,
    msg: struct({ callbackId: int, dom: domainRef, iteration: int }),
  },
  connectRegisterCloseCallback: { number: 360 },
  connectUnregisterCloseCallback: { number: 361 },
  connectEventConnectionClosed: { number: 362, msg: struct({ reason: int }) },
  domainEventCallbackJobCompleted: {
    number: 363,
    msg: struct({ callbackId: int, dom: domainRef, params: array(typedParam, limits.DOMAIN_JOB_STATS_MAX) }),
  },
  domainEventCallbackDeviceRemovalFailed: {
    number: 367,
    msg: struct({ callbackId: int, dom: domainRef, devAlias: text }),
  },
  connectStoragePoolEventRegisterAny: {
    number: 368,
    args: struct({ eventId: int, pool: optional(storagePoolRef) }),
    ret: struct({ callbackId: int }),
  },
  connectStoragePoolEventDeregisterAny: { number: 369, args: struct({ callbackId: int }) },
  storagePoolEventLifecycle: {
    number: 370,
    msg: struct({ callbackId: int, pool: storagePoolRef, event: int, detail: int }),
  },
  storagePoolEventRefresh: { number: 373, msg: struct({ callbackId: int, pool: storagePoolRef }) },
  connectNodeDeviceEventRegisterAny: {
    number: 374,
    args: struct({ eventId: int, dev: optional(nodeDeviceRef) }),
    ret: struct({ callbackId: int }),
  },
  connectNodeDeviceEventDeregisterAny: { number: 375, args: struct({ callbackId: int }) },
  nodeDeviceEventLifecycle: {
    number: 376,
    msg: struct({ callbackId: int, dev: nodeDeviceRef, event: int, detail: int }),
  },
  nodeDeviceEventUpdate: { number: 377, msg: struct({ callbackId: int, dev: nodeDeviceRef }) },
  domainEventCallbackMetadataChange: {
    number: 379,
    msg: struct({ callbackId: int, dom: domainRef, type: int, nsuri: nullableText }),
  },
  connectSecretEventRegisterAny: {
    number: 380,
    args: struct({ eventId: int, secret: optional(secretRef) }),
    ret: struct({ callbackId: int }),
  },
  connectSecretEventDeregisterAny: { number: 381, args: struct({ callbackId: int }) },
  secretEventLifecycle: {
    number: 382,
    msg: struct({ callbackId: int, secret: secretRef, event: int, detail: int }),
  },
  secretEventValueChanged: { number: 383, msg: struct({ callbackId: int, secret: secretRef }) },
  domainEventBlockThreshold: {
    number: 385,
    msg: struct({
      callbackId: int,
      dom: domainRef,
      dev: text,
      path: nullableText,
      threshold: uhyper,
      excess: uhyper,
    }),
  },
  domainEventMemoryFailure: {
    number: 423,
    msg: struct({ callbackId: int, dom: domainRef, recipient: int, action: int, flags: uint }),
  },
  domainEventMemoryDeviceSizeChange: {
    number: 438,
    msg: struct({ callbackId: int, dom: domainRef, alias: text, size: uhyper }),
  },
  networkEventCallbackMetadataChange: {
    number: 446,
    msg: struct({ callbackId: int, net: networkRef, type: int, nsuri: nullableText }),
  },
  domainEventNicMacChange: {
    number: 453,
    msg: struct({ callbackId: int, dom: domainRef, alias: text, oldMac: text, newMac: text }),
  },
} as const satisfies ProcedureTable;
