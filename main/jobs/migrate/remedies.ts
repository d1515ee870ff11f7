import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import type { MoveParams } from './steps/move-params.ts';

type Asked = Pick<MoveParams, 'hostName' | 'toName'> & {
  readonly manner: Pick<MoveParams['manner'], 'drive' | 'peerUri' | 'tls' | 'postCopy'>;
};

/**
 * What to do about a refusal of libvirt's or QEMU's own, where that does not say it; null: nothing is known. Words of libvirt 9.0 and QEMU 7.2, as the lab's hosts said
 * them: where another one says it otherwise, its own words are all that is shown.
 */
export function remedyOf(error: unknown, { hostName, toName, manner }: Asked): string | null {
  if (!(error instanceof LibvirtError)) return null;
  const { code, message } = error;
  if (code === 'VIR_ERR_MIGRATE_UNSAFE')
    return 'libvirt does not know that both hosts have one storage there. If they have: --unsafe, in the window “It is one storage” at that check, or “Also where it cannot be seen that storage is shared” under “More ways”; else let the disks be copied.';
  if (manner.tls && WRONG_NAME.test(message))
    return `The certificate of ${toName} (server-cert.pem in /etc/pki/qemu) has another name: say that one by --tls-name, in the window “Name in the target’s certificate”.`;
  if (manner.tls && CERTIFICATE.test(message))
    return `QEMU encrypts by certificates, which both hosts must have in /etc/pki/qemu, readable for the user of QEMU: ca-cert.pem, and of that authority server-cert.pem with server-key.pem on ${toName}, client-cert.pem with client-key.pem on ${hostName}. Else leave TLS out: through this computer the data is encrypted by SSH.`;
  if (manner.postCopy && NO_POST_COPY.test(message))
    return `The kernel of ${hostName} or ${toName} does not let QEMU do post-copy. Set vm.unprivileged_userfaultfd to 1 on ${toName} (sysctl), or leave post-copy out; --auto-converge slows the guest down instead.`;
  if (manner.drive !== 'app' && NO_LOGIN.test(message))
    return `${hostName} could not log in to ${manner.peerUri ?? toName} by itself: there its root needs the key, the host key or the certificates for that. Else let Virtlane drive, which needs none of it.`;
  return null;
}

/** qcrypto_tls_session_check_certificate */
const WRONG_NAME = /certificate does not match the hostname/i;

/** qcrypto_tls_creds_x509_* */
const CERTIFICATE =
  /unable to access credentials|cannot load (ca )?certificate|failed validation against|certificate (verification )?failed|the certificate is not trusted|hasn't got a known issuer/i;

/** postcopy_ram_supported_by_host: of either side, as each is asked for the capability. */
const NO_POST_COPY = /postcopy is not supported/i;

/** virNetSocketRead of what ssh says, virNetTLSContextCheckCertFile, virNetTLSContextCheckCertPair; where a port is closed libvirt names it. */
const NO_LOGIN =
  /cannot recv data: |cannot read (ca )?certificate '|certificate failed validation|authentication failed|remote libvirt uri/i;
