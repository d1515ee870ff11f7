import { pause } from '../../hosts/clock.ts';
import { FailureError, toFailure } from '../../hosts/failures.ts';
import { isLinkLost } from '../../storage/steps/deps.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import type { FillWay, Filling } from '../../storage/steps/fill.ts';
import { uploadRange } from '../../storage/upload.ts';
import { borrowLogin, endsWell, type SourceHost } from '../source/source-host.ts';
import { AIM } from './host-scripts.ts';
import { send, type Sender, type SentRange } from './sender.ts';
import type { Piece, SentDisk, Summed } from './sent-disk.ts';
import { receiverFolder } from './way.ts';

/** What one program of the source sends: its list is below what it may be given to read (1 MiB). */
const WINDOW_RANGES = 8192;
/** So much of a disk is looked at in one go: its used pieces may be small. */
const LOOK_BYTES = 1024 ** 3;
/** A sign is asked for that often: so much is sent again after a lost link. */
const SIGN_BYTES = 16 * 1024 ** 2;
/** Pieces that have a sum begin at multiples of this, or where their part does. */
const PIECE_BYTES = 4 * 1024 ** 2;
/** Tries that brought nothing, after which the bytes go through this computer. */
const TRIES = 3;
const RETRY_MS = 2000;

export interface DirectWayDeps {
  readonly source: SourceHost;
  readonly host: SourceHost;
  readonly sender: Sender;
  readonly disk: SentDisk;
  /** The same, as it is read through this computer. */
  readonly bytes: ByteSource;
  /** Null: nobody asks for sums. */
  readonly summed: Summed | null;
  readonly log: (text: string) => void;
}

/** Lets a source write its disk to a volume of the host by itself; what no disk of it has, as swap's header, goes through this computer. */
export class DirectWay implements FillWay {
  readonly #deps: DirectWayDeps;
  readonly #pieces: ReadonlyMap<number, Piece>;
  #isOver = false;
  /** Something behind the confirmed bytes may be written. */
  #hasSent = false;

  constructor(deps: DirectWayDeps) {
    this.#deps = deps;
    this.#pieces = new Map(deps.summed?.pieces.map((piece) => [piece.at, piece]));
  }

  /** Until the disk is whole, or this way leads no further. */
  async fill(filling: Filling): Promise<void> {
    if (this.#isOver) return;
    const { source, host, disk, log } = this.#deps;
    const { signal, state } = filling;
    // Without libvirt's connection nobody notes what the volume is like, by which it is known again.
    const lost = new AbortController();
    void filling.client.closed.then(() => lost.abort());
    const until = AbortSignal.any([signal, lost.signal]);
    try {
      let why =
        state.confirmedBytes < disk.sizeBytes
          ? await this.#aim('on', filling, { from: state.confirmedBytes, signal: until }).then(
              () => null,
              reasonOf,
            )
          : null;
      for (let tries = 0; why === null && state.confirmedBytes < disk.sizeBytes;) {
        const before = state.confirmedBytes;
        const failed = await this.#sendWindow(filling, until).catch((error: unknown) =>
          this.#reasonOf(error),
        );
        until.throwIfAborted();
        tries = state.confirmedBytes > before ? 0 : tries + 1;
        if (failed !== null && tries >= TRIES) why = failed;
        else if (failed !== null) await pause(source.clock, RETRY_MS, until);
      }
      until.throwIfAborted();
      // From here on nobody else writes to it.
      const from = this.#hasSent ? state.confirmedBytes : disk.sizeBytes;
      await this.#aim('off', filling, { from, signal: until });
      this.#isOver = true;
      if (why !== null)
        log(
          `${source.name} does not write to ${host.name} any more, and its bytes go through this computer from here on: ${why}`,
        );
    } catch (error) {
      signal.throwIfAborted();
      if (!lost.signal.aborted) throw error;
      throw new FailureError({ code: 'HOST_UNREACHABLE', message: `The link to ${host.name} was lost.` });
    }
  }

  /** @throws FailureError where that cannot be */
  async #aim(
    how: 'on' | 'off',
    { vol }: Filling,
    { from, signal }: { readonly from: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { host, sender, disk } = this.#deps;
    const failed = `The file of ${vol.name} on ${host.name} cannot be written to by ${sender.user}.`;
    const argv = ['sh', '-c', AIM, 'sh', receiverFolder(sender.tag), how, vol.key];
    await endsWell(host, [...argv, String(disk.sizeBytes), String(from)], failed, {
      signal,
    });
  }

  /** @returns why not all of it was sent; null: it was */
  async #sendWindow(filling: Filling, signal: AbortSignal): Promise<string | null> {
    const { source, sender, summed } = this.#deps;
    const { state, confirmed } = filling;
    const from = state.confirmedBytes;
    const { ranges, to } = await this.#windowFrom(from, filling, signal);
    const sums = new Map<number, string>();
    if (ranges.length === 0) {
      confirmed(to);
      return null;
    }
    const last = ranges.at(-1);
    const login = await borrowLogin(source, signal);
    this.#hasSent = true;
    const asked = [...signed(ranges), { to, device: null }];
    // Nothing else is heard: what the source says is its own to choose, and so is how much.
    const signs = new Set(asked.flatMap((range) => (range.device === null ? [range.to] : [])));
    const summedAt = new Set(
      asked.flatMap((range) => (range.device?.live && range.summed ? [range.to] : [])),
    );
    try {
      const { stderr, status } = await send(source, login.exec, sender, {
        ranges: asked,
        signal,
        onSum: (at, hex) => {
          if (summedAt.delete(at)) sums.set(at, hex);
        },
        onOk: (upTo) => {
          if (!signs.has(upTo)) return;
          for (const [at, hex] of sums) {
            const piece = this.#pieces.get(at);
            if (piece === undefined || at >= upTo) continue;
            summed?.told(piece, hex);
            sums.delete(at);
          }
          if (upTo > state.confirmedBytes) confirmed(upTo);
        },
      });
      if (state.confirmedBytes >= to) return null;
      return stderr.trim().split('\n').at(-1) || `it ended with ${status} at ${last?.to ?? from}`;
    } finally {
      login.release();
    }
  }

  /** What comes next of the disk; what no device has of that is written. */
  async #windowFrom(
    from: number,
    { client, vol }: Filling,
    signal: AbortSignal,
  ): Promise<{ readonly ranges: SentRange[]; readonly to: number }> {
    const { disk, bytes } = this.#deps;
    const ranges: SentRange[] = [];
    for (let to = from; to < disk.sizeBytes;) {
      const end = Math.min(disk.sizeBytes, to + LOOK_BYTES);
      for (const { at, length, item } of disk.items(to, end)) {
        if (item instanceof Uint8Array)
          await uploadRange(client, { vol, source: bytes, signal }, { offset: at, length });
        if (!('device' in item)) continue;
        for (const range of this.#cut(at, item)) {
          ranges.push(range);
          if (ranges.length === WINDOW_RANGES) return { ranges, to: range.to + range.length };
        }
      }
      to = end;
    }
    return { ranges, to: disk.sizeBytes };
  }

  /** In pieces, those that are compared later as they are compared. */
  *#cut(
    to: number,
    {
      device,
      at,
      length,
    }: { device: Extract<SentRange, { at: number }>['device']; at: number; length: number },
  ): Generator<Extract<SentRange, { length: number }>> {
    for (let done = 0; done < length;) {
      const one = device.live ? this.#pieces.get(to + done) : undefined;
      const isWhole = one !== undefined && one.length <= length - done;
      const piece = isWhole
        ? one.length
        : Math.min(length - done, device.live ? PIECE_BYTES - ((to + done) % PIECE_BYTES) : SIGN_BYTES);
      if (one !== undefined) this.#deps.summed?.forget(one);
      yield { to: to + done, device, at: at + done, length: piece, summed: isWhole };
      done += piece;
    }
  }

  /** What may be better at the next try is no failure of the step. */
  #reasonOf(error: unknown): string {
    return isLinkLost(error) ? `the link to ${this.#deps.source.name} was lost` : reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  const { message, detail } = toFailure(error, { message: 'It cannot be.' });
  return detail === undefined || detail === '' ? message : `${message} ${detail}`;
}

/** With a sign asked for now and then. */
function* signed(ranges: readonly SentRange[]): Generator<SentRange> {
  let bytes = 0;
  for (const range of ranges) {
    if (range.device !== null && bytes >= SIGN_BYTES) {
      yield { to: range.to, device: null };
      bytes = 0;
    }
    yield range;
    if (range.device !== null) bytes += range.length;
  }
}
