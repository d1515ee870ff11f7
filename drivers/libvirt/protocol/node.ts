import type { ProcedureTable } from '../../rpc/table.ts';
import { array, chars, charsFixed, int, opaque, struct, uhyper, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { nodeFigure, typedParam } from './structs.ts';

/** The host itself. */
export const nodeProcedures = {
  nodeGetInfo: {
    number: 6,
    ret: struct({
      model: charsFixed(32),
      memory: uhyper,
      cpus: int,
      mhz: int,
      nodes: int,
      sockets: int,
      cores: int,
      threads: int,
    }),
  },
  nodeGetCellsFreeMemory: {
    number: 101,
    args: struct({ startCell: int, maxcells: int }),
    ret: struct({ cells: array(uhyper, limits.NODE_MAX_CELLS) }),
  },
  nodeGetFreeMemory: { number: 102, ret: struct({ freeMem: uhyper }) },
  nodeGetSecurityModel: {
    number: 122,
    ret: struct({ model: chars(limits.SECURITY_MODEL_MAX), doi: chars(limits.SECURITY_DOI_MAX) }),
  },
  nodeGetCpuStats: {
    number: 227,
    args: struct({ cpuNum: int, nparams: int, flags: uint }),
    ret: struct({ params: array(nodeFigure, limits.NODE_CPU_STATS_MAX), nparams: int }),
  },
  nodeGetMemoryStats: {
    number: 228,
    args: struct({ nparams: int, cellNum: int, flags: uint }),
    ret: struct({ params: array(nodeFigure, limits.NODE_MEMORY_STATS_MAX), nparams: int }),
  },
  nodeSuspendForDuration: { number: 250, args: struct({ target: uint, duration: uhyper, flags: uint }) },
  nodeSetMemoryParameters: {
    number: 288,
    args: struct({ params: array(typedParam, limits.NODE_MEMORY_PARAMETERS_MAX), flags: uint }),
  },
  nodeGetMemoryParameters: {
    number: 289,
    args: struct({ nparams: int, flags: uint }),
    ret: struct({ params: array(typedParam, limits.NODE_MEMORY_PARAMETERS_MAX), nparams: int }),
  },
  nodeGetCpuMap: {
    number: 293,
    args: struct({ needMap: int, needOnline: int, flags: uint }),
    ret: struct({ cpumap: opaque(limits.CPUMAP_MAX), online: uint, ret: int }),
  },
  nodeGetFreePages: {
    number: 340,
    args: struct({ pages: array(uint, limits.NODE_MAX_CELLS), startCell: int, cellCount: uint, flags: uint }),
    ret: struct({ counts: array(uhyper, limits.NODE_MAX_CELLS) }),
  },
  nodeAllocPages: {
    number: 347,
    args: struct({
      pageSizes: array(uint, limits.NODE_MAX_CELLS),
      pageCounts: array(uhyper, limits.NODE_MAX_CELLS),
      startCell: int,
      cellCount: uint,
      flags: uint,
    }),
    ret: struct({ ret: int }),
  },
  nodeGetSevInfo: {
    number: 395,
    args: struct({ nparams: int, flags: uint }),
    ret: struct({ params: array(typedParam, limits.NODE_SEV_INFO_MAX), nparams: int }),
  },
} as const satisfies ProcedureTable;
