import path from 'node:path';
import { z } from 'zod';
import { JsonFile, type BrokenFile } from './json-file.ts';

const leftCopy = z.object({
  /** Of the machine. */
  uuid: z.string().max(64),
  /** Of the host: it stays when the host is taken out of the list and added again. */
  uri: z.string().max(4096),
  /** `vda` */
  disk: z.string().max(32),
  pool: z.string().max(64),
  name: z.string().max(1024),
  changed: z.string().max(200),
  /** The host that the disk is on since, and its path there. */
  to: z.string().max(4096),
  went: z.string().max(4096),
});
export type LeftCopy = z.infer<typeof leftCopy>;

const MOST = 5000;

/**
 * Volumes that machines left on hosts when they went elsewhere, in `left-copies.json`: what is still just as it was left then may be
 * replaced when its machine comes back. The window and the command line may write it at one time.
 */
export class LeftCopies {
  readonly #file: JsonFile<LeftCopy[]> | null;
  #known: LeftCopy[] = [];

  /** `transient`: nothing is read and nothing is written. */
  constructor(options: {
    readonly dataDir: string;
    readonly transient: boolean;
    readonly onBroken: (broken: BrokenFile) => void;
  }) {
    this.#file = options.transient
      ? null
      : new JsonFile<LeftCopy[]>({
          path: path.join(options.dataDir, 'left-copies.json'),
          schema: z.array(leftCopy).max(MOST),
          version: 1,
          fallback: () => [],
          onBroken: options.onBroken,
        });
  }

  /** A machine left these on a host: of each of its disks the last one counts. */
  async keep(copies: readonly LeftCopy[]): Promise<void> {
    const isNewer = (old: LeftCopy): boolean =>
      copies.some(({ uuid, uri, disk }) => uuid === old.uuid && uri === old.uri && disk === old.disk);
    await this.#change((before) => [...before.filter((old) => !isNewer(old)), ...copies].slice(-MOST));
  }

  /**
   * A machine has gone on to another host: what it left on others is what its disks once were, also where it comes back by another way than it went.
   * @param paths where its disks are now, by where they were on the host that it comes from
   */
  async follow(
    { uuid, from, to }: { readonly uuid: string; readonly from: string; readonly to: string },
    paths: ReadonlyMap<string, string>,
  ): Promise<void> {
    const followed = (copy: LeftCopy): LeftCopy => {
      const went = copy.uuid === uuid && copy.to === from ? paths.get(copy.went) : undefined;
      return went === undefined ? copy : { ...copy, to, went };
    };
    await this.#change((before) => {
      const after = before.map(followed);
      return after.every((copy, index) => copy === before[index]) ? before : after;
    });
  }

  /** All that a machine left on hosts other than this one. */
  async elsewhere({ uuid, uri }: Pick<LeftCopy, 'uuid' | 'uri'>): Promise<LeftCopy[]> {
    return (await this.#all()).filter((copy) => copy.uuid === uuid && copy.uri !== uri);
  }

  /** What a machine left on a host, and what its disks are since on the one that it is on now. */
  async of({ uuid, uri, to }: Pick<LeftCopy, 'uuid' | 'uri' | 'to'>): Promise<LeftCopy[]> {
    return (await this.#all()).filter((copy) => copy.uuid === uuid && copy.uri === uri && copy.to === to);
  }

  async #change(change: (before: LeftCopy[]) => LeftCopy[]): Promise<void> {
    if (this.#file === null) this.#known = change(this.#known);
    else await this.#file.update([], change);
  }

  async #all(): Promise<readonly LeftCopy[]> {
    return this.#file === null ? this.#known : this.#file.read();
  }

  /** Resolves when what was asked for is written. */
  async close(): Promise<void> {
    await this.#file?.settled();
  }
}
