import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, copyFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { Failure } from '../../main/contract/failure.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { CreateBench } from './create-lab.ts';

const run = promisify(execFile);
const GUEST = path.join(process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest', 'tiny.qcow2');
const LABEL = 'Debian 12.7.0 amd64 n';

/** A CD that boots the tiny guest's kernel by isolinux; its label is that of an installer. */
async function makeIso(folder: string): Promise<string> {
  const root = path.join(folder, 'root');
  await mkdir(path.join(root, 'isolinux'), { recursive: true });
  const raw = path.join(folder, 'tiny.raw');
  await run('qemu-img', ['convert', '-O', 'raw', GUEST, raw]);
  for (const name of ['vmlinuz', 'initrd.img'])
    await run('mcopy', ['-i', `${raw}@@1M`, `::${name}`, path.join(root, 'isolinux', name)]);
  for (const [from, name] of [
    ['/usr/lib/ISOLINUX/isolinux.bin', 'isolinux.bin'],
    ['/usr/lib/syslinux/modules/bios/ldlinux.c32', 'ldlinux.c32'],
  ] as const)
    await copyFile(from, path.join(root, 'isolinux', name));
  const append =
    'initrd=initrd.img console=tty0 console=ttyS0 quiet tsc=unstable no_timer_check mitigations=off';
  await writeFile(
    path.join(root, 'isolinux', 'isolinux.cfg'),
    `DEFAULT linux\nLABEL linux\n KERNEL vmlinuz\n APPEND ${append} fromcd\n`,
  );
  const iso = path.join(folder, 'installer.iso');
  const boot = ['-b', 'isolinux/isolinux.bin', '-c', 'isolinux/boot.cat', '-no-emul-boot'];
  const more = ['-boot-load-size', '4', '-boot-info-table'];
  await run('xorriso', ['-as', 'mkisofs', '-o', iso, '-V', LABEL, '-J', '-R', ...boot, ...more, root]);
  return iso;
}

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
    iso = await makeIso(folder);
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
    const there = await readFile(path.join(lab.state, '1', 'images', 'installer.iso'));
    assert.ok(there.equals(bytes), 'what is in the pool is what the server has');
    const { steps } = await core.client.create.plan({ ...first, name: 'again' });
    assert.deepEqual(steps, ['Create the disk again.qcow2 in default', 'Define again']);
  });

  test('by URL with a wrong checksum: it fails and leaves nothing', async () => {
    await lab.exec(
      1,
      'sh',
      '-c',
      'virsh -q undefine fetched; rm /var/lib/libvirt/images/installer.iso; virsh -q pool-refresh default',
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
