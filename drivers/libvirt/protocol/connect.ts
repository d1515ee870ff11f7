import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, struct, uhyper, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { domainRef, domainStatsRecord, nullableText, text, typedParam } from './structs.ts';

/** The connection: what the host is and what it holds. */
export const connectProcedures = {
  connectOpen: { number: 1, args: struct({ name: nullableText, flags: uint }) },
  connectClose: { number: 2 },
  connectGetType: { number: 3, ret: struct({ type: text }) },
  connectGetVersion: { number: 4, ret: struct({ hvVer: uhyper }) },
  connectGetMaxVcpus: { number: 5, args: struct({ type: nullableText }), ret: struct({ maxVcpus: int }) },
  connectGetCapabilities: { number: 7, ret: struct({ capabilities: text }) },
  connectListDefinedDomains: {
    number: 21,
    args: struct({ maxnames: int }),
    ret: struct({ names: array(text, limits.DOMAIN_LIST_MAX) }),
  },
  connectNumOfDefinedDomains: { number: 25, ret: struct({ num: int }) },
  connectListDomains: {
    number: 37,
    args: struct({ maxids: int }),
    ret: struct({ ids: array(int, limits.DOMAIN_LIST_MAX) }),
  },
  connectNumOfDomains: { number: 51, ret: struct({ num: int }) },
  connectGetHostname: { number: 59, ret: struct({ hostname: text }) },
  connectSupportsFeature: { number: 60, args: struct({ feature: int }), ret: struct({ supported: int }) },
  connectGetUri: { number: 110, ret: struct({ uri: text }) },
  connectDomainXmlFromNative: {
    number: 135,
    args: struct({ nativeFormat: text, nativeConfig: text, flags: uint }),
    ret: struct({ domainXml: text }),
  },
  connectDomainXmlToNative: {
    number: 136,
    args: struct({ nativeFormat: text, domainXml: text, flags: uint }),
    ret: struct({ nativeConfig: text }),
  },
  connectIsSecure: { number: 149, ret: struct({ secure: int }) },
  connectGetLibVersion: { number: 157, ret: struct({ libVer: uhyper }) },
  connectCompareCpu: { number: 158, args: struct({ xml: text, flags: uint }), ret: struct({ result: int }) },
  connectBaselineCpu: {
    number: 162,
    args: struct({ xmlCpus: array(text, limits.CPU_BASELINE_MAX), flags: uint }),
    ret: struct({ cpu: text }),
  },
  connectGetSysinfo: { number: 203, args: struct({ flags: uint }), ret: struct({ sysinfo: text }) },
  connectListAllDomains: {
    number: 273,
    args: struct({ needResults: int, flags: uint }),
    ret: struct({ domains: array(domainRef, limits.DOMAIN_LIST_MAX), ret: uint }),
  },
  connectGetCpuModelNames: {
    number: 312,
    args: struct({ arch: text, needResults: int, flags: uint }),
    ret: struct({ models: array(text, limits.CONNECT_CPU_MODELS_MAX), ret: int }),
  },
  connectGetDomainCapabilities: {
    number: 342,
    args: struct({
      emulatorbin: nullableText,
      arch: nullableText,
      machine: nullableText,
      virttype: nullableText,
      flags: uint,
    }),
    ret: struct({ capabilities: text }),
  },
  connectGetAllDomainStats: {
    number: 344,
    args: struct({ doms: array(domainRef, limits.DOMAIN_LIST_MAX), stats: uint, flags: uint }),
    ret: struct({ retStats: array(domainStatsRecord, limits.DOMAIN_LIST_MAX) }),
  },
  connectCompareHypervisorCpu: {
    number: 393,
    args: struct({
      emulator: nullableText,
      arch: nullableText,
      machine: nullableText,
      virttype: nullableText,
      xmlCpu: text,
      flags: uint,
    }),
    ret: struct({ result: int }),
  },
  connectBaselineHypervisorCpu: {
    number: 394,
    args: struct({
      emulator: nullableText,
      arch: nullableText,
      machine: nullableText,
      virttype: nullableText,
      xmlCpus: array(text, limits.CPU_BASELINE_MAX),
      flags: uint,
    }),
    ret: struct({ cpu: text }),
  },
  connectSetIdentity: {
    number: 419,
    args: struct({ params: array(typedParam, limits.CONNECT_IDENTITY_PARAMS_MAX), flags: uint }),
  },
} as const satisfies ProcedureTable;
