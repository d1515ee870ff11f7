import {
  capabilitiesXml,
  domainCapabilitiesXml,
  sysinfoXml,
  topology,
} from '../descriptions/host-description.ts';
import { failure } from '../failures.ts';
import type { Handlers } from './table.ts';

/** As libvirt counts versions: major * 1,000,000 + minor * 1,000 + release. */
const LIBVIRT_VERSION = 9_000_000n;
const QEMU_VERSION = 7_002_000n;
const MAX_VCPUS = 288;

/** virDrvFeature: what a client asks for before it uses it. Not among libvirt's public constants. */
const FEATURES = new Set([
  9, // VIR_DRV_FEATURE_TYPED_PARAM_STRING
  10, // VIR_DRV_FEATURE_PROGRAM_KEEPALIVE
  14, // VIR_DRV_FEATURE_REMOTE_EVENT_CALLBACK
  15, // VIR_DRV_FEATURE_REMOTE_CLOSE_CALLBACK
  16, // VIR_DRV_FEATURE_NETWORK_UPDATE_HAS_CORRECT_ORDER
]);

const KNOWN_URI = /^(qemu|demo):\/\//;

/** The connection and the host itself. */
export const connectHandlers: Handlers = {
  authList: () => ({ types: [] }),
  connectOpen: ({ name }) => {
    if (name !== null && name !== '' && !KNOWN_URI.test(name))
      throw failure('VIR_ERR_INVALID_ARG', `no connection driver available for ${name}`, 'VIR_FROM_RPC');
  },
  connectClose: () => undefined,
  connectGetType: () => ({ type: 'QEMU' }),
  connectGetVersion: () => ({ hvVer: QEMU_VERSION }),
  connectGetLibVersion: () => ({ libVer: LIBVIRT_VERSION }),
  connectGetHostname: (_, { host }) => ({ hostname: host.hostname }),
  connectGetUri: (_, { host }) => ({ uri: `demo:///${host.name}` }),
  connectIsSecure: () => ({ secure: 1 }),
  connectSupportsFeature: ({ feature }) => ({ supported: FEATURES.has(feature) ? 1 : 0 }),
  connectSetIdentity: () => undefined,
  connectGetMaxVcpus: () => ({ maxVcpus: MAX_VCPUS }),
  connectGetCapabilities: (_, { host }) => ({ capabilities: capabilitiesXml(host.plan) }),
  connectGetDomainCapabilities: ({ machine, virttype }) => ({
    capabilities: domainCapabilitiesXml({ machine, virtType: virttype }),
  }),
  connectGetSysinfo: (_, { host }) => ({ sysinfo: sysinfoXml(host.plan) }),
  connectGetCpuModelNames: ({ needResults }) => {
    const models = ['qemu64', 'Haswell', 'Broadwell', 'Skylake-Server', 'Cascadelake-Server'];
    return { models: needResults > 0 ? models : [], ret: models.length };
  },
  nodeGetInfo: (_, { host }) => {
    const { cpus, mhz, memoryKiB } = host.plan;
    return { model: 'x86_64', memory: BigInt(memoryKiB), cpus, mhz, nodes: 1, ...topology(cpus) };
  },
  nodeGetFreeMemory: (_, { host }) => ({ freeMem: BigInt(host.memory().free) * 1024n }),
  nodeGetCellsFreeMemory: (_, { host }) => ({ cells: [BigInt(host.memory().free) * 1024n] }),
  nodeGetSecurityModel: () => ({ model: 'none', doi: '0' }),
  nodeGetCpuMap: (_, { host }) => {
    const { cpus } = host.plan;
    const cpumap = new Uint8Array(Math.ceil(cpus / 8));
    for (let cpu = 0; cpu < cpus; cpu += 1) cpumap[cpu >> 3] = (cpumap[cpu >> 3] ?? 0) | (1 << (cpu & 7));
    return { cpumap, online: cpus, ret: cpus };
  },
  nodeGetCpuStats: ({ cpuNum, nparams }, { host }) => {
    host.advance();
    const { kernel, user, idle, iowait } = host.figures;
    // One CPU of many is shown as an equal part: the simulation knows only the sum.
    const share = cpuNum >= 0 ? host.plan.cpus : 1;
    if (nparams === 0) return { params: [], nparams: 4 };
    const figures = { kernel, user, idle, iowait };
    const params = Object.entries(figures).map(([field, value]) => ({
      field,
      value: BigInt(Math.floor(value / share)),
    }));
    return { params, nparams: 4 };
  },
  nodeGetMemoryStats: ({ nparams }, { host }) => {
    if (nparams === 0) return { params: [], nparams: 4 };
    const params = Object.entries(host.memory()).map(([field, value]) => ({ field, value: BigInt(value) }));
    return { params, nparams: 4 };
  },
};
