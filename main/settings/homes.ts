import path from 'node:path';
import { z } from 'zod';
import { JsonFile, type BrokenFile } from './json-file.ts';

/** Hosts are known by their URIs, which stay when a host is taken out of the list and added again. */
const home = z.object({ uuid: z.string().max(64), uri: z.string().max(4096) });
type Home = z.infer<typeof home>;

const MOST = 10_000;

export interface HomesOptions {
  readonly dataDir: string;
  /** Nothing is read and nothing is written: it is known as long as the program lives. */
  readonly transient: boolean;
  readonly onBroken: (broken: BrokenFile) => void;
}

/** Where machines live that were taken elsewhere for a while, in `homes.json`: the window and the command line may write it at one time. */
export class Homes {
  readonly #file: JsonFile<Home[]> | null;
  #known: Home[] = [];

  constructor({ dataDir, transient, onBroken }: HomesOptions) {
    this.#file = transient
      ? null
      : new JsonFile<Home[]>({
          path: path.join(dataDir, 'homes.json'),
          schema: z.array(home).max(MOST),
          version: 1,
          fallback: () => [],
          onBroken,
        });
  }

  /** A machine leaves its home. @returns false: it was away already, and keeps the home that it had */
  async leave(uuid: string, uri: string): Promise<boolean> {
    let isNew = false;
    await this.#change((homes) => {
      isNew = homes.every((one) => one.uuid !== uuid);
      return isNew ? [...homes, { uuid, uri }].slice(-MOST) : homes;
    });
    return isNew;
  }

  /** They are at home again, or live elsewhere from now on. */
  async forget(uuids: ReadonlySet<string>): Promise<void> {
    await this.#change((homes) => {
      const rest = homes.filter(({ uuid }) => !uuids.has(uuid));
      return rest.length === homes.length ? homes : rest;
    });
  }

  /** UUIDs of the machines that live on a host and may be elsewhere. */
  async of(uri: string): Promise<string[]> {
    const homes = this.#file === null ? this.#known : await this.#file.read();
    return homes.filter((one) => one.uri === uri).map(({ uuid }) => uuid);
  }

  /** Resolves when what was asked for is written. */
  async close(): Promise<void> {
    await this.#file?.settled();
  }

  async #change(change: (homes: Home[]) => Home[]): Promise<void> {
    if (this.#file === null) this.#known = change(this.#known);
    else await this.#file.update([], change);
  }
}
