import type { Duplex } from 'node:stream';
import type { Display } from '../guest/display.ts';
import type { ByteReader } from './byte-reader.ts';
import { ENCODING, RectEncoder, rectHeader, TightStream } from './encodings.ts';
import { changedRects, type Frame } from './frame.ts';
import { DEFAULT_FORMAT, decodePixelFormat, encodePixelFormat } from './pixel-format.ts';

const MAX_ENCODINGS = 256;
const MAX_CUT_TEXT = 1 << 20;
const MAX_SCREENS = 16;
/** SetDesktopSize was passed on to the guest, which may follow or not: QEMU's answer with a virtio video card. */
const RESIZE_FORWARDED = 4;

/** The viewer sent something that RFB does not have. */
export class RfbError extends Error {
  override readonly name = 'RfbError';
}

/** One viewer after the handshake: its messages in, updates of the screen out. */
export class VncSession {
  readonly #duplex: Duplex;
  readonly #reader: ByteReader;
  readonly #display: Display;
  readonly #stream = new TightStream();
  #format = DEFAULT_FORMAT;
  #encodings = new Set<number>();
  /** As the viewer knows it. */
  #size = { width: 0, height: 0 };
  #sent: { frame: Frame; version: number } | null = null;
  #wantsUpdate = false;
  #announced = false;

  constructor(duplex: Duplex, reader: ByteReader, display: Display) {
    this.#duplex = duplex;
    this.#reader = reader;
    this.#display = display;
  }

  /** Serves the viewer until it goes. */
  async run(name: string): Promise<void> {
    const watch = this.#display.watch(() => this.#update());
    // A slow viewer gets the next picture once it has read the last one, not a queue of old ones.
    const drained = () => this.#update();
    this.#duplex.on('drain', drained);
    try {
      const frame = this.#display.render();
      this.#size = { width: frame.width, height: frame.height };
      const title = Buffer.from(name);
      const size = Buffer.alloc(4);
      size.writeUInt16BE(frame.width, 0);
      size.writeUInt16BE(frame.height, 2);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(title.length);
      this.#duplex.write(Buffer.concat([size, encodePixelFormat(this.#format), length, title]));
      for (;;) await this.#message();
    } finally {
      watch.dispose();
      this.#duplex.off('drain', drained);
    }
  }

  async #message(): Promise<void> {
    const type = (await this.#reader.take(1)).readUInt8(0);
    switch (type) {
      case 0:
        return this.#setPixelFormat(await this.#reader.take(19));
      case 2:
        return this.#setEncodings(await this.#reader.take(3));
      case 3:
        return this.#requestUpdate(await this.#reader.take(9));
      case 4:
        return this.#keyEvent(await this.#reader.take(7));
      case 5:
        return this.#pointerEvent(await this.#reader.take(5));
      case 6:
        return this.#cutText(await this.#reader.take(7));
      case 150:
        // EnableContinuousUpdates: never offered, and harmless.
        await this.#reader.take(9);
        return undefined;
      case 251:
        return this.#setDesktopSize(await this.#reader.take(7));
      case 255:
        return this.#qemuMessage((await this.#reader.take(1)).readUInt8(0));
      default:
        throw new RfbError(`Unknown message ${type}`);
    }
  }

  #setPixelFormat(body: Buffer): void {
    const format = decodePixelFormat(body.subarray(3));
    if (format === null) throw new RfbError('This pixel format is not supported');
    this.#format = format;
    this.#sent = null;
  }

  async #setEncodings(head: Buffer): Promise<void> {
    const count = head.readUInt16BE(1);
    if (count > MAX_ENCODINGS) throw new RfbError('Too many encodings');
    const body = await this.#reader.take(count * 4);
    this.#encodings = new Set(Array.from({ length: count }, (_, index) => body.readInt32BE(index * 4)));
    this.#announced = false;
  }

  #requestUpdate(body: Buffer): void {
    if (body.readUInt8(0) === 0) this.#sent = null;
    this.#wantsUpdate = true;
    this.#update();
  }

  #keyEvent(body: Buffer): void {
    this.#display.key({ down: body.readUInt8(0) !== 0, keysym: body.readUInt32BE(3), scancode: null });
  }

  #pointerEvent(body: Buffer): void {
    this.#display.pointer(body.readUInt16BE(1), body.readUInt16BE(3), body.readUInt8(0));
  }

  async #cutText(head: Buffer): Promise<void> {
    // A negative length marks the extended clipboard; this guest has no clipboard and drops both.
    const length = Math.abs(head.readInt32BE(3));
    if (length > MAX_CUT_TEXT) throw new RfbError('The clipboard text is too long');
    await this.#reader.skip(length);
  }

  async #setDesktopSize(head: Buffer): Promise<void> {
    const screens = head.readUInt8(5);
    if (screens > MAX_SCREENS) throw new RfbError('Too many screens');
    await this.#reader.skip(screens * 16);
    this.#sendRects([this.#desktopSizeRect(this.#size, { reason: 1, status: RESIZE_FORWARDED })]);
    this.#display.monitorChanged(head.readUInt16BE(1), head.readUInt16BE(3));
  }

  /** QEMU's extended key event (submessage 0): down, keysym, XT scancode. */
  async #qemuMessage(subtype: number): Promise<void> {
    if (subtype !== 0) throw new RfbError(`Unknown QEMU message ${subtype}`);
    const body = await this.#reader.take(10);
    this.#display.key({
      down: body.readUInt16BE(0) !== 0,
      keysym: body.readUInt32BE(2),
      scancode: body.readUInt32BE(6),
    });
  }

  /** Answers the waiting request if there is something new and the viewer has read what came before. */
  #update(): void {
    if (!this.#wantsUpdate || this.#duplex.writableNeedDrain || this.#duplex.destroyed) return;
    const rects = this.#announced ? [] : this.#announcements();
    this.#announced = true;
    rects.push(...this.#changes());
    if (rects.length === 0) return;
    this.#wantsUpdate = false;
    this.#sendRects(rects);
  }

  #announcements(): Buffer[] {
    const rects: Buffer[] = [];
    if (this.#encodings.has(ENCODING.extendedKey))
      rects.push(rectHeader({ x: 0, y: 0, width: 0, height: 0 }, ENCODING.extendedKey));
    if (this.#encodings.has(ENCODING.extendedDesktopSize)) rects.push(this.#newSize(this.#display.render()));
    return rects;
  }

  #changes(): Buffer[] {
    const version = this.#display.version();
    if (this.#sent?.version === version) return [];
    const frame = this.#display.render();
    const before = this.#sent?.frame;
    const whole = { x: 0, y: 0, width: frame.width, height: frame.height };
    const resized = frame.width !== this.#size.width || frame.height !== this.#size.height;
    if (resized && !this.#canFollow()) {
      this.#duplex.end();
      return [];
    }
    const rects = before === undefined || resized ? [whole] : changedRects(before, frame);
    this.#sent = { frame, version };
    const tight = this.#encodings.has(ENCODING.tight);
    const encoder = new RectEncoder(this.#format, { tight, stream: this.#stream });
    const pixels = rects.map((rect) => encoder.encode(frame, rect));
    return resized ? [this.#newSize(frame), ...pixels] : pixels;
  }

  #canFollow(): boolean {
    return this.#encodings.has(ENCODING.extendedDesktopSize) || this.#encodings.has(ENCODING.desktopSize);
  }

  /** The guest took another size (reason 0: by itself). */
  #newSize({ width, height }: Frame): Buffer {
    this.#size = { width, height };
    return this.#encodings.has(ENCODING.extendedDesktopSize)
      ? this.#desktopSizeRect(this.#size, { reason: 0, status: 0 })
      : rectHeader({ x: 0, y: 0, width, height }, ENCODING.desktopSize);
  }

  #desktopSizeRect(
    { width, height }: { width: number; height: number },
    { reason, status }: { reason: number; status: number },
  ): Buffer {
    const screen = Buffer.alloc(20);
    screen[0] = 1;
    screen.writeUInt16BE(width, 12);
    screen.writeUInt16BE(height, 14);
    return Buffer.concat([
      rectHeader({ x: reason, y: status, width, height }, ENCODING.extendedDesktopSize),
      screen,
    ]);
  }

  #sendRects(rects: Buffer[]): void {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(rects.length, 2);
    this.#duplex.write(Buffer.concat([head, ...rects]));
  }
}
