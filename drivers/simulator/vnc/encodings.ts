import { constants, deflateRawSync } from 'node:zlib';
import { PALETTE, type Frame, type Rect } from './frame.ts';
import { hasShortPixels, palettePixels, type PixelFormat } from './pixel-format.ts';

/** Encodings and pseudo-encodings by their RFB numbers. */
export const ENCODING = {
  raw: 0,
  tight: 7,
  desktopSize: -223,
  extendedKey: -258,
  extendedDesktopSize: -308,
} as const;

/** The header that begins each rectangle of an update. */
export function rectHeader(rect: Rect, encoding: number): Buffer {
  const out = Buffer.alloc(12);
  out.writeUInt16BE(rect.x, 0);
  out.writeUInt16BE(rect.y, 2);
  out.writeUInt16BE(rect.width, 4);
  out.writeUInt16BE(rect.height, 6);
  out.writeInt32BE(encoding, 8);
  return out;
}

/** Writes rectangles for one viewer: Tight if it can, else raw pixels. */
export class RectEncoder {
  readonly #pixels: Buffer[];
  readonly #shortPixels: boolean;
  readonly #bytes: number;
  readonly #tight: boolean;
  readonly #stream: TightStream;

  constructor(format: PixelFormat, options: { tight: boolean; stream: TightStream }) {
    this.#pixels = palettePixels(format);
    this.#shortPixels = hasShortPixels(format);
    this.#bytes = format.bytes;
    this.#tight = options.tight;
    this.#stream = options.stream;
  }

  encode(frame: Frame, rect: Rect): Buffer {
    if (!this.#tight) return Buffer.concat([rectHeader(rect, ENCODING.raw), this.#raw(frame, rect)]);
    return Buffer.concat([rectHeader(rect, ENCODING.tight), this.#tightBody(frame, rect)]);
  }

  #raw(frame: Frame, rect: Rect): Buffer {
    const out = Buffer.alloc(rect.width * rect.height * this.#bytes);
    let at = 0;
    for (let y = rect.y; y < rect.y + rect.height; y += 1)
      for (let x = rect.x; x < rect.x + rect.width; x += 1) {
        const pixel = this.#pixels[frame.pixels[y * frame.width + x] ?? 0];
        if (pixel !== undefined) out.set(pixel, at);
        at += this.#bytes;
      }
    return out;
  }

  /** Tight: one colour as a fill, else the palette filter, which suits frames that are palette indices already. */
  #tightBody(frame: Frame, rect: Rect): Buffer {
    const indices = cut(frame, rect);
    const used = [...new Set(indices)];
    if (used.length === 1) return Buffer.concat([Buffer.from([0x80]), this.#tightPixel(used[0] ?? 0)]);
    const place = new Uint8Array(256);
    used.forEach((colour, index) => (place[colour] = index));
    const data =
      used.length === 2 ? packBits(indices, rect, place) : indices.map((colour) => place[colour] ?? 0);
    return Buffer.concat([
      // Explicit filter, zlib stream 0; filter 1 is the palette; the count of colours less one.
      Buffer.from([0x40, 0x01, used.length - 1]),
      ...used.map((colour) => this.#tightPixel(colour)),
      this.#stream.compress(data),
    ]);
  }

  #tightPixel(colour: number): Buffer {
    if (!this.#shortPixels) return this.#pixels[colour] ?? Buffer.alloc(this.#bytes);
    const rgb = PALETTE[colour] ?? 0;
    return Buffer.from([rgb >> 16, (rgb >> 8) & 0xff, rgb & 0xff]);
  }
}

function cut(frame: Frame, rect: Rect): Uint8Array {
  const out = new Uint8Array(rect.width * rect.height);
  for (let row = 0; row < rect.height; row += 1) {
    const from = (rect.y + row) * frame.width + rect.x;
    out.set(frame.pixels.subarray(from, from + rect.width), row * rect.width);
  }
  return out;
}

/** Two colours take one bit a pixel, leftmost in bit 7, each row filled up to whole bytes. */
function packBits(indices: Uint8Array, rect: Rect, place: Uint8Array): Uint8Array {
  const stride = Math.ceil(rect.width / 8);
  const out = new Uint8Array(stride * rect.height);
  for (let y = 0; y < rect.height; y += 1)
    for (let x = 0; x < rect.width; x += 1)
      if (place[indices[y * rect.width + x] ?? 0] === 1) {
        const at = y * stride + (x >> 3);
        out[at] = (out[at] ?? 0) | (0x80 >> (x & 7));
      }
  return out;
}

/**
 * The zlib stream of a Tight viewer, which goes on from one rectangle to the next. Each part is deflated by itself and
 * flushed to a whole byte; parts joined that way are one valid stream, only without references back to earlier parts.
 */
export class TightStream {
  #begun = false;

  compress(data: Uint8Array): Buffer {
    // Under 12 bytes Tight sends the data as they are, without a length.
    if (data.length < 12) return Buffer.from(data);
    const part = deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
    const body = this.#begun ? part : Buffer.concat([Buffer.from([0x78, 0x9c]), part]);
    this.#begun = true;
    return Buffer.concat([compactLength(body.length), body]);
  }
}

/** Tight's lengths: seven bits a byte, the low ones first, at most three bytes. */
function compactLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x4000) return Buffer.from([(length & 0x7f) | 0x80, length >> 7]);
  return Buffer.from([(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]);
}
