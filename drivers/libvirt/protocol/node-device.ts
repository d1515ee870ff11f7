import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, struct, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { nodeDeviceRef, nullableText, text } from './structs.ts';

/** Host devices. */
export const nodeDeviceProcedures = {
  nodeNumOfDevices: {
    number: 111,
    args: struct({ cap: nullableText, flags: uint }),
    ret: struct({ num: int }),
  },
  nodeListDevices: {
    number: 112,
    args: struct({ cap: nullableText, maxnames: int, flags: uint }),
    ret: struct({ names: array(text, limits.NODE_DEVICE_LIST_MAX) }),
  },
  nodeDeviceLookupByName: { number: 113, args: struct({ name: text }), ret: struct({ dev: nodeDeviceRef }) },
  nodeDeviceGetXmlDesc: {
    number: 114,
    args: struct({ name: text, flags: uint }),
    ret: struct({ xml: text }),
  },
  nodeDeviceGetParent: {
    number: 115,
    args: struct({ name: text }),
    ret: struct({ parentName: nullableText }),
  },
  nodeDeviceNumOfCaps: { number: 116, args: struct({ name: text }), ret: struct({ num: int }) },
  nodeDeviceListCaps: {
    number: 117,
    args: struct({ name: text, maxnames: int }),
    ret: struct({ names: array(text, limits.NODE_DEVICE_CAPS_LIST_MAX) }),
  },
  nodeDeviceDettach: { number: 118, args: struct({ name: text }) },
  nodeDeviceReAttach: { number: 119, args: struct({ name: text }) },
  nodeDeviceReset: { number: 120, args: struct({ name: text }) },
  nodeDeviceCreateXml: {
    number: 123,
    args: struct({ xmlDesc: text, flags: uint }),
    ret: struct({ dev: nodeDeviceRef }),
  },
  nodeDeviceDestroy: { number: 124, args: struct({ name: text }) },
  connectListAllNodeDevices: {
    number: 285,
    args: struct({ needResults: int, flags: uint }),
    ret: struct({ devices: array(nodeDeviceRef, limits.NODE_DEVICE_LIST_MAX), ret: uint }),
  },
  nodeDeviceLookupScsiHostByWwn: {
    number: 297,
    args: struct({ wwnn: text, wwpn: text, flags: uint }),
    ret: struct({ dev: nodeDeviceRef }),
  },
  nodeDeviceDetachFlags: { number: 301, args: struct({ name: text, driverName: nullableText, flags: uint }) },
  nodeDeviceDefineXml: {
    number: 428,
    args: struct({ xmlDesc: text, flags: uint }),
    ret: struct({ dev: nodeDeviceRef }),
  },
  nodeDeviceUndefine: { number: 429, args: struct({ name: text, flags: uint }) },
  nodeDeviceCreate: { number: 430, args: struct({ name: text, flags: uint }) },
  nodeDeviceGetAutostart: { number: 433, args: struct({ name: text }), ret: struct({ autostart: int }) },
  nodeDeviceSetAutostart: { number: 434, args: struct({ name: text, autostart: int }) },
  nodeDeviceIsPersistent: { number: 435, args: struct({ name: text }), ret: struct({ persistent: int }) },
  nodeDeviceIsActive: { number: 436, args: struct({ name: text }), ret: struct({ active: int }) },
  nodeDeviceUpdate: { number: 447, args: struct({ name: text, xmlDesc: text, flags: uint }) },
} as const satisfies ProcedureTable;
