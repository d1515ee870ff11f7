import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, struct, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { dhcpLease, networkPortRef, networkRef, nullableText, text, typedParam, uuid } from './structs.ts';

/** Virtual networks and their ports. */
export const networkProcedures = {
  connectListDefinedNetworks: {
    number: 36,
    args: struct({ maxnames: int }),
    ret: struct({ names: array(text, limits.NETWORK_LIST_MAX) }),
  },
  connectListNetworks: {
    number: 38,
    args: struct({ maxnames: int }),
    ret: struct({ names: array(text, limits.NETWORK_LIST_MAX) }),
  },
  networkCreate: { number: 39, args: struct({ net: networkRef }) },
  networkCreateXml: { number: 40, args: struct({ xml: text }), ret: struct({ net: networkRef }) },
  networkDefineXml: { number: 41, args: struct({ xml: text }), ret: struct({ net: networkRef }) },
  networkDestroy: { number: 42, args: struct({ net: networkRef }) },
  networkGetXmlDesc: {
    number: 43,
    args: struct({ net: networkRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  networkGetAutostart: { number: 44, args: struct({ net: networkRef }), ret: struct({ autostart: int }) },
  networkGetBridgeName: { number: 45, args: struct({ net: networkRef }), ret: struct({ name: text }) },
  networkLookupByName: { number: 46, args: struct({ name: text }), ret: struct({ net: networkRef }) },
  networkLookupByUuid: { number: 47, args: struct({ uuid }), ret: struct({ net: networkRef }) },
  networkSetAutostart: { number: 48, args: struct({ net: networkRef, autostart: int }) },
  networkUndefine: { number: 49, args: struct({ net: networkRef }) },
  connectNumOfDefinedNetworks: { number: 50, ret: struct({ num: int }) },
  connectNumOfNetworks: { number: 52, ret: struct({ num: int }) },
  networkIsActive: { number: 152, args: struct({ net: networkRef }), ret: struct({ active: int }) },
  networkIsPersistent: { number: 153, args: struct({ net: networkRef }), ret: struct({ persistent: int }) },
  connectListAllNetworks: {
    number: 283,
    args: struct({ needResults: int, flags: uint }),
    ret: struct({ nets: array(networkRef, limits.NETWORK_LIST_MAX), ret: uint }),
  },
  networkUpdate: {
    number: 291,
    args: struct({ net: networkRef, command: uint, section: uint, parentIndex: int, xml: text, flags: uint }),
  },
  networkGetDhcpLeases: {
    number: 341,
    args: struct({ net: networkRef, mac: nullableText, needResults: int, flags: uint }),
    ret: struct({ leases: array(dhcpLease, limits.NETWORK_DHCP_LEASES_MAX), ret: uint }),
  },
  networkListAllPorts: {
    number: 404,
    args: struct({ network: networkRef, needResults: int, flags: uint }),
    ret: struct({ ports: array(networkPortRef, limits.NETWORK_PORT_LIST_MAX), ret: uint }),
  },
  networkPortLookupByUuid: {
    number: 405,
    args: struct({ network: networkRef, uuid }),
    ret: struct({ port: networkPortRef }),
  },
  networkPortCreateXml: {
    number: 406,
    args: struct({ network: networkRef, xml: text, flags: uint }),
    ret: struct({ port: networkPortRef }),
  },
  networkPortGetParameters: {
    number: 407,
    args: struct({ port: networkPortRef, nparams: int, flags: uint }),
    ret: struct({ params: array(typedParam, limits.NETWORK_PORT_PARAMETERS_MAX), nparams: int }),
  },
  networkPortSetParameters: {
    number: 408,
    args: struct({
      port: networkPortRef,
      params: array(typedParam, limits.NETWORK_PORT_PARAMETERS_MAX),
      flags: uint,
    }),
  },
  networkPortGetXmlDesc: {
    number: 409,
    args: struct({ port: networkPortRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  networkPortDelete: { number: 410, args: struct({ port: networkPortRef, flags: uint }) },
  networkDefineXmlFlags: {
    number: 432,
    args: struct({ xml: text, flags: uint }),
    ret: struct({ net: networkRef }),
  },
  networkCreateXmlFlags: {
    number: 437,
    args: struct({ xml: text, flags: uint }),
    ret: struct({ net: networkRef }),
  },
  networkSetMetadata: {
    number: 444,
    args: struct({
      network: networkRef,
      type: int,
      metadata: nullableText,
      key: nullableText,
      uri: nullableText,
      flags: uint,
    }),
  },
  networkGetMetadata: {
    number: 445,
    args: struct({ network: networkRef, type: int, uri: nullableText, flags: uint }),
    ret: struct({ metadata: text }),
  },
} as const satisfies ProcedureTable;
