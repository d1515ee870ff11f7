import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { anotherTry } from '../../../main/jobs/migrate/another-try.ts';

const said = (message: string): LibvirtError => new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message });
const TAKEN = said(
  "internal error: unable to execute QEMU command 'migrate-incoming': Failed to find an available port: Address already in use",
);
const NO_ROUTE = said("unable to connect to server at 'kvm-b:49152': No route to host");

test('a port of the target that was taken in the last moment is asked for again, not without end', () => {
  assert.equal(anotherTry(TAKEN, { mayRelay: false, tries: 1 }), 'same');
  assert.equal(anotherTry(TAKEN, { mayRelay: true, tries: 3 }), 'same');
  assert.equal(anotherTry(TAKEN, { mayRelay: false, tries: 4 }), null);
});

test('a cgroup that libvirt has lost while another machine came is made anew', () => {
  const error = said(
    "Unable to write to '/sys/fs/cgroup/cpuset/machine/qemu-2-crowd-08.libvirt-qemu/cpuset.memory_migrate': No such file or directory",
  );
  assert.equal(anotherTry(error, { mayRelay: false, tries: 1 }), 'same');
  assert.equal(anotherTry(error, { mayRelay: false, tries: 4 }), null);
});

test('hosts that do not reach each other are relayed where that was agreed to, and once', () => {
  assert.equal(anotherTry(NO_ROUTE, { mayRelay: true, tries: 1 }), 'relayed');
  assert.equal(anotherTry(NO_ROUTE, { mayRelay: false, tries: 1 }), null);
});

test('whatever else failed is not begun again by itself', () => {
  for (const error of [
    said('operation aborted: job canceled by client'),
    new Error('Address already in use'),
    null,
  ])
    assert.equal(anotherTry(error, { mayRelay: true, tries: 1 }), null);
});
