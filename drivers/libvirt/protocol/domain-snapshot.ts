import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, struct, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { domainRef, snapshotRef, text } from './structs.ts';

/** Snapshots. */
export const domainSnapshotProcedures = {
  domainSnapshotCreateXml: {
    number: 185,
    args: struct({ dom: domainRef, xmlDesc: text, flags: uint }),
    ret: struct({ snap: snapshotRef }),
  },
  domainSnapshotGetXmlDesc: {
    number: 186,
    args: struct({ snap: snapshotRef, flags: uint }),
    ret: struct({ xml: text }),
  },
  domainSnapshotNum: {
    number: 187,
    args: struct({ dom: domainRef, flags: uint }),
    ret: struct({ num: int }),
  },
  domainSnapshotListNames: {
    number: 188,
    args: struct({ dom: domainRef, maxnames: int, flags: uint }),
    ret: struct({ names: array(text, limits.DOMAIN_SNAPSHOT_LIST_MAX) }),
  },
  domainSnapshotLookupByName: {
    number: 189,
    args: struct({ dom: domainRef, name: text, flags: uint }),
    ret: struct({ snap: snapshotRef }),
  },
  domainHasCurrentSnapshot: {
    number: 190,
    args: struct({ dom: domainRef, flags: uint }),
    ret: struct({ result: int }),
  },
  domainSnapshotCurrent: {
    number: 191,
    args: struct({ dom: domainRef, flags: uint }),
    ret: struct({ snap: snapshotRef }),
  },
  domainRevertToSnapshot: { number: 192, args: struct({ snap: snapshotRef, flags: uint }) },
  domainSnapshotDelete: { number: 193, args: struct({ snap: snapshotRef, flags: uint }) },
  domainSnapshotGetParent: {
    number: 244,
    args: struct({ snap: snapshotRef, flags: uint }),
    ret: struct({ snap: snapshotRef }),
  },
  domainSnapshotNumChildren: {
    number: 246,
    args: struct({ snap: snapshotRef, flags: uint }),
    ret: struct({ num: int }),
  },
  domainSnapshotListChildrenNames: {
    number: 247,
    args: struct({ snap: snapshotRef, maxnames: int, flags: uint }),
    ret: struct({ names: array(text, limits.DOMAIN_SNAPSHOT_LIST_MAX) }),
  },
  domainSnapshotIsCurrent: {
    number: 271,
    args: struct({ snap: snapshotRef, flags: uint }),
    ret: struct({ current: int }),
  },
  domainSnapshotHasMetadata: {
    number: 272,
    args: struct({ snap: snapshotRef, flags: uint }),
    ret: struct({ metadata: int }),
  },
  domainListAllSnapshots: {
    number: 274,
    args: struct({ dom: domainRef, needResults: int, flags: uint }),
    ret: struct({ snapshots: array(snapshotRef, limits.DOMAIN_SNAPSHOT_LIST_MAX), ret: int }),
  },
  domainSnapshotListAllChildren: {
    number: 275,
    args: struct({ snapshot: snapshotRef, needResults: int, flags: uint }),
    ret: struct({ snapshots: array(snapshotRef, limits.DOMAIN_SNAPSHOT_LIST_MAX), ret: int }),
  },
} as const satisfies ProcedureTable;
