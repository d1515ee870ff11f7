import type { Duplex } from 'node:stream';
import type { Zeros } from '../../drivers/formats/zero-runs.ts';
import { filePartHead } from '../contract/file-parts.ts';

/** Writes a part (contract/file-parts.ts); false asks to wait for `drain`. */
export function writePart(pipe: Duplex, part: Uint8Array | Zeros): boolean {
  if (!(part instanceof Uint8Array)) return part.zeros === 0 || pipe.write(filePartHead(part.zeros, true));
  if (part.length === 0) return true;
  pipe.cork();
  pipe.write(filePartHead(part.length, false));
  const more = pipe.write(part);
  pipe.uncork();
  return more;
}
