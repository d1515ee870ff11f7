import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { remoteProgram } from '../../drivers/libvirt/protocol/programs.ts';
import { byNumber } from '../../drivers/rpc/table.ts';
import { dialUnix } from '../../drivers/transport/dial-unix.ts';
import type { StatsTick } from '../../main/contract/figures.ts';
import { StatsHub } from '../../main/stats/hub.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { Transcript } from '../support/transcript.ts';
import { RoundTrips } from './round-trips.ts';

suite('figures of a KVM host', { timeout: 300_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let ref: { host: string; uuid: string };
  let console: Transcript;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    const uuid = await lab.addGuest(1, 'busy', { headless: true });
    core = await TestCore.open({ lab });
    ref = { host: await core.connect(`root@${lab.address(1)}`), uuid };
    await core.machine(ref.host, uuid);
    await core.client.domain.start({ ...ref, paused: true });
    await core.machine(ref.host, uuid, ({ state }) => state === 'paused');
    const { token } = await core.client.console.open({ ...ref, kind: 'serial' });
    console = new Transcript((await core.connection.openPipe(token)).stream);
    await core.client.domain.resume(ref);
    await console.shows(/tiny guest ready/);
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });

  /** Ticks until one is as wanted; fails after a minute of ticks. */
  async function tickWith(wanted: (tick: StatsTick) => boolean): Promise<StatsTick> {
    const abort = new AbortController();
    const ticks = await core.client.stats.watch(
      { intervalMs: 1000, hosts: [ref.host], details: [ref] },
      { signal: abort.signal },
    );
    const seen: StatsTick[] = [];
    try {
      for await (const tick of ticks) {
        seen.push(tick);
        if (wanted(tick)) return tick;
        if (seen.length > 60) break;
      }
    } finally {
      abort.abort();
    }
    throw new Error(`no such tick; the last: ${JSON.stringify(seen.at(-1))}`);
  }

  test('the guest’s CPU and disk rise with its work, and its memory is told by the balloon', async () => {
    console.type(
      '\nwhile :; do :; done & dd if=/dev/vda of=/dev/null bs=64k 2>/dev/null; dd if=/dev/vda of=/dev/null bs=64k skip=1; echo read-$((1+1))\n',
    );
    const busy = await tickWith(({ domains }) => (domains[0]?.cpu ?? 0) > 30);
    assert.equal(busy.domains[0]?.uuid, ref.uuid);
    assert.ok((busy.domains[0].cpu ?? 0) <= 100.5);
    await console.shows(/read-2/);
    console.type(
      '\nwhile :; do echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/vda of=/dev/null bs=64k 2>/dev/null; done &\n',
    );
    const { details } = await tickWith(
      (tick) => (tick.domains[0]?.diskReadBytes ?? 0) > 0 && (tick.details[0]?.memory.availableKiB ?? 0) > 0,
    );
    const [detail] = details;
    assert.equal(detail?.vcpus.length, 1);
    assert.equal(detail.disks[0]?.target, 'vda');
    assert.ok((detail.disks[0].readRequests ?? 0) > 0);
    assert.ok((detail.disks[0].readLatencyMs ?? -1) >= 0);
    assert.ok((detail.memory.usedKiB ?? 0) > 1024);
    assert.ok((detail.memory.usedKiB ?? 0) < (detail.memory.totalKiB ?? 0));
  });

  test('the host’s own CPU and memory', async () => {
    const { figures } = await tickWith((tick) => tick.figures?.cpu !== null && tick.figures !== null);
    assert.ok((figures?.cpu ?? -1) >= 0 && (figures?.cpu ?? 101) <= 100.5);
    assert.ok((figures?.memoryUsedKiB ?? 0) > 0);
    assert.ok((figures?.memoryUsedKiB ?? 0) < (figures?.memoryTotalKiB ?? 0));
  });

  test('history holds what was watched, and the small graphs too', async () => {
    const history = await core.client.stats.history({ ...ref, range: '5m', maxPoints: 100 });
    assert.ok(history.times.length >= 2);
    assert.ok((history.series['cpu'] ?? []).some((cpu) => (cpu ?? 0) > 30));
    const [line] = await core.client.stats.sparklines({ points: 10, intervalMs: 2000 });
    assert.equal(line?.uuid, ref.uuid);
  });

  /** The host's daemon over a link that notes the calls. */
  async function openNoting(): Promise<{ client: LibvirtClient; calls: () => string[]; forget: () => void }> {
    const socket = `/proc/${await lab.initPid(1)}/root/run/libvirt/libvirt-sock`;
    const link = new RoundTrips(await dialUnix(socket)());
    const client = await LibvirtClient.connect(link, { uri: 'qemu:///system', keepalive: null });
    const names = byNumber(remoteProgram);
    return {
      client,
      calls: () => link.calls.map((number) => names.get(number)?.name ?? String(number)),
      forget: () => link.calls.splice(0),
    };
  }

  test('a tick is ONE bulk call for all machines, and the host’s two counters', async () => {
    const { client, calls, forget } = await openNoting();
    const hub = new StatsHub();
    hub.hostConnected('h', client, { hypervisor: 'QEMU', setBalloonPeriod: false });
    let ticks = 0;
    for await (const _tick of hub.watch({ intervalMs: 1000 })) {
      ticks += 1;
      // The first tick learns how many counters the host has.
      if (ticks === 1) forget();
      if (ticks === 4) break;
    }
    const made = calls().sort();
    hub.dispose();
    await client.close();
    // A reading that comes too soon after another makes no tick; the calls of a reading are these three, always.
    const readings = made.filter((name) => name === 'connectGetAllDomainStats').length;
    assert.ok(readings >= 3 && readings <= 6, `${readings} readings for three ticks`);
    const once = ['connectGetAllDomainStats', 'nodeGetCpuStats', 'nodeGetMemoryStats'];
    assert.deepEqual(
      made,
      once.flatMap((name) => Array.from({ length: readings }, () => name)),
    );
  });

  test('nobody looking: no call', async () => {
    const { client, calls, forget } = await openNoting();
    const hub = new StatsHub();
    hub.hostConnected('h', client, { hypervisor: 'QEMU', setBalloonPeriod: false });
    for await (const _tick of hub.watch({ intervalMs: 1000 })) break;
    forget();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.deepEqual(calls(), []);
    hub.dispose();
    await client.close();
  });
});
