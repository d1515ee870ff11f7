import { Worker } from 'node:worker_threads';
import type { Zeros } from '../../drivers/formats/zero-runs.ts';

/** Bytes go to the thread in as many blocks of this size, which come back. Not in shared memory: V8 copies into that word by word. */
const SLOT_BYTES = 1 << 20;
const SLOTS = 8;
/** Zeros are only counted, but not told to be done far ahead of the thread: it does some two GiB in a second. */
const AHEAD_BYTES = 1 << 30;
/** A long run goes in pieces, so that it can be seen how far it is. */
const ZEROS_BYTES = 1 << 26;

/** What the thread is told; it does one after the other. */
type Told = { slot: ArrayBuffer; bytes: number } | { zeros: number } | 'keep' | 'back' | 'hex';
type Answer = { slot: ArrayBuffer; bytes: number } | { zeros: number } | { hex: string };

const PROGRAM = `
const { createHash } = require('node:crypto');
const { parentPort, workerData } = require('node:worker_threads');
const { algorithm, slotBytes } = workerData;
const empty = Buffer.alloc(slotBytes);
let hash = createHash(algorithm);
let kept = hash.copy();
parentPort.on('message', (told) => {
  if (told === 'keep') kept = hash.copy();
  else if (told === 'back') hash = kept.copy();
  else if (told === 'hex') parentPort.postMessage({ hex: hash.copy().digest('hex') });
  else if ('slot' in told) {
    hash.update(new Uint8Array(told.slot, 0, told.bytes));
    parentPort.postMessage(told, [told.slot]);
  } else {
    for (let left = told.zeros; left > 0; left -= slotBytes)
      hash.update(left < slotBytes ? empty.subarray(0, left) : empty);
    parentPort.postMessage(told);
  }
});`;

/** A digest that a thread of its own computes (digest.ts). */
export class ThreadDigest {
  readonly #worker: Worker;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#fail(this.#signal.reason);
  #made = 0;
  /** The slot that is being filled, and how far. */
  #slot: Uint8Array<ArrayBuffer> | null = null;
  #filled = 0;
  /** What the thread was told and has not answered. */
  #bytesUnderWay = 0;
  #hex: string | null = null;
  #waiters: { readonly resolve: () => void; readonly reject: (reason: unknown) => void }[] = [];
  #failure: { readonly reason: unknown } | null = null;

  constructor(algorithm: string, signal: AbortSignal) {
    const workerData = { algorithm, slotBytes: SLOT_BYTES };
    // Without the parent's arguments: a loader given to Node (tsx) has no work there and takes long to start.
    this.#worker = new Worker(PROGRAM, { eval: true, execArgv: [], workerData });
    this.#worker.on('message', (answer: Answer) => this.#answered(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread that hashes ended early')));
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  async add(part: Uint8Array | Zeros): Promise<void> {
    if (part instanceof Uint8Array) await this.#addBytes(part);
    else await this.#addZeros(part.zeros);
  }

  keep(): void {
    this.#flush();
    this.#tell('keep');
  }

  back(): void {
    this.#flush();
    this.#tell('back');
  }

  async hex(): Promise<string> {
    this.#flush();
    this.#hex = null;
    this.#tell('hex');
    for (;;) {
      await this.#answer();
      if (this.#hex !== null) return this.#hex;
    }
  }

  close(): void {
    this.#fail(new Error('The digest is closed'));
  }

  async #addBytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      this.#slot ??= await this.#freeSlot();
      const some = bytes.subarray(at, at + SLOT_BYTES - this.#filled);
      this.#slot.set(some, this.#filled);
      this.#filled += some.length;
      at += some.length;
      if (this.#filled === SLOT_BYTES) this.#flush();
    }
  }

  async #freeSlot(): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const free = this.#free.pop();
      if (free !== undefined) return free;
      if (this.#made < SLOTS) {
        this.#made += 1;
        return new Uint8Array(SLOT_BYTES);
      }
      await this.#answer();
    }
  }

  async #addZeros(zeros: number): Promise<void> {
    this.#flush();
    for (let left = zeros; left > 0; left -= ZEROS_BYTES) {
      while (this.#bytesUnderWay >= AHEAD_BYTES) await this.#answer();
      const some = Math.min(left, ZEROS_BYTES);
      this.#bytesUnderWay += some;
      this.#tell({ zeros: some });
    }
  }

  /** Hands over the slot that is being filled. */
  #flush(): void {
    if (this.#slot === null || this.#filled === 0) return;
    const slot = this.#slot.buffer;
    this.#worker.postMessage({ slot, bytes: this.#filled } satisfies Told, [slot]);
    this.#bytesUnderWay += this.#filled;
    this.#slot = null;
    this.#filled = 0;
  }

  #tell(told: Told): void {
    this.#worker.postMessage(told);
  }

  #answered(answer: Answer): void {
    if ('hex' in answer) this.#hex = answer.hex;
    else if ('zeros' in answer) this.#bytesUnderWay -= answer.zeros;
    else {
      this.#bytesUnderWay -= answer.bytes;
      this.#free.push(new Uint8Array(answer.slot));
    }
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  /** Resolves at the thread's next answer. */
  #answer(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure === null) this.#waiters.push({ resolve, reject });
      else reject(this.#failure.reason);
    });
  }

  #fail(reason: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = { reason };
    this.#signal.removeEventListener('abort', this.#onAbort);
    for (const { reject } of this.#waiters.splice(0)) reject(reason);
    void this.#worker.terminate();
  }
}
