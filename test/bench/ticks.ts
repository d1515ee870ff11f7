import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { dialTcp } from '../../drivers/transport/dial-tcp.ts';
import { StatsHub } from '../../main/stats/hub.ts';
import { startInChild } from './child.ts';
import type { Report } from './report.ts';
import { theirs } from './theirs.ts';

const TICKS = 10;
/** Ticks that are not counted: until the engine has compiled what a tick runs. */
const WARM_UP = 30;
const SIZES = [10, 100, 1000, 10_000];

/**
 * What a tick costs the client: the bulk call, decoding, rates, history, the message; against the C library's bulk call alone, through
 * its Python binding, which reads the same reply into dictionaries. The host is simulated, in a process of its own.
 */
export async function benchTicks(report: Report): Promise<void> {
  for (const machines of SIZES) {
    const fleet = await startInChild<{ ports: number[] }>('simulated-fleet.ts', '1', String(machines));
    try {
      const port = fleet.ready.ports[0] ?? 0;
      const ours = await tickCpu(port);
      const other = await theirs<{ cpuMs: number }>(
        'tick',
        `qemu+tcp://127.0.0.1:${port}/system`,
        String(TICKS),
      );
      report.add(`A tick of ${machines} machines`, 'ms of CPU', {
        ours,
        theirs: other.cpuMs,
        against: 'the C library’s bulk call alone',
      });
    } finally {
      await fleet.end();
    }
  }
}

/** Milliseconds of CPU of this process for one tick, once warm. */
async function tickCpu(port: number): Promise<number> {
  const client = await LibvirtClient.connect(await dialTcp({ host: '127.0.0.1', port })(), {
    uri: 'qemu:///system',
  });
  const hub = new StatsHub();
  const end = new AbortController();
  try {
    hub.hostConnected('bench', client, { hypervisor: 'QEMU', setBalloonPeriod: false });
    let ticks = -WARM_UP;
    let before = process.cpuUsage();
    for await (const _ of hub.watch({ intervalMs: 1000, hosts: ['bench'] }, end.signal)) {
      ticks += 1;
      if (ticks === 0) before = process.cpuUsage();
      if (ticks === TICKS) break;
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / TICKS;
  } finally {
    end.abort();
    hub.dispose();
    await client.close();
  }
}
