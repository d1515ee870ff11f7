import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, struct, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { nwfilterBindingRef, nwfilterRef, text, uuid } from './structs.ts';

/** Network filters and their bindings. */
export const nwfilterProcedures = {
  nwfilterLookupByName: { number: 175, args: struct({ name: text }), ret: struct({ nwfilter: nwfilterRef }) },
  nwfilterLookupByUuid: { number: 176, args: struct({ uuid }), ret: struct({ nwfilter: nwfilterRef }) },
  nwfilterGetXmlDesc: {
    number: 177,
    args: struct({ nwfilter: nwfilterRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  connectNumOfNwfilters: { number: 178, ret: struct({ num: int }) },
  connectListNwfilters: {
    number: 179,
    args: struct({ maxnames: int }),
    ret: struct({ names: array(text, limits.NWFILTER_LIST_MAX) }),
  },
  nwfilterDefineXml: { number: 180, args: struct({ xml: text }), ret: struct({ nwfilter: nwfilterRef }) },
  nwfilterUndefine: { number: 181, args: struct({ nwfilter: nwfilterRef }) },
  connectListAllNwfilters: {
    number: 286,
    args: struct({ needResults: int, flags: uint }),
    ret: struct({ filters: array(nwfilterRef, limits.NWFILTER_LIST_MAX), ret: uint }),
  },
  nwfilterBindingLookupByPortDev: {
    number: 397,
    args: struct({ name: text }),
    ret: struct({ nwfilter: nwfilterBindingRef }),
  },
  nwfilterBindingGetXmlDesc: {
    number: 398,
    args: struct({ nwfilter: nwfilterBindingRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  nwfilterBindingCreateXml: {
    number: 399,
    args: struct({ xml: text, flags: uint }),
    ret: struct({ nwfilter: nwfilterBindingRef }),
  },
  nwfilterBindingDelete: { number: 400, args: struct({ nwfilter: nwfilterBindingRef }) },
  connectListAllNwfilterBindings: {
    number: 401,
    args: struct({ needResults: int, flags: uint }),
    ret: struct({ bindings: array(nwfilterBindingRef, limits.NWFILTER_BINDING_LIST_MAX), ret: uint }),
  },
  nwfilterDefineXmlFlags: {
    number: 431,
    args: struct({ xml: text, flags: uint }),
    ret: struct({ nwfilter: nwfilterRef }),
  },
} as const satisfies ProcedureTable;
