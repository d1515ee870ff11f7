import type { Duplex } from 'node:stream';
import { inflateSync, constants } from 'node:zlib';
import { ByteReader } from '../../../drivers/simulator/vnc/byte-reader.ts';
import { vncChallengeResponse } from '../../../drivers/simulator/vnc/des.ts';

/** A picture as a viewer has it: 0xRRGGBB a pixel. */
export interface Picture {
  width: number;
  height: number;
  pixels: Uint32Array;
}

export interface Update {
  encodings: number[];
  /** Of each ExtendedDesktopSize: reason and status. */
  resizes: { reason: number; status: number; width: number; height: number }[];
  rects: { x: number; y: number; width: number; height: number }[];
}

/** A small viewer of its own for the tests of the simulated VNC server: 32-bit colour, raw or Tight. */
export class RfbViewer {
  readonly picture: Picture = { width: 0, height: 0, pixels: new Uint32Array() };
  name = '';
  readonly reader: ByteReader;
  readonly #duplex: Duplex;
  #zlib = Buffer.alloc(0);
  #inflated = 0;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
    this.reader = new ByteReader(duplex);
  }

  /** @returns the server's reason if it refused, else null */
  async open(
    options: { version?: string; password?: string; shared?: boolean } = {},
  ): Promise<string | null> {
    const { version = 'RFB 003.008\n', password, shared = true } = options;
    await this.reader.take(12);
    this.#duplex.write(version);
    const old = version === 'RFB 003.003\n';
    const offered = old
      ? [(await this.reader.take(4)).readUInt32BE(0)]
      : [...(await this.reader.take((await this.reader.take(1)).readUInt8(0)))];
    const type = offered[0] ?? 0;
    if (!old) this.#duplex.write(Buffer.from([type]));
    if (type === 2) {
      const challenge = await this.reader.take(16);
      this.#duplex.write(vncChallengeResponse(password ?? '', challenge));
    }
    if (type === 2 || version === 'RFB 003.008\n') {
      const result = (await this.reader.take(4)).readUInt32BE(0);
      if (result !== 0) {
        if (version !== 'RFB 003.008\n') return 'refused';
        return (await this.reader.take((await this.reader.take(4)).readUInt32BE(0))).toString();
      }
    }
    this.#duplex.write(Buffer.from([shared ? 1 : 0]));
    const init = await this.reader.take(24);
    this.picture.width = init.readUInt16BE(0);
    this.picture.height = init.readUInt16BE(2);
    this.picture.pixels = new Uint32Array(this.picture.width * this.picture.height);
    this.name = (await this.reader.take(init.readUInt32BE(20))).toString();
    return null;
  }

  setEncodings(encodings: number[]): void {
    const message = Buffer.alloc(4 + encodings.length * 4);
    message[0] = 2;
    message.writeUInt16BE(encodings.length, 2);
    encodings.forEach((encoding, index) => message.writeInt32BE(encoding, 4 + index * 4));
    this.#duplex.write(message);
  }

  request(incremental: boolean): void {
    const { width, height } = this.picture;
    const message = Buffer.alloc(10);
    message[0] = 3;
    message[1] = incremental ? 1 : 0;
    message.writeUInt16BE(width, 6);
    message.writeUInt16BE(height, 8);
    this.#duplex.write(message);
  }

  /** SetDesktopSize with one screen. */
  askForSize(width: number, height: number): void {
    const message = Buffer.alloc(24);
    message[0] = 251;
    message.writeUInt16BE(width, 2);
    message.writeUInt16BE(height, 4);
    message[6] = 1;
    message.writeUInt16BE(width, 16);
    message.writeUInt16BE(height, 18);
    this.#duplex.write(message);
  }

  key(keysym: number): void {
    for (const down of [1, 0]) {
      const message = Buffer.alloc(8);
      message[0] = 4;
      message[1] = down;
      message.writeUInt32BE(keysym, 4);
      this.#duplex.write(message);
    }
  }

  async update(): Promise<Update> {
    const head = await this.reader.take(4);
    const update: Update = { encodings: [], resizes: [], rects: [] };
    for (let left = head.readUInt16BE(2); left > 0; left -= 1) {
      const rect = await this.reader.take(12);
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => rect.readUInt16BE(at));
      const area = { x: x ?? 0, y: y ?? 0, width: width ?? 0, height: height ?? 0 };
      const encoding = rect.readInt32BE(8);
      update.encodings.push(encoding);
      if (encoding === 0) await this.#raw(area);
      else if (encoding === 7) await this.#tight(area);
      else if (encoding === -308) {
        await this.reader.take(4 + 16 * 1);
        update.resizes.push({ reason: area.x, status: area.y, width: area.width, height: area.height });
        this.#resize(area);
      } else if (encoding === -223) this.#resize(area);
      if (encoding >= 0) update.rects.push(area);
    }
    return update;
  }

  #resize({ width, height }: { width: number; height: number }): void {
    if (width === this.picture.width && height === this.picture.height) return;
    Object.assign(this.picture, { width, height, pixels: new Uint32Array(width * height) });
  }

  async #raw(area: Update['rects'][number]): Promise<void> {
    const bytes = await this.reader.take(area.width * area.height * 4);
    this.#paint(area, (index) => bytes.readUInt32LE(index * 4) & 0xffffff);
  }

  async #tight(area: Update['rects'][number]): Promise<void> {
    const control = (await this.reader.take(1)).readUInt8(0);
    if (control === 0x80) {
      const fill = (await this.reader.take(3)).readUIntBE(0, 3);
      this.#paint(area, () => fill);
      return;
    }
    const [filter, count] = await this.reader.take(2);
    if (control !== 0x40 || filter !== 1) throw new Error('only the palette filter is expected');
    const palette = await this.reader.take(((count ?? 0) + 1) * 3);
    const colour = (index: number) => palette.readUIntBE(index * 3, 3);
    const stride = Math.ceil(area.width / 8);
    const two = count === 1;
    const data = await this.#compressed(two ? stride * area.height : area.width * area.height);
    this.#paint(area, (index) => {
      if (!two) return colour(data[index] ?? 0);
      const column = index % area.width;
      const byte = data[Math.floor(index / area.width) * stride + (column >> 3)] ?? 0;
      return colour((byte >> (7 - (column & 7))) & 1);
    });
  }

  async #compressed(length: number): Promise<Buffer> {
    if (length < 12) return this.reader.take(length);
    let size = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = (await this.reader.take(1)).readUInt8(0);
      size |= (byte & (shift === 14 ? 0xff : 0x7f)) << shift;
      if (byte < 0x80 || shift === 14) break;
    }
    this.#zlib = Buffer.concat([this.#zlib, await this.reader.take(size)]);
    // The whole stream so far, once more: slow, and sure to notice a part that does not continue it.
    const all = inflateSync(this.#zlib, { finishFlush: constants.Z_SYNC_FLUSH });
    const part = all.subarray(this.#inflated);
    if (part.length !== length) throw new Error(`${part.length} bytes came out, ${length} were expected`);
    this.#inflated = all.length;
    return part;
  }

  #paint(area: Update['rects'][number], colour: (index: number) => number): void {
    for (let index = 0; index < area.width * area.height; index += 1) {
      const y = area.y + Math.floor(index / area.width);
      this.picture.pixels[y * this.picture.width + area.x + (index % area.width)] = colour(index);
    }
  }
}
