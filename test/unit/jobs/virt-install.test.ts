import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import { virtInstall } from '../../../main/jobs/create/virt-install.ts';
import { FACTS, IMAGE, input, planned, POOL } from './create-input.ts';

/** Words of the line, each option with what follows it. */
function words(of: CreateInput): string[] {
  const [machine] = planned(of).machines;
  assert.ok(machine !== undefined);
  return virtInstall(of, machine, FACTS).split(/ \\\n {2}|\n/);
}

suite('the line for virt-install', () => {
  test('an installer is --cdrom and no disk, also before it is fetched', () => {
    const url = 'https://example.org/pub/netinst.iso';
    const line = words(input({ kind: 'iso', medium: { kind: 'url', url, pool: POOL, checksum: null } }));
    assert.match(line.join('\n'), /^--cdrom \/images\/netinst-[0-9a-f]{12}\.iso$/m);
    assert.deepEqual(
      line.filter((word) => word.startsWith('--disk')),
      ['--disk path=/images/web.qcow2,device=disk,bus=virtio,size=20,format=qcow2,driver.discard=unmap'],
    );
  });

  test('a disk over an image names it, and the seed is --cloud-init’s', () => {
    const line = words(input(IMAGE));
    assert.ok(line.includes('--import'));
    assert.ok(line.includes('--cloud-init user-data=web-user-data'));
    assert.match(
      line.join('\n'),
      /--disk path=\/images\/web.qcow2,.*backing_store=\/images\/base.qcow2,backing_format=qcow2/,
    );
    assert.doesNotMatch(line.join('\n'), /seed/);
  });

  test('a copy of an image is made before', () => {
    const line = words(input({ ...IMAGE, copy: true }));
    assert.deepEqual(line.slice(0, 2), [
      'qemu-img convert -O qcow2 /images/base.qcow2 /images/web.qcow2',
      'qemu-img resize -f qcow2 /images/web.qcow2 21474836480',
    ]);
    assert.match(
      line.join('\n'),
      /--disk path=\/images\/web.qcow2,device=disk,bus=virtio,driver.discard=unmap/,
    );
  });

  test('from the network, and from a disk', () => {
    assert.ok(words(input({ kind: 'network' })).includes('--pxe'));
    assert.ok(words(input({ kind: 'disk' })).includes('--import'));
  });

  test('no password is in it, and what a shell would read is quoted', () => {
    const plain = input({ kind: 'network' });
    const line = words({
      ...plain,
      name: "it's $HOME",
      spec: {
        ...plain.spec,
        firmware: 'efi',
        secureBoot: true,
        graphics: { ...plain.spec.graphics, password: true },
      },
    });
    assert.ok(line.includes(`--name 'it'\\''s $HOME'`), line.join('\n'));
    assert.match(line.join('\n'), /secure-boot,firmware.feature0.enabled=yes/);
    assert.ok(line.includes('--graphics vnc,listen=127.0.0.1'));
  });
});
