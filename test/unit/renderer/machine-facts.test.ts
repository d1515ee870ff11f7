import assert from 'node:assert/strict';
import { test } from 'node:test';
import i18next from 'i18next';
import { machine } from '../../../renderer/i18n/en/machine.ts';
import { splitPath } from '../../../renderer/views/machine/overview/split-path.ts';
import { virtualization } from '../../../renderer/views/machine/virtualization.ts';

test('a path is cut before its last part', () => {
  assert.deepEqual(splitPath('/var/lib/libvirt/images/a.qcow2'), {
    folder: '/var/lib/libvirt/images/',
    name: 'a.qcow2',
  });
  assert.deepEqual(splitPath('pool/volume'), { folder: 'pool/', name: 'volume' });
  assert.deepEqual(splitPath('volume'), { folder: '', name: 'volume' });
  assert.deepEqual(splitPath('https://host/iso/'), { folder: 'https://host/', name: 'iso/' });
});

test('a name that is too long for a column is cut in its middle', () => {
  const path = '/srv/x/a-very-long-name-of-a-data-disk-that-lies-in-no-pool.img';
  const { folder, name } = splitPath(path);
  assert.equal(name, 'that-lies-in-no-pool.img');
  assert.equal(folder + name, path);
});

test('what runs a machine is said in words', () => {
  void i18next.init({ lng: 'en', resources: { en: { machine } }, initAsync: false });
  const t = i18next.getFixedT('en', 'machine');
  const words = (osType: string, arch: string, virtType: string): string =>
    virtualization({ osType, arch, virtType }, t);
  assert.equal(words('hvm', 'x86_64', 'kvm'), 'x86-64, full virtualization (KVM)');
  assert.equal(words('hvm', 'aarch64', 'qemu'), 'ARM64, full virtualization (TCG emulation)');
  assert.equal(words('exe', 'x86_64', 'lxc'), 'x86-64, container (LXC)');
});
