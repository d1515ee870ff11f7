import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { ByteReader, StreamEnd } from './byte-reader.ts';
import { splice, type Exchange } from './splice.ts';

/** Security types of RFB (RFC 6143, 7.1.2, and IANA's registry). */
const NONE = 1;
const VNC_AUTH = 2;
const VENCRYPT = 19;
const SASL = 20;
/** Subtypes of VeNCrypt: TLS with a certificate, and then as NONE and VNC_AUTH. */
const X509_NONE = 260;
const X509_VNC = 261;

const VERSION_BYTES = 12;
const HANDSHAKE_LIMIT_MS = 20_000;
const MAX_REASON_BYTES = 4096;

/**
 * No screen came of it. `unsupported`: the VNC server offers nothing that a viewer here can speak; `gone`: it ended the conversation;
 * `silent`: it does not answer. `message` says more.
 */
export class RfbError extends Error {
  override readonly name = 'RfbError';
  readonly kind: 'unsupported' | 'gone' | 'silent';

  constructor(message: string, kind: RfbError['kind'] = 'unsupported') {
    super(message);
    this.kind = kind;
  }
}

/**
 * Makes a VNC server's stream one that noVNC can speak to, which knows no TLS. The first words are exchanged here; a server that offers
 * no password or a VNC password is then handed on. One that demands TLS (`vnc_tls` in qemu.conf: VeNCrypt) gets it from here, and the
 * viewer sees the same server without. The viewer hears the version and, after its own, those security types that it can be served with.
 */
export async function prepareRfb(stream: Duplex, signal?: AbortSignal): Promise<Duplex> {
  const limit = AbortSignal.timeout(HANDSHAKE_LIMIT_MS);
  const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const ignoreError = (): void => undefined;
  stream.on('error', ignoreError);
  try {
    return await handshake(stream, both);
  } catch (error) {
    stream.destroy();
    if (limit.aborted && error === limit.reason)
      throw new RfbError(`It said nothing for ${HANDSHAKE_LIMIT_MS / 1000} s.`, 'silent');
    if (error instanceof StreamEnd) throw new RfbError('It closed the connection at once.', 'gone');
    throw error;
  }
}

async function handshake(stream: Duplex, signal: AbortSignal): Promise<Duplex> {
  const reader = new ByteReader(stream, signal);
  const { over, exchanges } = await exchange(reader, stream, signal);
  reader.release();
  return splice(over, exchanges);
}

interface Greeted {
  /** The stream that goes on. */
  readonly over: Duplex;
  /** What the viewer is to hear and say of the first words. */
  readonly exchanges: readonly Exchange[];
}

/** The first words with the server. */
async function exchange(reader: ByteReader, stream: Duplex, signal: AbortSignal): Promise<Greeted> {
  const version = await reader.read(VERSION_BYTES);
  const minor = /^RFB 003\.(\d{3})\n$/.exec(version.toString('latin1'))?.[1];
  if (minor === undefined) throw new RfbError('What listens there does not speak VNC.');
  // Before 3.7 the server alone decides, and knows no TLS.
  if (Number(minor) < 7) return { over: stream, exchanges: [{ say: version, skip: 0 }] };
  const spoken = Buffer.from(`RFB 003.00${Math.min(Number(minor), 8)}\n`);
  stream.write(spoken);
  const greeting = { say: spoken, skip: VERSION_BYTES };
  const types = await readTypes(reader);
  // noVNC takes the first type that it knows by number, and it knows less of VeNCrypt than its number says.
  const plain = types.filter((type) => type === NONE || type === VNC_AUTH);
  if (plain.length > 0)
    return { over: stream, exchanges: [greeting, { say: Buffer.from([plain.length, ...plain]), skip: 0 }] };
  if (types.includes(VENCRYPT)) {
    const { secured, type } = await startTls(reader, stream, signal);
    return { over: secured, exchanges: [greeting, { say: Buffer.from([1, type]), skip: 1 }] };
  }
  if (types.includes(SASL)) throw new RfbError('The VNC server demands SASL, which Virtlane does not speak.');
  throw new RfbError(`The VNC server offers only security types ${[...types].join(', ')}.`);
}

async function readTypes(reader: ByteReader): Promise<Buffer> {
  const count = await reader.readByte();
  if (count > 0) return reader.read(count);
  const length = Math.min((await reader.read(4)).readUInt32BE(), MAX_REASON_BYTES);
  const reason = (await reader.read(length)).toString().replaceAll('\0', '').trim();
  throw new RfbError(`The VNC server refuses the connection: ${reason}`);
}

/** VeNCrypt 0.2: version, subtype, TLS on the same stream. Then comes what the plain type would bring. */
async function startTls(
  reader: ByteReader,
  stream: Duplex,
  signal: AbortSignal,
): Promise<{ secured: Duplex; type: number }> {
  stream.write(Buffer.from([VENCRYPT]));
  await reader.read(2);
  stream.write(Buffer.from([0, 2]));
  if ((await reader.readByte()) !== 0)
    throw new RfbError('The VNC server speaks another version of VeNCrypt.');
  const count = await reader.readByte();
  const bytes = await reader.read(count * 4);
  const offered = Array.from({ length: count }, (_, index) => bytes.readUInt32BE(index * 4));
  const chosen = [X509_NONE, X509_VNC].find((subtype) => offered.includes(subtype));
  if (chosen === undefined) throw new RfbError(unsupportedSubtypes(offered));
  const choice = Buffer.alloc(4);
  choice.writeUInt32BE(chosen);
  stream.write(choice);
  if ((await reader.readByte()) !== 1) throw new RfbError('The VNC server refused to begin TLS.');
  reader.release();
  const secured = await secure(stream, signal);
  await spoken(secured, signal);
  return { secured, type: chosen === X509_NONE ? NONE : VNC_AUTH };
}

/**
 * Waits for the first word inside TLS, a result or a challenge. A server that demands a certificate of its viewers finds out after the
 * handshake that there is none, and hangs up.
 */
async function spoken(secured: TLSSocket, signal: AbortSignal): Promise<void> {
  const reader = new ByteReader(secured, signal);
  try {
    await reader.awaitByte();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new RfbError(
      'The VNC server hung up after TLS began. It may demand a certificate of its viewers (vnc_tls_x509_verify in qemu.conf), and Virtlane has none.',
    );
  }
}

function unsupportedSubtypes(offered: readonly number[]): string {
  const sasl = offered.some((subtype) => subtype === 263 || subtype === 264);
  if (sasl) return 'The VNC server demands SASL inside TLS, which Virtlane does not speak.';
  return `The VNC server demands a kind of TLS that Virtlane does not speak (VeNCrypt ${offered.join(', ')}).`;
}

/**
 * The certificate is not checked: the stream comes out of the login to the host (SSH, or the host's own socket), which has proven who
 * the host is, and libvirt's certificates are seldom made for the name 127.0.0.1.
 */
function secure(stream: Duplex, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = connect({ socket: stream, rejectUnauthorized: false });
    const stop = (): void => void secured.destroy(new Error('No TLS handshake within the time limit.'));
    signal.addEventListener('abort', stop, { once: true });
    secured.once('secureConnect', () => {
      signal.removeEventListener('abort', stop);
      resolve(secured);
    });
    secured.on('error', (error) => reject(new RfbError(`TLS with the VNC server failed: ${error.message}`)));
  });
}
