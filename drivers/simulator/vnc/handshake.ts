import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { ByteReader } from './byte-reader.ts';
import { vncChallengeResponse } from './des.ts';

const SECURITY_NONE = 1;
const SECURITY_VNC = 2;

/** What the viewer did wrong before it was let in; the connection ends. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
}

/**
 * The opening of RFB 3.3, 3.7 and 3.8 up to the viewer's ClientInit.
 * @returns whether the viewer shares the screen with others.
 * @throws HandshakeError when the version, the security type or the password is wrong.
 */
export async function shakeHands(
  duplex: Duplex,
  reader: ByteReader,
  password: string | null,
): Promise<{ shared: boolean }> {
  duplex.write('RFB 003.008\n');
  const minor = minorVersion((await reader.take(12)).toString('latin1'));
  const wanted = password === null ? SECURITY_NONE : SECURITY_VNC;
  await agreeOnSecurity(duplex, reader, { minor, wanted });
  const ok = password === null || (await checkPassword(duplex, reader, password));
  // Up to 3.7 nobody confirms the absence of a password.
  if (minor >= 8 || wanted === SECURITY_VNC) duplex.write(securityResult(ok, minor));
  if (!ok) throw new HandshakeError('Authentication failed');
  return { shared: (await reader.take(1)).readUInt8(0) !== 0 };
}

function minorVersion(version: string): number {
  const match = /^RFB 003\.(\d{3})\n$/.exec(version);
  if (match?.[1] === undefined) throw new HandshakeError('Not an RFB 3 viewer');
  const minor = Number(match[1]);
  // RFC 6143 7.1.1: other numbers than 7 and 8 are to be taken as 3.
  return minor === 7 ? 7 : minor >= 8 ? 8 : 3;
}

async function agreeOnSecurity(
  duplex: Duplex,
  reader: ByteReader,
  { minor, wanted }: { minor: number; wanted: number },
): Promise<void> {
  if (minor === 3) {
    duplex.write(Buffer.from([0, 0, 0, wanted]));
    return;
  }
  duplex.write(Buffer.from([1, wanted]));
  const chosen = (await reader.take(1)).readUInt8(0);
  if (chosen !== wanted) throw new HandshakeError(`Security type ${chosen} was not offered`);
}

async function checkPassword(duplex: Duplex, reader: ByteReader, password: string): Promise<boolean> {
  const challenge = randomBytes(16);
  duplex.write(challenge);
  return timingSafeEqual(await reader.take(16), vncChallengeResponse(password, challenge));
}

function securityResult(ok: boolean, minor: number): Buffer {
  if (ok) return Buffer.from([0, 0, 0, 0]);
  if (minor < 8) return Buffer.from([0, 0, 0, 1]);
  const reason = Buffer.from('Authentication failed');
  return Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, reason.length]), reason]);
}
