import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, opaque, struct, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { secretRef, text, uuid } from './structs.ts';

/** Secrets. */
export const secretProcedures = {
  connectNumOfSecrets: { number: 139, ret: struct({ num: int }) },
  connectListSecrets: {
    number: 140,
    args: struct({ maxuuids: int }),
    ret: struct({ uuids: array(text, limits.SECRET_LIST_MAX) }),
  },
  secretLookupByUuid: { number: 141, args: struct({ uuid }), ret: struct({ secret: secretRef }) },
  secretDefineXml: {
    number: 142,
    args: struct({ xml: text, flags: uint }),
    ret: struct({ secret: secretRef }),
  },
  secretGetXmlDesc: {
    number: 143,
    args: struct({ secret: secretRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  secretSetValue: {
    number: 144,
    args: struct({ secret: secretRef, value: opaque(limits.SECRET_VALUE_MAX), flags: uint }),
  },
  secretGetValue: {
    number: 145,
    args: struct({ secret: secretRef, flags: uint }),
    ret: struct({ value: opaque(limits.SECRET_VALUE_MAX) }),
  },
  secretUndefine: { number: 146, args: struct({ secret: secretRef }) },
  secretLookupByUsage: {
    number: 147,
    args: struct({ usageType: int, usageId: text }),
    ret: struct({ secret: secretRef }),
  },
  connectListAllSecrets: {
    number: 287,
    args: struct({ needResults: int, flags: uint }),
    ret: struct({ secrets: array(secretRef, limits.SECRET_LIST_MAX), ret: uint }),
  },
} as const satisfies ProcedureTable;
