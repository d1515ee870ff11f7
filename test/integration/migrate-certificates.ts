import type { Lab } from '../lab/lab.ts';

/** The name in both hosts' certificates. */
export const CERTIFIED = 'virtlane-lab';

/** QEMU's own folder of certificates (migrate_tls_x509_cert_dir). */
const FOLDER = '/etc/pki/qemu';
const HOSTS = [1, 2] as const;

/** Gives both hosts what their QEMUs encrypt a move with: a certificate of one authority, which nobody has afterwards. */
export async function certify(lab: Lab): Promise<void> {
  const make = `set -e; umask 077; mkdir -p /srv/shared/pki; cd /srv/shared/pki
      openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab-ca -keyout ca-key.pem -out ca-cert.pem -addext keyUsage=keyCertSign
      openssl req -newkey rsa:2048 -nodes -subj /CN=${CERTIFIED} -keyout key.pem -out csr.pem
      printf 'subjectAltName=DNS:${CERTIFIED}\\nkeyUsage=digitalSignature,keyEncipherment\\nextendedKeyUsage=serverAuth,clientAuth\\n' > ext
      openssl x509 -req -in csr.pem -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile ext -out cert.pem`;
  await lab.exec(1, 'sh', '-c', `(${make}) 2>/tmp/openssl.log || { cat /tmp/openssl.log >&2; exit 1; }`);
  const install = `mkdir -p ${FOLDER} && cd ${FOLDER} && cp /srv/shared/pki/ca-cert.pem . &&
      for who in server client; do cp /srv/shared/pki/cert.pem $who-cert.pem; cp /srv/shared/pki/key.pem $who-key.pem; done`;
  for (const host of HOSTS) await lab.exec(host, 'sh', '-c', install);
  await lab.exec(1, 'rm', '-rf', '/srv/shared/pki');
}

/** Takes them away again: the next file of tests may want hosts without. */
export async function uncertify(lab: Lab): Promise<void> {
  for (const host of HOSTS) await lab.exec(host, 'rm', '-rf', FOLDER);
}
