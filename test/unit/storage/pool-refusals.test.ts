import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { poolAbilities } from '../../../main/contract/pool-abilities.ts';
import { POOL_TYPES } from '../../../main/contract/storage.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { refuseUnable } from '../../../main/storage/abilities.ts';
import { explainPool } from '../../../main/storage/pool-refusals.ts';

/** Words of libvirt 9 on hosts that lack something. */
const WORDS: readonly (readonly [type: string, words: string, advice: RegExp])[] = [
  [
    'rbd',
    'internal error: missing backend for pool type 9 (rbd)',
    /Install libvirt-daemon-driver-storage-rbd /,
  ],
  ['vstorage', 'internal error: missing backend for pool type 13 (vstorage)', /built without it/],
  [
    'iscsi',
    "internal error: /usr/bin/iscsiadm failed new mode for target 'iqn.2020-01.org:x' with status '127'",
    /no program iscsiadm.*Install open-iscsi \(Fedora, RHEL: iscsi-initiator-utils\)/,
  ],
  [
    'logical',
    'internal error: Child process (/sbin/pvs --noheadings -o pv_name,vg_name) unexpected exit status 127: libvirt:  error : cannot execute binary /sbin/pvs: No such file or directory\n',
    /no program pvs.*Install lvm2 there/,
  ],
  [
    'netfs',
    "internal error: Child process (/bin/mount -t nfs nas:/x /mnt) unexpected exit status 32: mount: /mnt: unknown filesystem type 'nfs'.\n",
    /cannot mount nfs\. Install nfs-common \(Fedora, RHEL: nfs-utils\)/,
  ],
  [
    'netfs',
    'internal error: Child process (/bin/mount -o nodev -t cifs //nas/x /mnt) unexpected exit status 32: mount: /mnt: bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> helper program.',
    /Install cifs-utils/,
  ],
  [
    'fs',
    'internal error: Child process (/bin/mount -t ext4 /dev/nope /mnt) unexpected exit status 32: mount: /mnt: special device /dev/nope does not exist.',
    /no device \/dev\/nope/,
  ],
  [
    'scsi',
    "Could not open '/sys/class/scsi_host/host0/scan' to trigger host scan: No such file or directory",
    /no SCSI adapter host0/,
  ],
  [
    'disk',
    "internal error: Child process (parted /dev/nvme0n1 rm --script p2) unexpected exit status 1: Error: Partition doesn't exist.\n",
    /On the host: parted \/dev\/nvme0n1 rm 2/,
  ],
];

test('a refusal that is about the host says what to do there, and keeps libvirt’s words', () => {
  for (const [type, words, advice] of WORDS) {
    const explained = explainPool(new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message: words }), type);
    assert.ok(explained instanceof FailureError, words);
    assert.match(explained.failure.message, advice);
    assert.equal(explained.failure.libvirt?.message, words);
  }
});

test('other errors stay as they are', () => {
  const full = new LibvirtError({ code: 'VIR_ERR_SYSTEM_ERROR', message: 'No space left on device' });
  assert.equal(explainPool(full, 'dir'), full);
  const own = new Error('cannot execute binary /sbin/pvs: No such file');
  assert.equal(explainPool(own, 'logical'), own);
});

test('what libvirt cannot do in a type of pool is refused before it begins', () => {
  const makes = POOL_TYPES.filter((type) => poolAbilities(type).makes);
  assert.deepEqual(makes, ['dir', 'fs', 'netfs', 'logical', 'disk', 'rbd', 'zfs', 'vstorage']);
  const refused = (type: string, ability: 'makes' | 'bytes'): void =>
    refuseUnable({ name: 'p', type }, ability);
  assert.throws(() => refused('gluster', 'makes'), /libvirt makes no volumes in gluster pools/);
  assert.throws(() => refused('rbd', 'bytes'), /read or written through libvirt/);
  refused('dir', 'makes');
  refused('of-a-newer-libvirt', 'bytes');
});
