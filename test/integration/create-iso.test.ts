import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Failure } from '../../main/contract/failure.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { CreateBench } from './create-lab.ts';
import { makeIso } from './create-media.ts';

const LABEL = 'Debian 12.7.0 amd64 n';

suite('a machine from an installer’s ISO', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let folder: string;
  let iso: string;
  let server: http.Server;
  let bytes: Buffer;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-iso-'));
    iso = await makeIso(folder, { label: LABEL });
    bytes = await readFile(iso);
    server = http.createServer((request, response) => {
      const [, from = '0', to = String(bytes.length - 1)] =
        /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = bytes.subarray(Number(from), Number(to) + 1);
      response.writeHead(request.headers.range === undefined ? 200 : 206, { 'content-length': part.length });
      response.end(request.method === 'HEAD' ? undefined : part);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    server.close();
    await core.close();
    await lab.clean(1);
    await lab.release();
    await rm(folder, { recursive: true });
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/pub/installer.iso`;

  test('from a pool: recognised by its label, and the guest boots from it because its disk is empty', async () => {
    await copyFile(iso, path.join(lab.state, '1', 'images', 'inpool.iso'));
    await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
    const medium = { kind: 'volume' as const, pool: bench.pool, name: 'inpool.iso' };
    const options = await core.client.create.options({ host: bench.host });
    assert.deepEqual(
      options.isos.map(({ name }) => name),
      ['inpool.iso'],
    );
    const { systems, label } = await core.client.create.detect({ host: bench.host, medium });
    assert.equal(label, LABEL);
    assert.deepEqual(systems, ['debian12']);
    const { job, machines } = await core.client.create.run(
      await bench.input('installed', { kind: 'iso', medium }),
    );
    await bench.done(job);
    const shell = await bench.shell(machines[0]?.uuid ?? '');
    shell.type('\ncat /proc/cmdline; cat /sys/block/vda/size\n');
    await shell.shows(/fromcd/);
    await shell.shows(/524288/);
  });

  test('by URL: fetched with its checksum, and used again', async () => {
    const checksum = createHash('sha256').update(bytes).digest('hex');
    const medium = { kind: 'url' as const, url: url(), pool: bench.pool, checksum };
    const first = await bench.input('fetched', { kind: 'iso', medium }, { start: false });
    await bench.done((await core.client.create.run(first)).job);
    const folder = path.join(lab.state, '1', 'images');
    const fetched = (await readdir(folder)).find((name) => name.startsWith('installer-')) ?? '';
    const there = await readFile(path.join(folder, fetched));
    assert.ok(there.equals(bytes), 'what is in the pool is what the server has');
    const { steps } = await core.client.create.plan({ ...first, name: 'again' });
    assert.deepEqual(steps, [
      `See that ${fetched} in default is what was asked for`,
      'Create the disk again.qcow2 in default',
      'Define again',
    ]);
  });

  test('by URL with a wrong checksum: it fails and leaves nothing', async () => {
    await lab.exec(
      1,
      'sh',
      '-c',
      'virsh -q undefine fetched; rm /var/lib/libvirt/images/installer-*.iso; virsh -q pool-refresh default',
    );
    const before = await bench.everything();
    const medium = { kind: 'url' as const, url: url(), pool: bench.pool, checksum: 'a'.repeat(64) };
    const input = await bench.input('wrong', { kind: 'iso', medium });
    const job = await bench.ended((await core.client.create.run(input)).job);
    assert.equal(job.state, 'failed');
    assert.match((job.failure as Failure).message, /checksum/);
    assert.deepEqual(job.mayBeLeft, []);
    assert.deepEqual(await bench.everything(), before);
  });
});
