import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virshLine, type VirshSubject } from '../../../main/contract/virsh.ts';

const uuid = '00000000-0000-0000-0000-000000000001';
const web: VirshSubject = { uri: 'qemu:///system', name: 'web-01', uuid };

test('the line is the action on that machine', () => {
  assert.equal(virshLine('startPaused', web), 'virsh -c qemu:///system start web-01 --paused');
  assert.equal(virshLine('resume', web, { asleep: true }), 'virsh -c qemu:///system dompmwakeup web-01');
});

test('a name that virsh takes for something else gives way to the UUID', () => {
  for (const name of ['5', '007', '-x', '--help', '11111111-2222-3333-4444-555555555555'])
    assert.equal(virshLine('destroy', { ...web, name }), `virsh -c qemu:///system destroy ${uuid}`);
  for (const name of ['5a', 'web-5', 'v-'])
    assert.equal(virshLine('destroy', { ...web, name }), `virsh -c qemu:///system destroy ${name}`);
});

test('the mode is named when one was asked for', () => {
  assert.equal(virshLine('shutdown', web), 'virsh -c qemu:///system shutdown web-01');
  assert.equal(
    virshLine('reboot', web, { mode: 'agent' }),
    'virsh -c qemu:///system reboot web-01 --mode agent',
  );
});

test('a deletion has the flags that apply, and the chosen disks', () => {
  const none = {
    running: false,
    managedSave: false,
    nvram: false,
    tpm: false,
    snapshots: false,
    checkpoints: false,
    disks: [],
  };
  assert.equal(virshLine('delete', web, { deletion: none }), 'virsh -c qemu:///system undefine web-01');
  assert.equal(
    virshLine('delete', web, {
      deletion: { ...none, running: true, nvram: true, tpm: false, disks: ['vda', 'vdb'] },
    }),
    'virsh -c qemu:///system destroy web-01 && virsh -c qemu:///system undefine web-01 --nvram --storage vda,vdb',
  );
});

test('a saved key file is in the URI', () => {
  const uri = 'qemu+ssh://kvm-a/system';
  assert.equal(
    virshLine('start', { ...web, uri, keyFile: '/keys/a b' }),
    `virsh -c '${uri}?keyfile=/keys/a%20b' start web-01`,
  );
  const own = `${uri}?keyfile=/k`;
  assert.equal(virshLine('start', { ...web, uri: own, keyFile: '/other' }), `virsh -c '${own}' start web-01`);
});
