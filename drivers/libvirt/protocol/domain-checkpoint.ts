import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, struct, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { checkpointRef, domainRef, nullableText, text } from './structs.ts';

/** Checkpoints and backups. */
export const domainCheckpointProcedures = {
  domainCheckpointCreateXml: {
    number: 411,
    args: struct({ dom: domainRef, xmlDesc: text, flags: uint }),
    ret: struct({ checkpoint: checkpointRef }),
  },
  domainCheckpointGetXmlDesc: {
    number: 412,
    args: struct({ checkpoint: checkpointRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  domainListAllCheckpoints: {
    number: 413,
    args: struct({ dom: domainRef, needResults: int, flags: uint }),
    ret: struct({ checkpoints: array(checkpointRef, limits.DOMAIN_CHECKPOINT_LIST_MAX), ret: int }),
  },
  domainCheckpointListAllChildren: {
    number: 414,
    args: struct({ checkpoint: checkpointRef, needResults: int, flags: uint }),
    ret: struct({ checkpoints: array(checkpointRef, limits.DOMAIN_CHECKPOINT_LIST_MAX), ret: int }),
  },
  domainCheckpointLookupByName: {
    number: 415,
    args: struct({ dom: domainRef, name: text, flags: uint }),
    ret: struct({ checkpoint: checkpointRef }),
  },
  domainCheckpointGetParent: {
    number: 416,
    args: struct({ checkpoint: checkpointRef, flags: uint }),
    ret: struct({ parent: checkpointRef }),
  },
  domainCheckpointDelete: { number: 417, args: struct({ checkpoint: checkpointRef, flags: uint }) },
  domainBackupBegin: {
    number: 421,
    args: struct({ dom: domainRef, backupXml: text, checkpointXml: nullableText, flags: uint }),
  },
  domainBackupGetXmlDesc: {
    number: 422,
    args: struct({ dom: domainRef, flags: uint }),
    ret: struct({ xml: text }),
  },
} as const satisfies ProcedureTable;
