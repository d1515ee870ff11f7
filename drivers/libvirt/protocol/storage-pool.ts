import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, struct, uchar, uhyper, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { nullableText, storagePoolRef, storageVolRef, text, uuid } from './structs.ts';

/** Storage pools. */
export const storagePoolProcedures = {
  connectNumOfStoragePools: { number: 71, ret: struct({ num: int }) },
  connectListStoragePools: {
    number: 72,
    args: struct({ maxnames: int }),
    ret: struct({ names: array(text, limits.STORAGE_POOL_LIST_MAX) }),
  },
  connectNumOfDefinedStoragePools: { number: 73, ret: struct({ num: int }) },
  connectListDefinedStoragePools: {
    number: 74,
    args: struct({ maxnames: int }),
    ret: struct({ names: array(text, limits.STORAGE_POOL_LIST_MAX) }),
  },
  connectFindStoragePoolSources: {
    number: 75,
    args: struct({ type: text, srcSpec: nullableText, flags: uint }),
    ret: struct({ xml: text }),
  },
  storagePoolCreateXml: {
    number: 76,
    args: struct({ xml: text, flags: uint }),
    ret: struct({ pool: storagePoolRef }),
  },
  storagePoolDefineXml: {
    number: 77,
    args: struct({ xml: text, flags: uint }),
    ret: struct({ pool: storagePoolRef }),
  },
  storagePoolCreate: { number: 78, args: struct({ pool: storagePoolRef, flags: uint }) },
  storagePoolBuild: { number: 79, args: struct({ pool: storagePoolRef, flags: uint }) },
  storagePoolDestroy: { number: 80, args: struct({ pool: storagePoolRef }) },
  storagePoolDelete: { number: 81, args: struct({ pool: storagePoolRef, flags: uint }) },
  storagePoolUndefine: { number: 82, args: struct({ pool: storagePoolRef }) },
  storagePoolRefresh: { number: 83, args: struct({ pool: storagePoolRef, flags: uint }) },
  storagePoolLookupByName: {
    number: 84,
    args: struct({ name: text }),
    ret: struct({ pool: storagePoolRef }),
  },
  storagePoolLookupByUuid: { number: 85, args: struct({ uuid }), ret: struct({ pool: storagePoolRef }) },
  storagePoolLookupByVolume: {
    number: 86,
    args: struct({ vol: storageVolRef }),
    ret: struct({ pool: storagePoolRef }),
  },
  storagePoolGetInfo: {
    number: 87,
    args: struct({ pool: storagePoolRef }),
    ret: struct({ state: uchar, capacity: uhyper, allocation: uhyper, available: uhyper }),
  },
  storagePoolGetXmlDesc: {
    number: 88,
    args: struct({ pool: storagePoolRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  storagePoolGetAutostart: {
    number: 89,
    args: struct({ pool: storagePoolRef }),
    ret: struct({ autostart: int }),
  },
  storagePoolSetAutostart: { number: 90, args: struct({ pool: storagePoolRef, autostart: int }) },
  storagePoolNumOfVolumes: { number: 91, args: struct({ pool: storagePoolRef }), ret: struct({ num: int }) },
  storagePoolListVolumes: {
    number: 92,
    args: struct({ pool: storagePoolRef, maxnames: int }),
    ret: struct({ names: array(text, limits.STORAGE_VOL_LIST_MAX) }),
  },
  storagePoolIsActive: { number: 154, args: struct({ pool: storagePoolRef }), ret: struct({ active: int }) },
  storagePoolIsPersistent: {
    number: 155,
    args: struct({ pool: storagePoolRef }),
    ret: struct({ persistent: int }),
  },
  connectListAllStoragePools: {
    number: 281,
    args: struct({ needResults: int, flags: uint }),
    ret: struct({ pools: array(storagePoolRef, limits.STORAGE_POOL_LIST_MAX), ret: uint }),
  },
  storagePoolListAllVolumes: {
    number: 282,
    args: struct({ pool: storagePoolRef, needResults: int, flags: uint }),
    ret: struct({ vols: array(storageVolRef, limits.STORAGE_VOL_LIST_MAX), ret: uint }),
  },
  storagePoolLookupByTargetPath: {
    number: 391,
    args: struct({ path: text }),
    ret: struct({ pool: storagePoolRef }),
  },
  connectGetStoragePoolCapabilities: {
    number: 403,
    args: struct({ flags: uint }),
    ret: struct({ capabilities: text }),
  },
} as const satisfies ProcedureTable;
