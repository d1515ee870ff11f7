import { PALETTE } from './frame.ts';

/** How a viewer wants its pixels (RFC 6143, 7.4), true colour only. */
export interface PixelFormat {
  bytes: 1 | 2 | 4;
  depth: number;
  bigEndian: boolean;
  max: [red: number, green: number, blue: number];
  shift: [red: number, green: number, blue: number];
}

export const DEFAULT_FORMAT: PixelFormat = {
  bytes: 4,
  depth: 24,
  bigEndian: false,
  max: [255, 255, 255],
  shift: [16, 8, 0],
};

/** The 16 bytes of a format as ServerInit sends them. */
export function encodePixelFormat(format: PixelFormat): Buffer {
  const out = Buffer.alloc(16);
  out[0] = format.bytes * 8;
  out[1] = format.depth;
  out[2] = format.bigEndian ? 1 : 0;
  out[3] = 1;
  format.max.forEach((max, index) => out.writeUInt16BE(max, 4 + index * 2));
  format.shift.forEach((shift, index) => (out[10 + index] = shift));
  return out;
}

/** The 16 bytes of SetPixelFormat; null for what this server does not do (colour maps, odd sizes). */
export function decodePixelFormat(body: Buffer): PixelFormat | null {
  const bits = body.readUInt8(0);
  if ((bits !== 8 && bits !== 16 && bits !== 32) || body.readUInt8(3) === 0) return null;
  return {
    bytes: bits === 8 ? 1 : bits === 16 ? 2 : 4,
    depth: body.readUInt8(1),
    bigEndian: body.readUInt8(2) !== 0,
    max: [body.readUInt16BE(4), body.readUInt16BE(6), body.readUInt16BE(8)],
    shift: [body.readUInt8(10) & 31, body.readUInt8(11) & 31, body.readUInt8(12) & 31],
  };
}

/** The palette's colours as pixels of a format, each `format.bytes` long. */
export function palettePixels(format: PixelFormat): Buffer[] {
  return PALETTE.map((rgb) => {
    const parts = [rgb >> 16, (rgb >> 8) & 0xff, rgb & 0xff];
    let value = 0;
    parts.forEach((part, index) => {
      const scaled = Math.round((part * (format.max[index] ?? 0)) / 255);
      value = (value | (scaled << (format.shift[index] ?? 0))) >>> 0;
    });
    const out = Buffer.alloc(4);
    if (format.bigEndian) out.writeUInt32BE(value);
    else out.writeUInt32LE(value);
    return format.bigEndian ? out.subarray(4 - format.bytes) : out.subarray(0, format.bytes);
  });
}

/** Whether Tight sends three bytes a pixel in this format (its TPIXEL). */
export function hasShortPixels(format: PixelFormat): boolean {
  return format.bytes === 4 && format.depth === 24 && format.max.every((max) => max === 255);
}
