import { crc32, deflateSync } from 'node:zlib';
import { PALETTE, type Frame } from './frame.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** A frame as a PNG file with a palette (colour type 3, 8 bits; W3C PNG, sections 5 and 11). */
export function encodePng(frame: Frame): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(frame.width, 0);
  header.writeUInt32BE(frame.height, 4);
  header[8] = 8;
  header[9] = 3;
  const palette = Buffer.from(PALETTE.flatMap((rgb) => [rgb >> 16, (rgb >> 8) & 0xff, rgb & 0xff]));
  // Each row starts with its filter type; 0 leaves the indices as they are, which suits flat colours.
  const rows = Buffer.alloc((frame.width + 1) * frame.height);
  for (let y = 0; y < frame.height; y += 1)
    rows.set(frame.pixels.subarray(y * frame.width, (y + 1) * frame.width), y * (frame.width + 1) + 1);
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}
