import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import { pause, type Clock } from '../../hosts/clock.ts';
import { readNames } from '../create/facts.ts';
import { orElse, volumeByPath } from '../delete/volumes.ts';

/** When a file and its inode were changed last, in ns since 1970, and its size in bytes; null: its pool does not tell. */
export interface Stamp {
  readonly modified: bigint | null;
  readonly changed: bigint | null;
  readonly capacityBytes: number | null;
}

/** Between two looks at one file: so long it takes a guest to be done with what it writes at once. */
const PAUSE_MS = 100;

interface Seen {
  /** The last look that was begun. */
  last: Promise<Stamp | null>;
  /** The one that follows it, which has not begun. */
  next: Promise<Stamp | null> | null;
}

export interface HostFilesOptions {
  readonly client: LibvirtClient;
  readonly clock: Clock;
  readonly options: CallOptions;
}

/** Looks at the files of one host for one plan: what several ask at one time is asked once. */
export class HostFiles {
  readonly #asked: HostFilesOptions;
  readonly #seen = new Map<string, Seen>();
  readonly #names = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(asked: HostFilesOptions) {
    this.#asked = asked;
  }

  /** The last look at a file, or the first. Null: no pool that runs knows it. */
  known(path: string): Promise<Stamp | null> {
    return this.#seen.get(path)?.last ?? this.#begin(path);
  }

  /** A look that begins after this call, a while after the one before it. */
  later(path: string): Promise<Stamp | null> {
    const seen = this.#seen.get(path);
    if (seen === undefined) return this.#begin(path);
    seen.next ??= this.#after(path, seen.last);
    return seen.next;
  }

  /** Of the volumes that a pool knows, by its UUID. */
  names(pool: string): Promise<ReadonlySet<string>> {
    const { client, options } = this.#asked;
    const names =
      this.#names.get(pool) ??
      readNames(client, [pool], options).then((found) => found.get(pool) ?? new Set<string>());
    this.#names.set(pool, names);
    return names;
  }

  async #after(path: string, last: Promise<Stamp | null>): Promise<Stamp | null> {
    const { clock, options } = this.#asked;
    await last;
    await pause(clock, PAUSE_MS, options.signal ?? new AbortController().signal);
    return this.#begin(path);
  }

  #begin(path: string): Promise<Stamp | null> {
    const last = readStamp(this.#asked, path);
    this.#seen.set(path, { last, next: null });
    return last;
  }
}

async function readStamp({ client, options }: HostFilesOptions, path: string): Promise<Stamp | null> {
  const vol = await volumeByPath(client, path, options);
  const reply =
    vol === null ? null : await orElse(client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, options), null);
  if (reply === null) return null;
  const { changed: times, capacityBytes } = readVolume(reply.xml);
  const [modified, changed] = times?.split(' ') ?? [];
  return { modified: nanoseconds(modified), changed: nanoseconds(changed), capacityBytes };
}

/** Of seconds with what follows the point. */
function nanoseconds(text: string | undefined): bigint | null {
  const [, seconds, rest = ''] = /^(\d{1,19})(?:\.(\d{1,9}))?$/.exec(text ?? '') ?? [];
  return seconds === undefined ? null : BigInt(seconds + rest.padEnd(9, '0'));
}
