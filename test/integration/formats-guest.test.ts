import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { emptyCloudInit, seedIso } from '../../drivers/formats/cloud-init/index.ts';
import { initrdSupplement } from '../../drivers/formats/cpio.ts';
import { missing } from '../support/commands.ts';

const skip = missing('qemu-system-x86_64', 'qemu-img', 'mcopy', 'apt-get', 'syslinux', 'busybox');
/** As test/lab/lab.ts has it. */
const GUEST_DIR = process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest';
const run = promisify(execFile);
const INIT = `#!/bin/sh
export PATH=/bin:/sbin
mount -t devtmpfs dev /dev
for m in $(cat /modules/order); do insmod /modules/$m 2>/dev/null; done
while [ ! -e /dev/sr0 ]; do sleep 1; done
mount -t iso9660 -o ro /dev/sr0 /root
echo BEGIN
cat /etc/added/file
cd /root; for f in *; do echo "$f:"; cat $f; done
echo END
poweroff -f
`;

// Both formats exist to be read by a kernel: this is one, of Debian.
suite('a guest with a CD of ours and files appended to its initrd', { skip }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-guest-'));
    await run('bash', [path.join(import.meta.dirname, '../lab/guest-image.sh'), GUEST_DIR]);
    await run('qemu-img', [
      'convert',
      '-O',
      'raw',
      path.join(GUEST_DIR, 'tiny.qcow2'),
      path.join(folder, 'disk'),
    ]);
    for (const name of ['vmlinuz', 'initrd.img'])
      await run('mcopy', ['-i', `${path.join(folder, 'disk')}@@1M`, `::${name}`, path.join(folder, name)]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('finds the files, and reads the CD by its long names', async () => {
    const initrd = await readFile(path.join(folder, 'initrd.img'));
    const added = initrdSupplement(initrd.length, [
      { path: 'init', content: Buffer.from(INIT), mode: 0o755 },
      { path: 'etc/added/file', content: Buffer.from('added\n') },
    ]);
    const [initrdFile, seed] = [path.join(folder, 'initrd'), path.join(folder, 'seed.iso')];
    await writeFile(initrdFile, Buffer.concat([initrd, added]));
    await writeFile(seed, seedIso({ ...emptyCloudInit('one'), hostname: 'web1' }));
    const machine = [
      '-M',
      'pc',
      '-accel',
      'tcg',
      '-m',
      '256',
      '-display',
      'none',
      '-serial',
      'stdio',
      '-no-reboot',
    ];
    const boot = ['-kernel', path.join(folder, 'vmlinuz'), '-initrd', initrdFile];
    const kernel = ['-append', 'console=ttyS0 quiet panic=-1'];
    const { stdout } = await run('qemu-system-x86_64', [...machine, ...boot, ...kernel, '-cdrom', seed], {
      timeout: 180_000,
    });
    const [, said] = /BEGIN\r\n([^]*)END\r\n/.exec(stdout) ?? [];
    assert.deepEqual(said?.split('\r\n'), [
      'added',
      'meta-data:',
      'instance-id: "one"',
      'local-hostname: "web1"',
      'user-data:',
      '#cloud-config',
      'users:',
      '  - "default"',
      'hostname: "web1"',
      '',
    ]);
  });
});
