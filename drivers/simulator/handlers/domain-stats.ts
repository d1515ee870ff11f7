import {
  virDomainMemoryStatTags as tag,
  virDomainStatsTypes as type,
  virVcpuState,
} from '../../libvirt/constants/index.ts';
import type { DomainStatsRecord } from '../../libvirt/protocol/structs.ts';
import { param, type TypedParam } from '../../libvirt/typed-params.ts';
import { failure } from '../failures.ts';
import { guestMemory } from '../host/guest-of.ts';
import type { HostState } from '../host/host-state.ts';
import type { Machine } from '../host/machine.ts';
import { matchesFlags } from './domain-list.ts';
import type { Handlers } from './table.ts';

/** Bits that choose machines; the others say how to ask. */
const LIST_FLAGS = 0xff;
const ALL_STATS = 0x7ff;
const KIB = 1024;

const whole = (value: number): bigint => BigInt(Math.floor(value));
const ullong = (field: string, value: number): TypedParam => param(field, 'ullong', whole(value));

function stateStats(machine: Machine): TypedParam[] {
  const { state, reason } = machine.state;
  return [param('state.state', 'int', state), param('state.reason', 'int', reason)];
}

function cpuStats(machine: Machine): TypedParam[] {
  if (!machine.isActive) return [];
  const total = machine.figures.cpuNs;
  return [ullong('cpu.time', total), ullong('cpu.user', total * 0.06), ullong('cpu.system', total * 0.11)];
}

function balloonStats(machine: Machine, now: number): TypedParam[] {
  const { spec } = machine;
  const sizes = [ullong('balloon.current', spec.memoryKiB), ullong('balloon.maximum', spec.maxMemoryKiB)];
  if (!machine.isActive) return sizes;
  const guest = memoryOf(machine, now);
  const reported = [
    ['balloon.swap_in', guest.swapIn],
    ['balloon.swap_out', guest.swapOut],
    ['balloon.major_fault', guest.majorFaults],
    ['balloon.minor_fault', guest.minorFaults],
    ['balloon.unused', guest.unused],
    ['balloon.available', guest.available],
    ['balloon.usable', guest.usable],
    ['balloon.last-update', guest.lastUpdate],
    ['balloon.disk_caches', guest.caches],
  ] as const;
  if (spec.balloonPeriodSec > 0) sizes.push(...reported.map(([field, value]) => ullong(field, value)));
  return [...sizes, ullong('balloon.rss', guest.rss)];
}

/** What the balloon reports, in KiB but for faults and the time of the report (seconds since the epoch). */
function memoryOf(machine: Machine, now: number) {
  const { totalKiB, usedKiB, cacheKiB } = guestMemory(machine, now);
  const unused = totalKiB - usedKiB - cacheKiB;
  const period = Math.max(1, machine.spec.balloonPeriodSec);
  return {
    swapIn: 0,
    swapOut: 0,
    majorFaults: machine.figures.majorFaults,
    minorFaults: machine.figures.minorFaults,
    unused,
    available: totalKiB,
    usable: unused + cacheKiB * 0.92,
    lastUpdate: Math.floor(now / 1000 / period) * period,
    caches: cacheKiB,
    rss: Math.min(machine.spec.memoryKiB, usedKiB + cacheKiB) + 90 * KIB,
  };
}

function vcpuStats(machine: Machine): TypedParam[] {
  const { spec, figures } = machine;
  const counts = [param('vcpu.current', 'uint', spec.vcpus), param('vcpu.maximum', 'uint', spec.maxVcpus)];
  if (!machine.isActive) return counts;
  return counts.concat(
    figures.vcpus.flatMap((vcpu, index) => [
      param(`vcpu.${index}.state`, 'int', virVcpuState.VIR_VCPU_RUNNING),
      ullong(`vcpu.${index}.time`, vcpu.timeNs),
      ullong(`vcpu.${index}.wait`, vcpu.waitNs),
      param(`vcpu.${index}.halted`, 'boolean', false),
      ullong(`vcpu.${index}.delay`, vcpu.delayNs),
    ]),
  );
}

/** Directions are the guest's: libvirt turns a tap device's counters round. */
function interfaceStats(machine: Machine): TypedParam[] {
  if (!machine.isActive) return [];
  const { figures, nicTargets } = machine;
  return [
    param('net.count', 'uint', figures.nics.length),
    ...figures.nics.flatMap((nic, index) => [
      param(`net.${index}.name`, 'string', nicTargets[index] ?? ''),
      ullong(`net.${index}.rx.bytes`, nic.inBytes),
      ullong(`net.${index}.rx.pkts`, nic.inPackets),
      ullong(`net.${index}.rx.errs`, 0),
      ullong(`net.${index}.rx.drop`, nic.inDrops),
      ullong(`net.${index}.tx.bytes`, nic.outBytes),
      ullong(`net.${index}.tx.pkts`, nic.outPackets),
      ullong(`net.${index}.tx.errs`, 0),
      ullong(`net.${index}.tx.drop`, 0),
    ]),
  ];
}

function blockStats(machine: Machine): TypedParam[] {
  const { spec, figures } = machine;
  const params: TypedParam[] = [param('block.count', 'uint', spec.disks.length)];
  spec.disks.forEach((disk, index) => {
    const key = (name: string) => `block.${index}.${name}`;
    params.push(param(key('name'), 'string', disk.target));
    if (disk.path === null) return;
    params.push(param(key('path'), 'string', disk.path));
    const counters = figures.disks[index];
    if (machine.isActive && counters !== undefined) {
      params.push(param(key('backingIndex'), 'uint', index + 1));
      params.push(ullong(key('rd.reqs'), counters.readRequests), ullong(key('rd.bytes'), counters.readBytes));
      params.push(ullong(key('rd.times'), counters.readTimeNs));
      params.push(
        ullong(key('wr.reqs'), counters.writeRequests),
        ullong(key('wr.bytes'), counters.writeBytes),
      );
      params.push(ullong(key('wr.times'), counters.writeTimeNs));
      params.push(
        ullong(key('fl.reqs'), counters.flushRequests),
        ullong(key('fl.times'), counters.flushTimeNs),
      );
    }
    params.push(ullong(key('allocation'), disk.allocationBytes));
    params.push(ullong(key('capacity'), disk.capacityBytes));
    params.push(ullong(key('physical'), disk.allocationBytes));
  });
  return params;
}

/** The figures of one machine in the groups of virDomainStatsTypes. */
export function statsOf(machine: Machine, groups: number, now: number): TypedParam[] {
  machine.advance();
  const params: TypedParam[] = [];
  if (groups & type.VIR_DOMAIN_STATS_STATE) params.push(...stateStats(machine));
  if (groups & type.VIR_DOMAIN_STATS_CPU_TOTAL) params.push(...cpuStats(machine));
  if (groups & type.VIR_DOMAIN_STATS_BALLOON) params.push(...balloonStats(machine, now));
  if (groups & type.VIR_DOMAIN_STATS_VCPU) params.push(...vcpuStats(machine));
  if (groups & type.VIR_DOMAIN_STATS_INTERFACE) params.push(...interfaceStats(machine));
  if (groups & type.VIR_DOMAIN_STATS_BLOCK) params.push(...blockStats(machine));
  return params;
}

function allStats(
  host: HostState,
  args: { doms: readonly { uuid: Uint8Array; name: string }[]; stats: number; flags: number },
) {
  // Machines that have gone are left out, as libvirt does.
  const wanted =
    args.doms.length > 0 ? args.doms.flatMap((dom) => host.findMachine(dom) ?? []) : host.machines;
  const now = host.now();
  const groups = args.stats === 0 ? ALL_STATS : args.stats;
  return wanted
    .filter((machine) => matchesFlags(machine, args.flags & LIST_FLAGS))
    .map((machine): DomainStatsRecord => ({ dom: machine.ref, params: statsOf(machine, groups, now) }));
}

function diskIndex(machine: Machine, path: string, refusal = `invalid path: ${path}`): number {
  const index = machine.spec.disks.findIndex((disk) => disk.target === path || disk.path === path);
  if (index < 0) throw failure('VIR_ERR_INVALID_ARG', refusal);
  return index;
}

/** Figures, one machine or all at once. */
export const domainStatsHandlers: Handlers = {
  connectGetAllDomainStats: (args, { host }) => ({ retStats: allStats(host, args) }),
  domainGetInfo: ({ dom }, { host }) => {
    const machine = host.machine(dom);
    machine.advance();
    const { spec, figures } = machine;
    return {
      state: machine.state.state,
      maxMem: BigInt(spec.maxMemoryKiB),
      memory: BigInt(spec.memoryKiB),
      nrVirtCpu: spec.vcpus,
      cpuTime: machine.isActive ? whole(figures.cpuNs) : 0n,
    };
  },
  domainGetVcpus: ({ dom, maxinfo, maplen }, { host }) => {
    const machine = host.machine(dom);
    if (!machine.isActive)
      throw failure('VIR_ERR_OPERATION_INVALID', 'cannot retrieve vcpu information for inactive domain');
    machine.advance();
    const info = machine.figures.vcpus.slice(0, Math.max(0, maxinfo)).map((vcpu, number) => ({
      number,
      state: virVcpuState.VIR_VCPU_RUNNING,
      cpuTime: whole(vcpu.timeNs),
      cpu: (number * 7 + machine.ref.id) % host.plan.cpus,
    }));
    const length = Math.min(Math.max(0, maplen), 1024);
    return { info, cpumaps: new Uint8Array(info.length * length).fill(0xff) };
  },
  domainMemoryStats: ({ dom, maxStats }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    machine.advance();
    const memory = memoryOf(machine, host.now());
    const stats = [
      [tag.VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, machine.spec.memoryKiB],
      [tag.VIR_DOMAIN_MEMORY_STAT_RSS, memory.rss],
    ];
    if (machine.spec.balloonPeriodSec > 0)
      stats.push(
        [tag.VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, memory.majorFaults],
        [tag.VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, memory.minorFaults],
        [tag.VIR_DOMAIN_MEMORY_STAT_UNUSED, memory.unused],
        [tag.VIR_DOMAIN_MEMORY_STAT_AVAILABLE, memory.available],
        [tag.VIR_DOMAIN_MEMORY_STAT_USABLE, memory.usable],
        [tag.VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, memory.lastUpdate],
        [tag.VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, memory.caches],
      );
    return {
      stats: stats.slice(0, maxStats).map(([number = 0, value = 0]) => ({ tag: number, val: whole(value) })),
    };
  },
  domainBlockStats: ({ dom, path }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    machine.advance();
    const disk = machine.figures.disks[diskIndex(machine, path)];
    return {
      rdReq: whole(disk?.readRequests ?? 0),
      rdBytes: whole(disk?.readBytes ?? 0),
      wrReq: whole(disk?.writeRequests ?? 0),
      wrBytes: whole(disk?.writeBytes ?? 0),
      errs: -1n,
    };
  },
  domainBlockStatsFlags: ({ dom, path, nparams }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    machine.advance();
    const disk = machine.figures.disks[diskIndex(machine, path)];
    const params = [
      ['rd_operations', disk?.readRequests],
      ['rd_bytes', disk?.readBytes],
      ['rd_total_times', disk?.readTimeNs],
      ['wr_operations', disk?.writeRequests],
      ['wr_bytes', disk?.writeBytes],
      ['wr_total_times', disk?.writeTimeNs],
      ['flush_operations', disk?.flushRequests],
      ['flush_total_times', disk?.flushTimeNs],
    ] as const;
    if (nparams === 0) return { params: [], nparams: params.length };
    const found = params.map(([field, value]) => param(field, 'llong', whole(value ?? 0)));
    return { params: found.slice(0, nparams), nparams: params.length };
  },
  domainGetBlockInfo: ({ dom, path }, { host }) => {
    const machine = host.machine(dom);
    const disk = machine.spec.disks[diskIndex(machine, path, `invalid path ${path} not assigned to domain`)];
    const allocation = whole(disk?.allocationBytes ?? 0);
    return { allocation, capacity: whole(disk?.capacityBytes ?? 0), physical: allocation };
  },
  domainInterfaceStats: ({ dom, device }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    machine.advance();
    const index = machine.nicTargets.indexOf(device);
    const byMac = machine.spec.nics.findIndex(({ mac }) => mac === device);
    const nic = machine.figures.nics[index >= 0 ? index : byMac];
    if (nic === undefined)
      throw failure('VIR_ERR_INVALID_ARG', `'${device}' is not a known interface`, 'VIR_FROM_DOMAIN');
    return {
      rxBytes: whole(nic.inBytes),
      rxPackets: whole(nic.inPackets),
      rxErrs: 0n,
      rxDrop: whole(nic.inDrops),
      txBytes: whole(nic.outBytes),
      txPackets: whole(nic.outPackets),
      txErrs: 0n,
      txDrop: 0n,
    };
  },
};
