import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { remedyOf } from '../../../main/jobs/migrate/remedies.ts';

const said = (message: string): LibvirtError => new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message });
const USUAL = { drive: 'app', peerUri: null, tls: false, postCopy: false } as const;
const ENDS = { hostName: 'kvm-a', toName: 'kvm-b' };

/** What libvirt 9.0 and QEMU 7.2 said in the lab, of what was asked, and what helps. */
const SAID: readonly [string, object, RegExp][] = [
  [
    "internal error: unable to execute QEMU command 'object-add': Unable to access credentials /etc/pki/qemu/ca-cert.pem: No such file or directory",
    { tls: true },
    /server-key\.pem on kvm-b, client-cert\.pem with client-key\.pem on kvm-a/,
  ],
  [
    "internal error: unable to execute QEMU command 'object-add': Cannot load CA certificate '/etc/pki/qemu/ca-cert.pem': Error while reading file.",
    { tls: true },
    /readable for the user of QEMU/,
  ],
  [
    "internal error: unable to execute QEMU command 'object-add': Our own certificate /etc/pki/qemu/server-cert.pem failed validation against /etc/pki/qemu/ca-cert.pem: The certificate hasn't got a known issuer",
    { tls: true },
    /of that authority/,
  ],
  [
    "internal error: unable to execute QEMU command 'blockdev-add': Certificate does not match the hostname elsewhere",
    { tls: true },
    /--tls-name/,
  ],
  [
    "internal error: unable to execute QEMU command 'migrate-set-capabilities': Postcopy is not supported",
    { postCopy: true },
    /vm\.unprivileged_userfaultfd to 1 on kvm-b/,
  ],
  [
    'Cannot recv data: Host key verification failed.: Connection reset by peer',
    { drive: 'peer', peerUri: 'qemu+ssh://root@kvm-b/system' },
    /kvm-a could not log in to qemu\+ssh:\/\/root@kvm-b\/system by itself/,
  ],
  [
    "Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory",
    { drive: 'tunnel', peerUri: 'qemu+tls://kvm-b/system' },
    /let Virtlane drive/,
  ],
];
for (const [message, asked, helps] of SAID)
  test(`what helps is said: ${message}`, () => {
    assert.match(remedyOf(said(message), { ...ENDS, manner: { ...USUAL, ...asked } }) ?? '', helps);
    assert.equal(remedyOf(said(message), { ...ENDS, manner: USUAL }), null);
  });

test('of storage that libvirt takes for unsafe the word for it is said; of what is not known nothing', () => {
  const unsafe = new LibvirtError({ code: 'VIR_ERR_MIGRATE_UNSAFE', message: 'Unsafe migration' });
  const all = { ...ENDS, manner: { drive: 'peer', peerUri: null, tls: true, postCopy: true } } as const;
  assert.match(remedyOf(unsafe, all) ?? '', /--unsafe/);
  assert.equal(remedyOf(said('internal error: something else'), all), null);
  assert.equal(remedyOf(new Error('Postcopy is not supported'), all), null);
});
