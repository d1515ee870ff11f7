import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VolumeUser } from '../../../main/contract/storage.ts';
import { refuseReadDisk } from '../../../main/service/copy-guard.ts';
import { FailureError } from '../../../main/hosts/failures.ts';

const user = (uuid: string): VolumeUser => ({
  uuid,
  name: `m-${uuid}`,
  target: 'vda',
  running: false,
  via: 'disk',
});
/** A job reads the machine b of the host h. */
const JOBS = {
  workflows: {
    holder: ({ host, uuid }: { readonly host: string; readonly uuid: string }) =>
      Promise.resolve(
        host === 'h' && uuid === 'b'
          ? {
              kind: 'clone',
              name: 'web',
              uuid: null,
              hosts: [{ id: 'h', name: 'kvm-a', uri: '' }] as const,
              hold: { host, uuid, name: 'm-b', until: 'x', reads: true as const },
            }
          : null,
      ),
  },
};

test('a disk is not changed while any machine that has it is copied, and the job is named', async () => {
  const asked = { volume: 'b.img', done: 'resized' };
  await assert.rejects(
    refuseReadDisk(JOBS, 'h', { ...asked, users: [user('a'), user('b')] }),
    (error) =>
      error instanceof FailureError &&
      error.failure.message.startsWith('b.img is not resized: m-b is being copied to web and its disks'),
  );
  await refuseReadDisk(JOBS, 'h', { ...asked, users: [user('a')] });
  await refuseReadDisk(JOBS, 'other', { ...asked, users: [user('b')] });
});
