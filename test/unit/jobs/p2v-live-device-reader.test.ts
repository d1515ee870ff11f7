import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Exec } from '../../../drivers/transport/exec.ts';
import { DeviceReader } from '../../../main/jobs/p2v/live/device-reader.ts';
import { firstBoot, type SourceHost } from '../../../main/jobs/source/source-host.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const BOOT = randomUUID();

test('who stops reading ends the program on the source: it would hold a snapshot open', async () => {
  const { signal } = new AbortController();
  const ended: string[] = [];
  const exec: Exec = async (argv, options) => {
    if (argv[0] === 'cat') return { status: 0, stdout: `${BOOT}\n`, stderr: '' };
    try {
      for (;;) {
        options.signal.throwIfAborted();
        await options.onStdout?.(Buffer.alloc(1024));
      }
    } finally {
      ended.push(argv[0] ?? '');
    }
  };
  const host: SourceHost = {
    name: 'cellar',
    clock: new FakeClock(),
    use: (_signal, work) => work(exec),
    boot: firstBoot('cellar'),
    onAway: () => undefined,
  };
  const reader = new DeviceReader(host, 'none');
  const device = { path: '/dev/vg/snapshot', live: false };
  for await (const bytes of reader.read([{ device, at: 0, length: 2 ** 30 }], signal)) {
    assert.ok(bytes.length > 0);
    break;
  }
  assert.deepEqual(ended, ['sh']);
});
