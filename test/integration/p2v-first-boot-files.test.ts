import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  chmod,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { execLocal } from '../../drivers/transport/exec-local.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import { FailureError } from '../../main/hosts/failures.ts';
import { Stays } from '../../main/jobs/engine/step.ts';
import { filesStep, type FilesParams } from '../../main/jobs/p2v/live/first-boot/files-step.ts';
import type { PutFile } from '../../main/jobs/p2v/live/first-boot/put-file.ts';
import { assertPut } from '../../main/jobs/p2v/live/first-boot/take-back.ts';
import { PUTTING } from '../../main/jobs/source/file-scripts.ts';
import { fallbackLoader } from '../../main/jobs/p2v/live/first-boot/loader.ts';
import { releaseStep } from '../../main/jobs/p2v/live/release-step.ts';
import { firstBoot, type SourceHost } from '../../main/jobs/source/source-host.ts';
import { missing } from '../support/commands.ts';
import { SourceJournal } from '../support/source-journal.ts';
import { until } from '../support/wait.ts';

const command = promisify(execFile);
const { signal } = new AbortController();
const FSTAB = '/dev/sda1  /boot ext4 defaults 0 2\n# the end';
const NEW = 'UUID=aa  /boot ext4 defaults 0 2\n# the end';
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A machine whose programs run here, in a folder of its own. */
const HOST: SourceHost = {
  name: 'cellar',
  clock: systemClock,
  boot: firstBoot('cellar'),
  use: (_signal, work) => work(execLocal),
  onAway: () => undefined,
};
const files = filesStep(() => HOST);

suite('files are put on a machine, and it is as it was afterwards', { timeout: 300_000 }, () => {
  let folder: string;
  let tag: string;
  let journal: SourceJournal;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), "virtlane boot's ")));
    tag = `virtlane-${randomUUID().slice(0, 8)}`;
    journal = new SourceJournal();
    await mkdir(at('etc'));
    await writeFile(at('etc/fstab'), FSTAB);
    await chmod(at('etc/fstab'), 0o640);
    await utimes(at('etc/fstab'), 1e9, 1e9);
  });
  afterEach(async () => {
    // What watches ends by itself then.
    await rm(`/run/${tag}.files`, { force: true });
    await rm(folder, { recursive: true });
  });

  const at = (file: string): string => path.join(folder, file);
  const fstab = (): PutFile => ({
    kind: 'renamed',
    path: at('etc/fstab'),
    sha256: sumOf(FSTAB),
    words: [{ line: 0, word: 0, from: '/dev/sda1', to: 'UUID=aa' }],
  });
  const card = (): PutFile => ({
    kind: 'new',
    path: at('etc/net/work/10-a.link'),
    text: "[Match]\n'$(x)'\n",
  });
  const source = { target: 'cellar', keyFile: null };
  const params = (...put: PutFile[]): FilesParams => ({ source, tag, files: put });
  const read = (file: string): Promise<string> => readFile(at(file), 'utf8');
  const run = async (...put: PutFile[]): Promise<void> => {
    await files.check(params(...put), journal.step);
    journal.results.set('files', await files.run(params(...put), journal.step));
  };
  const undo = (...put: PutFile[]): Promise<void> => files.undo(params(...put), null, journal.step);
  const release = (only: string[] | null): Promise<unknown> =>
    releaseStep(() => HOST).run(
      { source, services: null, snapshots: null, files: { step: 'files', only } },
      journal.step,
    );
  async function assertAsItWas(before: Awaited<ReturnType<typeof stat>>): Promise<void> {
    const { ino, mode, uid, mtimeMs, nlink } = await stat(at('etc/fstab'));
    assert.deepEqual(
      [await read('etc/fstab'), ino, mode, uid, mtimeMs, nlink],
      [FSTAB, before.ino, before.mode, before.uid, before.mtimeMs, 1],
    );
    assert.deepEqual(await readdir(at('etc')), ['fstab']);
  }

  test('one is replaced by one with its rights, another is new: both are taken away one after the other', async () => {
    const before = await stat(at('etc/fstab'));
    await run(fstab(), card());
    assert.equal(await read('etc/fstab'), NEW);
    assert.equal(await read(`etc/fstab.${tag}`), FSTAB);
    assert.equal((await stat(at('etc/fstab'))).mode, before.mode);
    assert.equal(await read('etc/net/work/10-a.link'), "[Match]\n'$(x)'\n");
    await assertPut(HOST, tag, signal);
    await release([at('etc/fstab')]);
    assert.equal(await read('etc/fstab'), FSTAB);
    assert.equal(await read('etc/net/work/10-a.link'), "[Match]\n'$(x)'\n");
    await release(null);
    await assertAsItWas(before);
    // Another undo finds nothing.
    await undo(fstab(), card());
    await assertAsItWas(before);
    await assert.rejects(assertPut(HOST, tag, signal), /may not be in the copy/);
  });

  test('a loader is copied beside others, and only what was made goes', async () => {
    await mkdir(at('EFI/debian'), { recursive: true });
    await writeFile(at('EFI/debian/shimx64.efi'), Buffer.from([0x4d, 0x5a, 0xff, 0]));
    const copy: PutFile = {
      kind: 'copy',
      path: at('EFI/BOOT/BOOTX64.EFI'),
      from: at('EFI/debian/shimx64.efi'),
    };
    await run(copy);
    assert.deepEqual(await readFile(at('EFI/BOOT/BOOTX64.EFI')), Buffer.from([0x4d, 0x5a, 0xff, 0]));
    await undo(copy);
    assert.deepEqual(await readdir(at('EFI')), ['debian']);
  });

  test(
    'Debian’s own loaders start from where the new firmware looks for one, and find their settings',
    { skip: missing('qemu-system-x86_64', 'sfdisk', 'mformat', 'mcopy') },
    async () => {
      const own = at('EFI/debian');
      await mkdir(own, { recursive: true });
      const loaders = [
        ['shimx64.efi', '/usr/lib/shim/shimx64.efi.signed'],
        ['mmx64.efi', '/usr/lib/shim/mmx64.efi.signed'],
        ['grubx64.efi', '/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'],
      ] as const;
      for (const [name, signed] of loaders) await copyFile(signed, path.join(own, name));
      const says = 'serial; terminal_output serial; echo "settings of $prefix, from $cmdpath"; halt';
      await writeFile(path.join(own, 'grub.cfg'), says.replaceAll('; ', '\n'));
      const efi = {
        mountpoint: folder,
        files: loaders.map(([name]) => `EFI/debian/${name}`),
        fallback: false,
        loader: '\\EFI\\debian\\shimx64.efi',
      };
      const copies = fallbackLoader(efi, { systemId: 'debian' });
      await run(...copies.map(({ from, to }): PutFile => ({ kind: 'copy', path: at(to), from: at(from) })));
      const disk = at('disk');
      await command('truncate', ['-s', '48M', disk]);
      const table = command('sfdisk', ['-q', disk]);
      table.child.stdin?.end('label: gpt\n2048,40M,U\n');
      await table;
      const partition = `${disk}@@1M`;
      await command('mformat', ['-i', partition, '-F', '-T', '81920', '::']);
      await command('mcopy', ['-s', '-i', partition, at('EFI'), '::']);
      await copyFile('/usr/share/OVMF/OVMF_VARS_4M.fd', at('vars'));
      const pflash = 'if=pflash,format=raw';
      await command('qemu-system-x86_64', [
        '-M',
        'q35',
        '-accel',
        'tcg',
        '-m',
        '256',
        '-nodefaults',
        '-display',
        'none',
        '-serial',
        `file:${at('serial')}`,
        '-drive',
        `${pflash},readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd`,
        '-drive',
        `${pflash},file=${at('vars')}`,
        '-drive',
        `file=${disk},format=raw,if=none,id=disk`,
        '-device',
        'ide-hd,drive=disk',
      ]);
      const told = await readFile(at('serial'), 'latin1');
      assert.match(told, /settings of \(hd0,gpt1\)\/EFI\/debian, from \(hd0,gpt1\)\/EFI\/BOOT/);
    },
  );

  test('what is not as it was planned with is refused, and nothing is changed', async () => {
    const refused = async (pattern: RegExp, ...put: PutFile[]): Promise<void> => {
      await assert.rejects(run(...put), pattern);
      assert.equal(journal.noted, undefined);
    };
    await writeFile(at('etc/real'), FSTAB);
    await symlink('real', at('etc/linked'));
    await refused(/linked .* behind a link/, { ...fstab(), path: at('etc/linked') });
    await symlink('etc', at('etc-link'));
    await refused(/behind a link/, { ...fstab(), path: at('etc-link/fstab') });
    await refused(/behind a link/, { ...card(), path: at('etc-link/new') });
    await refused(/is on cellar already/, { ...card(), path: at('etc/fstab') });
    await refused(/is not on cellar any more/, { kind: 'copy', path: at('b'), from: at('none') });
    await writeFile(at('etc/fstab'), `${FSTAB}\n`);
    await refused(/is not as it was when the copy was planned/, fstab());
    await writeFile(at('etc/fstab'), FSTAB);
    await writeFile(at(`etc/fstab.${tag}`), 'somebody’s');
    await refused(/fstab\.virtlane-\S+ is on cellar already/, fstab());
  });

  test('what somebody changes meanwhile stays, and the old one beside it', async () => {
    await run(fstab(), card());
    await writeFile(at('etc/fstab'), 'mine');
    await assert.rejects(
      undo(fstab(), card()),
      (error) => error instanceof Stays && /etc\/fstab/.test(error.message),
    );
    assert.deepEqual(await readdir(at('etc')), ['fstab', `fstab.${tag}`]);
    assert.deepEqual([await read('etc/fstab'), await read(`etc/fstab.${tag}`)], ['mine', FSTAB]);
  });

  test('the link is lost while one is put: what goes on there is waited for, and nothing is in its way', async () => {
    const before = await stat(at('etc/fstab'));
    // Who gives it its second name waits until it is let go; a second one at that time comes later.
    for (const name of ['bin', 'begun']) await mkdir(at(name));
    const script = `#!/bin/sh
cd "\${0%/*}/.." && : >begun/$$ && late=$(ls begun | wc -l)
until [ -e go ]; do sleep 0.05; done
[ "$late" = 1 ] || sleep 0.5
PATH=\${PATH#*:} exec ln "$@"
`;
    await writeFile(at('bin/ln'), script, { mode: 0o755 });
    const begun = (count: number): Promise<boolean> =>
      until(async () => (await readdir(at('begun'))).length >= count, `${count} are begun`);
    const puts: Promise<unknown>[] = [];
    const host: SourceHost = {
      ...HOST,
      use: (_signal, work) =>
        work(async (argv, options) => {
          if (!argv.includes(PUTTING)) {
            // It is asked for what goes on.
            if (argv.some((word) => word.includes(PUTTING.slice(1))) && puts.length > 0)
              await writeFile(at('go'), '');
            return execLocal(argv, options);
          }
          const put = execLocal(['env', `PATH=${at('bin')}:${process.env['PATH']}`, ...argv], options);
          puts.push(put);
          if (puts.length === 1) {
            await begun(1);
            throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'The link was lost.' });
          }
          if (!(await readdir(folder)).includes('go')) {
            await begun(2);
            await writeFile(at('go'), '');
          }
          return put;
        }),
    };
    await filesStep(() => host).run(params(fstab()), journal.step);
    await Promise.all(puts);
    assert.equal(puts.length, 2);
    assert.equal(await read('etc/fstab'), NEW);
    await undo(fstab());
    await assertAsItWas(before);
  });

  test('one that ended in the middle is taken back, and begun anew', async () => {
    const before = await stat(at('etc/fstab'));
    await run(fstab());
    await undo(fstab());
    const note = journal.noted;
    // Its second name was made, and no more; and what is to be put was written.
    await link(at('etc/fstab'), at(`etc/fstab.${tag}`));
    await writeFile(at(`etc/fstab.${tag}-new`), 'UUID');
    journal.noted = note;
    assert.deepEqual(await files.settle(params(fstab()), journal.step), { done: false });
    await assertAsItWas(before);
    await run(fstab());
    assert.equal(await read('etc/fstab'), NEW);
    await undo(fstab());
    await assertAsItWas(before);
  });

  test('a machine that hears nothing for long takes them back itself', async () => {
    const before = await stat(at('etc/fstab'));
    await run(fstab(), card());
    await utimes(`/run/${tag}.files`, 1e9, 1e9);
    await until(async () => (await readdir(at('etc'))).length === 1, 'it has');
    await assertAsItWas(before);
    await assert.rejects(assertPut(HOST, tag, signal), /heard nothing of this for six hours/);
  });
});
