import { sign } from 'node:crypto';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/** A private key that was opened: signs as `ParsedKey.sign` of ssh2 does. */
export interface OpenedKey {
  /** The public half in wire format. */
  publicKey: Buffer;
  sign(data: Buffer, hash: string | undefined): Buffer;
}

/** Hash of each type of key that has only one (RFC 5656, 6.2.1); RSA's is agreed on with the server. */
const HASHES: Record<string, string> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'ssh-rsa': 'sha1',
};

/**
 * Runs in a thread of its own: bcrypt takes a third of a second for each try, by design, and in JavaScript nothing else
 * would go on meanwhile, not even the figures of other hosts.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { utils } = require(workerData.ssh2);
const parsed = utils.parseKey(workerData.text, workerData.passphrase);
const key = Array.isArray(parsed) ? parsed[0] : parsed;
parentPort.postMessage(
  key instanceof Error || !key.isPrivateKey()
    ? null
    : { type: key.type, publicKey: key.getPublicSSH(), pem: key.getPrivatePEM() },
);`;

interface Unlocked {
  type: string;
  publicKey: Uint8Array;
  pem: string;
}

/** One thread at a time, however many hosts are opened at once. */
let queue: Promise<unknown> = Promise.resolve();

function run(text: string, passphrase: string): Promise<Unlocked | null> {
  return new Promise((resolve, reject) => {
    const ssh2 = createRequire(import.meta.url).resolve('ssh2');
    // Without the parent's arguments: a loader given to Node (tsx) has no work there and takes long to start.
    const worker = new Worker(PROGRAM, { eval: true, execArgv: [], workerData: { ssh2, text, passphrase } });
    worker.once('message', (unlocked: Unlocked | null) => resolve(unlocked));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The thread that opens keys ended early')));
  });
}

/** Opens an encrypted private key. Null when the passphrase is wrong. */
export async function unlockKey(text: string, passphrase: string): Promise<OpenedKey | null> {
  const turn = queue.then(() => run(text, passphrase));
  queue = turn.catch(() => undefined);
  const unlocked = await turn;
  if (unlocked === null) return null;
  const { type, pem } = unlocked;
  return {
    publicKey: Buffer.from(unlocked.publicKey),
    sign: (data, hash) => sign(hash ?? HASHES[type] ?? null, data, pem),
  };
}
