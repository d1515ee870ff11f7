import type { ProcedureTable } from '../../rpc/table.ts';
import { array, charBytes, int, struct } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { text } from './structs.ts';

/** Authentication, before the connection is opened. */
export const authProcedures = {
  authList: { number: 66, ret: struct({ types: array(int, limits.AUTH_TYPE_LIST_MAX) }) },
  authSaslInit: { number: 67, ret: struct({ mechlist: text }) },
  authSaslStart: {
    number: 68,
    args: struct({ mech: text, nil: int, data: charBytes(limits.AUTH_SASL_DATA_MAX) }),
    ret: struct({ complete: int, nil: int, data: charBytes(limits.AUTH_SASL_DATA_MAX) }),
  },
  authSaslStep: {
    number: 69,
    args: struct({ nil: int, data: charBytes(limits.AUTH_SASL_DATA_MAX) }),
    ret: struct({ complete: int, nil: int, data: charBytes(limits.AUTH_SASL_DATA_MAX) }),
  },
  authPolkit: { number: 70, ret: struct({ complete: int }) },
} as const satisfies ProcedureTable;
