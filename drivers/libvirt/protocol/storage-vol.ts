import type { ProcedureTable } from '../../rpc/table.ts';
import { char, struct, uhyper, uint } from '../../xdr/xdr.ts';
import { storagePoolRef, storageVolRef, text } from './structs.ts';

/** Storage volumes. */
export const storageVolProcedures = {
  storageVolCreateXml: {
    number: 93,
    args: struct({ pool: storagePoolRef, xml: text, flags: uint }),
    ret: struct({ vol: storageVolRef }),
  },
  storageVolDelete: { number: 94, args: struct({ vol: storageVolRef, flags: uint }) },
  storageVolLookupByName: {
    number: 95,
    args: struct({ pool: storagePoolRef, name: text }),
    ret: struct({ vol: storageVolRef }),
  },
  storageVolLookupByKey: { number: 96, args: struct({ key: text }), ret: struct({ vol: storageVolRef }) },
  storageVolLookupByPath: { number: 97, args: struct({ path: text }), ret: struct({ vol: storageVolRef }) },
  storageVolGetInfo: {
    number: 98,
    args: struct({ vol: storageVolRef }),
    ret: struct({ type: char, capacity: uhyper, allocation: uhyper }),
  },
  storageVolGetXmlDesc: {
    number: 99,
    args: struct({ vol: storageVolRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  storageVolGetPath: { number: 100, args: struct({ vol: storageVolRef }), ret: struct({ name: text }) },
  storageVolCreateXmlFrom: {
    number: 125,
    args: struct({ pool: storagePoolRef, xml: text, clonevol: storageVolRef, flags: uint }),
    ret: struct({ vol: storageVolRef }),
  },
  storageVolWipe: { number: 165, args: struct({ vol: storageVolRef, flags: uint }) },
  storageVolUpload: {
    number: 208,
    args: struct({ vol: storageVolRef, offset: uhyper, length: uhyper, flags: uint }),
    stream: 'upload',
  },
  storageVolDownload: {
    number: 209,
    args: struct({ vol: storageVolRef, offset: uhyper, length: uhyper, flags: uint }),
    stream: 'download',
  },
  storageVolWipePattern: { number: 259, args: struct({ vol: storageVolRef, algorithm: uint, flags: uint }) },
  storageVolResize: { number: 260, args: struct({ vol: storageVolRef, capacity: uhyper, flags: uint }) },
  storageVolGetInfoFlags: {
    number: 378,
    args: struct({ vol: storageVolRef, flags: uint }),
    ret: struct({ type: char, capacity: uhyper, allocation: uhyper }),
  },
} as const satisfies ProcedureTable;
