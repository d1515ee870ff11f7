import {
  virConnectGetAllDomainStatsFlags as Flags,
  virDomainStatsTypes as Types,
} from '../../drivers/libvirt/constants/index.ts';
import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { dialTcp } from '../../drivers/transport/dial-tcp.ts';
import { StatsHub } from '../../main/stats/hub.ts';
import { BulkReplyDecoder } from '../../main/stats/parse-bulk.ts';
import { startInChild } from './child.ts';
import { median, type Report } from './report.ts';
import { startTheirs, type Theirs } from './theirs.ts';

const SIZES = [10, 100, 1000, 10_000];
/** Machines in one round of bulk calls, so that every size has about as much to do. */
const ROUND_MACHINES = 10_000;
const ROUNDS = 9;
const TICKS = 20;
/** Ticks that are not counted: until the engine has compiled what a tick runs. */
const WARM_UP = 40;
const PACE_MS = 1000;

interface Cpu {
  readonly cpuMs: number;
}

/**
 * What figures cost the client, against the C library through its Python binding, which reads the same reply into dictionaries. First
 * the bulk call and its decoding on both sides, back to back and in turns. Then a whole tick of ours at its pace (the host's own
 * counters, rates, history and message too) against the library's call alone at that pace. The host is simulated, in a process of its own.
 */
export async function benchTicks(report: Report): Promise<void> {
  for (const machines of SIZES) {
    const fleet = await startInChild<{ ports: number[] }>('simulated-fleet.ts', '1', String(machines));
    const port = fleet.ready.ports[0] ?? 0;
    const library = startTheirs<Cpu>('ticks', `qemu+tcp://127.0.0.1:${port}/system`);
    try {
      await benchCall(report, { machines, port, library });
      report.add(
        `A tick of ${machines} machines at ${PACE_MS / 1000} s, with rates, history and message`,
        'ms of CPU',
        {
          ours: await tickCpu(port),
          theirs: (await library.ask(TICKS, PACE_MS / 1000)).cpuMs,
          against: 'the C library’s bulk call alone at that pace',
        },
      );
    } finally {
      library.end();
      await fleet.end();
    }
  }
}

async function benchCall(
  report: Report,
  { machines, port, library }: { machines: number; port: number; library: Theirs<Cpu> },
): Promise<void> {
  const client = await openTcp(port);
  const calls = ROUND_MACHINES / machines;
  const ours: number[] = [];
  const other: number[] = [];
  try {
    // Not counted: the engine compiles what runs often.
    for (let round = 0; round < 3; round += 1) await callCpu(client, calls);
    await library.ask(1, 0);
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await callCpu(client, calls));
      other.push((await library.ask(calls, 0)).cpuMs);
    }
  } finally {
    await client.close();
  }
  report.add(`The bulk call of ${machines} machines and its decoding, back to back`, 'ms of CPU', {
    ours: median(ours),
    theirs: median(other),
    against: 'the C library’s',
  });
}

/** Milliseconds of CPU of this process for one bulk call that is read into samples. */
async function callCpu(client: LibvirtClient, calls: number): Promise<number> {
  const decoder = new BulkReplyDecoder();
  const args = {
    doms: [],
    stats:
      Types.VIR_DOMAIN_STATS_STATE |
      Types.VIR_DOMAIN_STATS_CPU_TOTAL |
      Types.VIR_DOMAIN_STATS_BALLOON |
      Types.VIR_DOMAIN_STATS_VCPU |
      Types.VIR_DOMAIN_STATS_INTERFACE |
      Types.VIR_DOMAIN_STATS_BLOCK,
    flags: Flags.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT,
  };
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call += 1)
    await client.callDecoded('connectGetAllDomainStats', args, { decoder });
  return sinceMs(before) / calls;
}

/** Milliseconds of CPU of this process from one tick to the next, once warm; the median leaves out what the engine compiles. */
async function tickCpu(port: number): Promise<number> {
  const client = await openTcp(port);
  const hub = new StatsHub();
  const end = new AbortController();
  try {
    hub.hostConnected('bench', client, { hypervisor: 'QEMU', setBalloonPeriod: false });
    const cpu: number[] = [];
    let before = process.cpuUsage();
    for await (const _ of hub.watch({ intervalMs: PACE_MS, hosts: ['bench'] }, end.signal)) {
      cpu.push(sinceMs(before));
      before = process.cpuUsage();
      if (cpu.length === WARM_UP + TICKS) break;
    }
    return median(cpu.slice(WARM_UP));
  } finally {
    end.abort();
    hub.dispose();
    await client.close();
  }
}

async function openTcp(port: number): Promise<LibvirtClient> {
  return LibvirtClient.connect(await dialTcp({ host: '127.0.0.1', port })(), { uri: 'qemu:///system' });
}

function sinceMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
