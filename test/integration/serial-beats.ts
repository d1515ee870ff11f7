import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';

/** So long a person lets it stand still. */
export const LIMIT_MS = 2000;
/** Of a move that nobody gave a limit: far more than a small guest needs, on a computer that is busy with other tests, too. */
const BRIEFLY_MS = 10_000;
/** Its last round is a few pages; but a busy machine may stop QEMU itself for longer than the limit: one of so many moves must hold. */
const TRIES = 3;

/**
 * Moves a guest that counts, with that limit, and asserts that it stood still for less: as libvirt tells it, and as it was not heard from outside.
 * @param move to its end, until it counts on there @returns the job's log
 */
export async function standsWithinLimit(
  watch: () => Promise<SerialBeats>,
  move: () => Promise<string>,
): Promise<void> {
  const stood: { readonly told: number; readonly missed: number }[] = [];
  const holds = (): boolean => stood.some(({ told, missed }) => told < LIMIT_MS && missed < LIMIT_MS);
  do {
    const beats = await watch();
    const told = Number(/It stood still for (\d+) ms/.exec(await move())?.[1]);
    stood.push({ told, missed: await beats.missed() });
  } while (stood.length < TRIES && !holds());
  assert.ok(holds(), JSON.stringify(stood));
}

/**
 * Moves a guest that counts, once, and asserts that it stood still for no longer than any move lets it.
 * @param move as of standsWithinLimit @param tells libvirt knows how long it was: not by post-copy
 */
export async function standsBriefly(
  watch: () => Promise<SerialBeats>,
  move: () => Promise<string>,
  tells = true,
): Promise<void> {
  const beats = await watch();
  const told = Number(/It stood still for (\d+) ms/.exec(await move())?.[1]);
  const missed = await beats.missed();
  assert.ok((!tells || told < BRIEFLY_MS) && missed < BRIEFLY_MS, JSON.stringify({ told, missed }));
}

/** So often is looked; what was written in between has the time of the last of it. */
const LOOK_MS = 10;

/** A number that a guest has counted on its serial port, and when its host wrote it down, in milliseconds. */
interface Beat {
  readonly count: number;
  readonly time: number;
}

/**
 * When a guest counted, while it goes from one host to another. Its own clock stands still as it does, so the times are those of the files that the
 * hosts write its serial port to: hosts of the lab share a kernel, and so its clock.
 */
export class SerialBeats {
  readonly #from: SerialFile;
  readonly #to: SerialFile;
  readonly #over = new AbortController();
  #looks: Promise<void> = Promise.resolve();

  private constructor(from: SerialFile, to: SerialFile) {
    this.#from = from;
    this.#to = to;
  }

  /** Begins to listen to a guest that runs on the host `from`. */
  static async watch(
    lab: Lab,
    name: string,
    { from, to }: Record<'from' | 'to', number>,
  ): Promise<SerialBeats> {
    const fileOf = (host: number) => SerialFile.open(lab, name, host);
    const beats = new SerialBeats(await fileOf(from), await fileOf(to));
    beats.#looks = beats.#follow();
    return beats;
  }

  /**
   * Between the last number on the one host and the first on the other, less the longest time between two of the same host: so long the guest was
   * not heard, beyond what this computer, busy as it is, stops it for without a move. In milliseconds. So it is a lower bound, and on a busy
   * computer a weak one: what it hides is in libvirt's own figure, which is asserted beside it.
   */
  async missed(): Promise<number> {
    this.#over.abort();
    await this.#looks;
    const [last, first] = [this.#from.beats.at(-1), this.#to.beats[0]];
    assert.ok(last !== undefined && first !== undefined, 'it is heard on one host and then on the other');
    const told = JSON.stringify([this.#from.beats, this.#to.beats]);
    assert.ok(first.count > last.count && first.time >= last.time, told);
    return Math.round(first.time - last.time - Math.max(this.#from.longest(), this.#to.longest()));
  }

  async #follow(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await sleep(LOOK_MS, undefined, { ref: false });
      await this.#from.look();
      await this.#to.look();
    }
  }
}

/** What a host writes down of a guest's serial port; it begins anew with each machine that arrives. */
class SerialFile {
  readonly #file: string;
  /** When it was written to last. */
  #time: number;
  readonly beats: Beat[] = [];

  private constructor(file: string, time: number) {
    this.#file = file;
    this.#time = time;
  }

  static async open(lab: Lab, name: string, host: number): Promise<SerialFile> {
    const root = `/proc/${await lab.initPid(host)}/root`;
    const file = path.join(root, `var/log/libvirt/qemu/${name}-serial.log`);
    // What is there already was said some time before.
    return new SerialFile(file, await writtenAt(file));
  }

  async look(): Promise<void> {
    const time = await writtenAt(this.#file);
    if (time === this.#time) return;
    this.#time = time;
    const counts = [...(await readFile(this.#file, 'utf8')).matchAll(/^n-(\d+)\r?\n/gm)].map(([, n]) =>
      Number(n),
    );
    const count = counts.at(-1);
    if (count !== undefined && count > (this.beats.at(-1)?.count ?? 0)) this.beats.push({ count, time });
  }

  /** The longest time between two numbers. */
  longest(): number {
    return Math.max(0, ...this.beats.slice(1).map(({ time }, i) => time - (this.beats[i]?.time ?? time)));
  }
}

/** 0: there is no such file. */
async function writtenAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
