import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Lab } from '../lab/lab.ts';
import { CliProcesses } from './cli-process.ts';

const FOLDER = '/var/lib/libvirt/cli-storage';

suite('pools and volumes by the command line', { timeout: 300_000 }, () => {
  let lab: Lab;
  let cli: CliProcesses;
  let uri: string;
  const sh = (command: string): Promise<string> => lab.exec(1, 'sh', '-c', command);
  const run = (...args: string[]) => cli.run('-c', uri, ...args);
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, out, err } = await run('--json', ...args);
    assert.equal(code, 0, err);
    return JSON.parse(out.toString());
  };

  before(async () => {
    lab = await Lab.up(1);
    await sh(`virsh -q pool-destroy cli; virsh -q pool-undefine cli; rm -rf ${FOLDER}; :`);
    cli = await CliProcesses.create();
    const ssh = path.join(cli.home, '.ssh');
    await mkdir(ssh, { mode: 0o700 });
    await copyFile(lab.keyFile, path.join(ssh, 'id_ed25519'));
    await chmod(path.join(ssh, 'id_ed25519'), 0o600);
    await copyFile(lab.knownHosts, path.join(ssh, 'known_hosts'));
    uri = `qemu+ssh://root@${lab.address(1)}/system`;
  });
  after(async () => {
    await cli.remove();
    await sh(`virsh -q pool-destroy cli; virsh -q pool-undefine cli; rm -rf ${FOLDER}; :`);
    await lab.release();
  });

  test('a pool is made, filled from a file, read back, and deleted with everything', async () => {
    const made = await json('pool', 'create', 'cli', '--path', FOLDER, '--build');
    assert.deepEqual(made, { host: lab.address(1), pool: 'cli', name: 'cli', done: true });
    const local = path.join(cli.home, 'disk.raw');
    const bytes = Buffer.concat([randomBytes(1 << 20), Buffer.alloc(8 << 20), randomBytes(12_345)]);
    await writeFile(local, bytes);
    const up = (await json('vol', 'upload', 'cli', local)) as { sha256: string };
    assert.match(await sh(`sha256sum ${FOLDER}/disk.raw`), new RegExp(up.sha256));
    const volumes = (await json('vol', 'list', 'cli')) as { name: string; capacityBytes: number }[];
    assert.deepEqual(
      volumes.map(({ name, capacityBytes }) => [name, capacityBytes]),
      [['disk.raw', bytes.length]],
    );
    const back = path.join(cli.home, 'back.raw');
    assert.equal((await run('vol', 'download', 'cli', 'disk.raw', '-o', back)).code, 0);
    assert.ok((await readFile(back)).equals(bytes));
    assert.ok((await stat(back)).blocks * 512 < 4 << 20, 'empty parts are holes');
    const unsummed = await json('vol', 'upload', 'cli', local, '--name', 'plain.raw', '--no-checksum');
    assert.deepEqual(unsummed, {
      host: lab.address(1),
      pool: 'cli',
      name: 'plain.raw',
      done: true,
      sha256: null,
    });
    assert.match(await sh(`sha256sum ${FOLDER}/plain.raw`), new RegExp(up.sha256));
    const plain = await run('vol', 'download', 'cli', 'plain.raw', '-o', back, '--no-checksum');
    assert.doesNotMatch(plain.out.toString(), /SHA-256/);
    assert.ok((await readFile(back)).equals(bytes));
    await json('vol', 'clone', 'cli', 'disk.raw', 'copy.qcow2', '--format', 'qcow2');
    await json('vol', 'resize', 'cli', 'copy.qcow2', '64M');
    assert.match(await sh(`qemu-img info ${FOLDER}/copy.qcow2`), /qcow2[^]*67108864 bytes/);
    await json('pool', 'delete', 'cli', '--volumes', '--yes');
    assert.equal((await sh(`ls ${FOLDER}`)).trim(), '');
  });

  test('a refusal names the option that mends it; what is forgotten says what stays where', async () => {
    const none = await run('pool', 'create', 'words', '--path', `${FOLDER}/words`);
    assert.equal(none.code, 1);
    assert.match(none.err, /The host has no folder .*words[.]\n.*\n {2}--build makes what is not there[.]/);
    assert.equal((await run('pool', 'create', 'words', '--path', `${FOLDER}/words`, '--build')).code, 0);
    await json('vol', 'create', 'words', 'a.qcow2', '--size', '8M');
    const smaller = await run('vol', 'resize', 'words', 'a.qcow2', '4M');
    assert.match(smaller.err, /what is beyond its new end is lost[.]\n {2}--shrink does it all the same[.]/);
    const forgotten = await run('pool', 'delete', 'words');
    assert.match(forgotten.out.toString(), /: forgotten; its volume stays in .*words\n/);
    assert.match(await sh(`ls ${FOLDER}/words`), /a[.]qcow2/);
  });

  test('exit codes: wrong use is 2, what is not there is 1, and nothing is deleted unasked', async () => {
    assert.equal((await run('pool', 'create', 'x', '--type', 'netfs')).code, 2);
    assert.equal((await run('vol', 'create', 'default', 'x', '--size', 'many')).code, 2);
    assert.equal((await run('vol', 'info', 'default', 'no-such')).code, 1);
    assert.equal((await run('pool', 'info', 'no-such')).code, 1);
    assert.equal((await run('vol', 'create', 'default', 'unasked.raw', '--size', '1M')).code, 0);
    const unasked = await run('vol', 'delete', 'default', 'unasked.raw');
    assert.equal(unasked.code, 2, unasked.err);
    assert.equal((await run('vol', 'delete', 'default', 'unasked.raw', '--yes')).code, 0);
  });
});
