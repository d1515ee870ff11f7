import assert from 'node:assert/strict';
import path from 'node:path';
import type { Lab } from '../lab/lab.ts';
import type { CliResult } from './cli-process.ts';
import type { SavedMachine } from './p2v-image.ts';

/** Imports disks that begin as a qcow2 disk which names a file of the host; `ore.img` in its pool is the raw disk of another machine. */
export async function bringsNothingAlong(
  lab: Lab,
  saved: SavedMachine,
  run: (...args: string[]) => Promise<CliResult>,
): Promise<void> {
  const at = '/var/lib/libvirt/images';
  const evil = path.join(saved.image, '..', 'evil');
  const importEvil = (...args: string[]): Promise<CliResult> =>
    run(
      'p2v',
      'import',
      `${evil}.vhdx`,
      '--network',
      'user',
      '--name',
      'evil',
      '--memory',
      '128MiB',
      ...args,
    );
  const everything = (): Promise<string> => lab.exec(1, 'sh', '-c', `virsh list --all --name; ls ${at}`);
  const all = await everything();
  const names = [
    ['a file that it lies on', `-u -o compat=0.10 -b ${at}/ore.img -F raw`],
    ['a file that its bytes are in', `-o data_file=${evil}.bytes`],
  ] as const;
  for (const [what, options] of names) {
    saved.sh(`qemu-img create -q -f qcow2 ${options} ${evil} 8M; truncate -s 8M ${evil}
      qemu-img convert -q -f raw -O vhdx ${evil} ${evil}.vhdx`);
    const { code, err } = await importEvil();
    assert.equal(code, 1, what);
    assert.match(err, /evil\.vhdx begins as a qcow2 disk does: .* Make the new disk raw/, what);
    assert.equal(await everything(), all, what);
  }
  const { code, err } = await importEvil('--format', 'raw');
  assert.equal(code, 0, err);
  assert.match(
    await lab.exec(1, 'virsh', 'dumpxml', 'evil'),
    /type='raw'[^>]*>\s*<source file='[^']*evil\.img'/,
  );
  // Its own pool takes it for the other, and may not have looked yet.
  const refused = /raw to evil and qcow2 to its pool/;
  assert.match((await run('clone', 'evil', 'worse')).err, refused);
  // To grow one libvirt opens it as its pool takes it for (virStorageBackendFilesystemResizeQemuImg).
  const before = await everything();
  const resized = await run('vol', 'resize', 'default', 'evil.img', '64MiB');
  assert.equal(resized.code, 1);
  assert.match(resized.err, refused);
  assert.equal(await everything(), before);
}
