import { volumeKey, type CreateFacts } from './facts.ts';
import type { RemoteFile } from './media.ts';

/**
 * Whether a volume that is there can be compared with the checksum of what it was fetched from: what was unpacked has another, blocks may go
 * on behind its end, and what is published is of the newest one.
 */
export function isVerifiable(
  { place, checksum, compression }: RemoteFile,
  { volumes }: Pick<CreateFacts, 'volumes'>,
): boolean {
  return checksum?.kind === 'known' && compression === null && volumes.get(volumeKey(place))?.type === 'file';
}
