import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, struct, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { interfaceRef, text } from './structs.ts';

/** Host network interfaces. */
export const interfaceProcedures = {
  connectNumOfInterfaces: { number: 126, ret: struct({ num: int }) },
  connectListInterfaces: {
    number: 127,
    args: struct({ maxnames: int }),
    ret: struct({ names: array(text, limits.INTERFACE_LIST_MAX) }),
  },
  interfaceLookupByName: { number: 128, args: struct({ name: text }), ret: struct({ iface: interfaceRef }) },
  interfaceLookupByMacString: {
    number: 129,
    args: struct({ mac: text }),
    ret: struct({ iface: interfaceRef }),
  },
  interfaceGetXmlDesc: {
    number: 130,
    args: struct({ iface: interfaceRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  interfaceDefineXml: {
    number: 131,
    args: struct({ xml: text, flags: uint }),
    ret: struct({ iface: interfaceRef }),
  },
  interfaceUndefine: { number: 132, args: struct({ iface: interfaceRef }) },
  interfaceCreate: { number: 133, args: struct({ iface: interfaceRef, flags: uint }) },
  interfaceDestroy: { number: 134, args: struct({ iface: interfaceRef, flags: uint }) },
  connectNumOfDefinedInterfaces: { number: 137, ret: struct({ num: int }) },
  connectListDefinedInterfaces: {
    number: 138,
    args: struct({ maxnames: int }),
    ret: struct({ names: array(text, limits.INTERFACE_LIST_MAX) }),
  },
  interfaceIsActive: { number: 156, args: struct({ iface: interfaceRef }), ret: struct({ active: int }) },
  interfaceChangeBegin: { number: 220, args: struct({ flags: uint }) },
  interfaceChangeCommit: { number: 221, args: struct({ flags: uint }) },
  interfaceChangeRollback: { number: 222, args: struct({ flags: uint }) },
  connectListAllInterfaces: {
    number: 284,
    args: struct({ needResults: int, flags: uint }),
    ret: struct({ ifaces: array(interfaceRef, limits.INTERFACE_LIST_MAX), ret: uint }),
  },
} as const satisfies ProcedureTable;
