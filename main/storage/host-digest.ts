import { TransportError } from '../../drivers/transport/errors.ts';
import type { HostSession } from '../hosts/session.ts';
import type { DigestAlgorithm } from './digest.ts';
import type { VolumePlace } from './steps/volume-calls.ts';
import { volumeAt } from './steps/volume-calls.ts';

/** OpenSSL takes the CPU's own instructions for it, which the sha256sum of many a system does not: that needs four times as long. */
const READ = 'openssl dgst -"$1" -r <"$2" 2>/dev/null || "$1"sum <"$2"';

/**
 * The digest of a volume's bytes as its host's own openssl, sha256sum or sha512sum tells it, in hex: the bytes do not travel for it. Null
 * where the login runs no programs, or may not read the file.
 */
export async function hostDigest(
  { client, link }: Pick<HostSession, 'client' | 'link'>,
  place: VolumePlace,
  { algorithm, signal }: { readonly algorithm: DigestAlgorithm; readonly signal: AbortSignal },
): Promise<string | null> {
  const { exec } = link.commands;
  if (exec === undefined) return null;
  const { name: path } = await client.remote.storageVolGetPath({ vol: await volumeAt(client, place) });
  const told = await exec(['sh', '-c', READ, 'sh', algorithm, path], { signal }).catch((error: unknown) => {
    if (error instanceof TransportError && error.code === 'EXEC') return null;
    throw error;
  });
  return told?.status === 0 ? (/^([0-9a-f]{64,128}) /m.exec(told.stdout)?.[1] ?? null) : null;
}
