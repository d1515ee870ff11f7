import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { connectInMemory } from '../../main/bridge/connection.ts';
import { createCore } from '../../main/service/core.ts';
import { tell } from './child.ts';

/** `fleet-core.ts MINUTES PORT…`: the core with one window that watches everything; tells its use of CPU and memory every 10 s. */
const [minutes = 1, ...ports] = process.argv.slice(2).map(Number);
const SAMPLE_MS = 10_000;

const dataDir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-bench-'));
const core = await createCore({ dataDir, shell: 'test', version: 'bench', transient: true });
const connection = connectInMemory(core);
const { client } = connection;
for (const port of ports)
  await client.host.add({ target: `qemu+tcp://127.0.0.1:${port}/system`, name: `host-${port}` });

const ended = new AbortController();
const inventory = (async () => {
  for await (const _ of await client.inventory.watch({}, { signal: ended.signal }));
})().catch(() => undefined);
const stats = (async () => {
  for await (const _ of await client.stats.watch({ intervalMs: 2000 }, { signal: ended.signal }));
})().catch(() => undefined);
tell({ machines: ports.length });

let before = process.cpuUsage();
let at = performance.now();
const timer = setInterval(() => {
  const { user, system } = process.cpuUsage(before);
  const now = performance.now();
  tell({ cpuPercent: (user + system) / 10 / (now - at), rssMiB: process.memoryUsage.rss() / 2 ** 20 });
  before = process.cpuUsage();
  at = now;
}, SAMPLE_MS);

await new Promise((resolve) => setTimeout(resolve, minutes * 60_000));
clearInterval(timer);
ended.abort();
await Promise.all([inventory, stats]);
connection.close();
await core.close();
await rm(dataDir, { recursive: true, force: true });
process.disconnect();
