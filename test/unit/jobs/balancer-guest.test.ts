import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { Guest } from '../../../main/jobs/balancer/guest.ts';
import { writeConfig } from '../../../main/jobs/balancer/write.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

interface Asked {
  readonly path?: string;
  readonly arg?: string[];
  readonly 'input-data'?: string;
}

/** An agent whose guest is this machine. Traffic Server is not there. */
function agent(): LibvirtClient['qemu'] {
  let file = Buffer.alloc(0);
  let ended: object = {};
  const answers: Record<string, (asked: Asked) => unknown> = {
    'guest-file-open': ({ path: name = '' }) => ((file = readFileSync(name)), 1),
    'guest-file-read': () => ({ count: file.length, 'buf-b64': file.toString('base64'), eof: true }),
    'guest-file-close': () => ({}),
    'guest-exec': ({ path: program = '', arg = [], 'input-data': input = '' }) => {
      const { status, stdout } = spawnSync(program, arg, { input: Buffer.from(input, 'base64') });
      ended = { exited: true, exitcode: status ?? 127, 'out-data': (stdout ?? '').toString('base64') };
      return { pid: 1 };
    },
    'guest-exec-status': () => ended,
  };
  const domainAgentCommand = ({ cmd }: { cmd: string }) => {
    const { execute, arguments: asked } = JSON.parse(cmd) as { execute: string; arguments: Asked };
    return Promise.resolve({ result: JSON.stringify({ return: answers[execute]?.(asked) }) });
  };
  return { domainAgentCommand } as unknown as LibvirtClient['qemu'];
}

suite('the files of Traffic Server in a guest', () => {
  let dir: string;
  let guest: Guest;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'virtlane-balancer-'));
    const dom = { name: 'lb', uuid: new Uint8Array(16), id: 1 };
    const client = { qemu: agent() } as unknown as LibvirtClient;
    guest = new Guest(client, dom, { clock: new FakeClock(), call: {} });
  });
  after(() => rm(dir, { recursive: true }));

  test('one with bytes that are no UTF-8 is not read: written back, its other lines would be others', async () => {
    const file = path.join(dir, 'latin1');
    await writeFile(file, Buffer.from('# f\u00fcr uns\n', 'latin1'));
    await assert.rejects(guest.readFile(file), /latin1 is no text in UTF-8/);
    await writeFile(file, '\u{feff}# f\u00fcr uns\n');
    assert.equal(await guest.readFile(file), '\u{feff}# f\u00fcr uns\n');
  });

  test('a link stays one: the file that it points to is written', async () => {
    const [real, link] = [path.join(dir, 'real.config'), path.join(dir, 'remap.config')];
    await writeFile(real, 'before\n', { mode: 0o640 });
    await symlink('real.config', link);
    const { written } = await writeConfig(guest, [{ path: link, now: 'before\n', wanted: 'after\n' }]);
    assert.deepEqual(written, [link]);
    assert.ok((await lstat(link)).isSymbolicLink());
    assert.equal(await readFile(real, 'utf8'), 'after\n');
    assert.equal((await lstat(real)).mode & 0o777, 0o640);
    assert.ok(!(await readdir(dir)).some((name) => name.includes('.virtlane-')));
  });
});
