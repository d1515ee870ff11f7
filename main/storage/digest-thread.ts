import { Worker } from 'node:worker_threads';
import type { Zeros } from '../../drivers/formats/zero-runs.ts';

/** Bytes go to the thread through memory that both have: as many slots of this size. */
const SLOT_BYTES = 1 << 20;
const SLOTS = 8;
/** Zeros are only counted, but not told to be done far ahead of the thread: it does some two GiB in a second. */
const AHEAD_BYTES = 1 << 30;
/** A long run goes in pieces, so that it can be seen how far it is. */
const ZEROS_BYTES = 1 << 26;

/** What the thread is told; it does one after the other. */
type Told = { slot: number; bytes: number } | { zeros: number } | 'keep' | 'back' | 'hex';
type Answer = { bytes: number; isSlot: boolean } | { hex: string };

const PROGRAM = `
const { createHash } = require('node:crypto');
const { parentPort, workerData } = require('node:worker_threads');
const { algorithm, memory, slotBytes } = workerData;
const empty = Buffer.alloc(slotBytes);
let hash = createHash(algorithm);
let kept = hash.copy();
parentPort.on('message', (told) => {
  if (told === 'keep') kept = hash.copy();
  else if (told === 'back') hash = kept.copy();
  else if (told === 'hex') parentPort.postMessage({ hex: hash.copy().digest('hex') });
  else if ('slot' in told) {
    const from = told.slot * slotBytes;
    hash.update(memory.subarray(from, from + told.bytes));
    parentPort.postMessage({ bytes: told.bytes, isSlot: true });
  } else {
    for (let left = told.zeros; left > 0; left -= slotBytes)
      hash.update(left < slotBytes ? empty.subarray(0, left) : empty);
    parentPort.postMessage({ bytes: told.zeros, isSlot: false });
  }
});`;

/** A digest that a thread of its own computes (digest.ts). */
export class ThreadDigest {
  readonly #worker: Worker;
  readonly #memory = new Uint8Array(new SharedArrayBuffer(SLOTS * SLOT_BYTES));
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#fail(this.#signal.reason);
  /** The slot that is being filled, and how far. */
  #slot = 0;
  #filled = 0;
  /** What the thread was told and has not answered. */
  #slotsUnderWay = 0;
  #bytesUnderWay = 0;
  #hex: string | null = null;
  #waiters: { readonly resolve: () => void; readonly reject: (reason: unknown) => void }[] = [];
  #failure: { readonly reason: unknown } | null = null;

  constructor(algorithm: string, signal: AbortSignal) {
    const workerData = { algorithm, memory: this.#memory, slotBytes: SLOT_BYTES };
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
      while (this.#slotsUnderWay === SLOTS) await this.#answer();
      const some = bytes.subarray(at, at + SLOT_BYTES - this.#filled);
      this.#memory.set(some, this.#slot * SLOT_BYTES + this.#filled);
      this.#filled += some.length;
      at += some.length;
      if (this.#filled === SLOT_BYTES) this.#flush();
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
    if (this.#filled === 0) return;
    this.#tell({ slot: this.#slot, bytes: this.#filled });
    this.#slotsUnderWay += 1;
    this.#bytesUnderWay += this.#filled;
    this.#slot = (this.#slot + 1) % SLOTS;
    this.#filled = 0;
  }

  #tell(told: Told): void {
    this.#worker.postMessage(told);
  }

  #answered(answer: Answer): void {
    if ('hex' in answer) this.#hex = answer.hex;
    else {
      this.#bytesUnderWay -= answer.bytes;
      if (answer.isSlot) this.#slotsUnderWay -= 1;
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
