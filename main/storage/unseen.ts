import { createHash } from 'node:crypto';
import { LibvirtError, LinkError } from '../../drivers/rpc/errors.ts';

/** What is agreed to is the sentence: it has all names, and behind so many characters what stands for the rest of them and no others. */
const MAX_CHARS = 3000;
const DIGEST_CHARS = 12;

/** What could not be looked at while the users of a file were sought. Nobody is taken for “no user” because of it. */
export class Unseen {
  readonly #pools = new Set<string>();
  readonly #stale = new Set<string>();
  readonly #drivers = new Set<string>();
  readonly #disks = new Set<string>();
  readonly #volumes = new Set<string>();

  /** A pool that is not active. */
  pool(name: string): void {
    this.#pools.add(name);
  }

  /**
   * An active pool that could not be looked through anew.
   * @throws what is no answer of libvirt about the pool: a lost link, a call that was given up
   */
  stale(name: string, error: unknown): void {
    const isAnswer =
      error instanceof LibvirtError || (error instanceof LinkError && error.code === 'TIMEOUT');
    if (!isAnswer) throw error;
    this.#stale.add(name);
  }

  /** A driver of the host that could not be asked for its machines, as a URI names it. */
  driver(name: string): void {
    this.#drivers.add(name);
  }

  /** A disk that no active pool has, of a machine that does not tell what it lies on. */
  disk(machine: string, { target }: { readonly target: string }): void {
    this.#disks.add(`${machine} (${target})`);
  }

  /** A volume that libvirt does not describe, or that lies on a file which no active pool has. */
  volume(pool: string, name: string): void {
    this.#volumes.add(`${name} in ${pool}`);
  }

  /** For a person, one of each kind. What is the same is said in the same words. */
  sentences(): string[] {
    return [
      ...(this.#pools.size === 0
        ? []
        : [`These pools are stopped, and what their volumes lie on cannot be seen: ${listOf(this.#pools)}.`]),
      ...(this.#stale.size === 0
        ? []
        : [
            `These pools could not be looked through anew, and what was put into them since cannot be seen: ${listOf(this.#stale)}.`,
          ]),
      ...(this.#drivers.size === 0
        ? []
        : [
            `The machines of these other drivers of libvirt on the host cannot be read: ${listOf(this.#drivers)}.`,
          ]),
      ...(this.#disks.size === 0
        ? []
        : [
            `These disks are in no pool that is active, and what they lie on cannot be seen: ${listOf(this.#disks)}.`,
          ]),
      ...(this.#volumes.size === 0
        ? []
        : [`What these volumes lie on cannot be read: ${listOf(this.#volumes)}.`]),
    ];
  }
}

function listOf(names: ReadonlySet<string>): string {
  const sorted = [...names].toSorted();
  let shown = 0;
  for (let chars = 0; shown < sorted.length; shown += 1) {
    chars += (sorted[shown]?.length ?? 0) + 2;
    if (chars > MAX_CHARS) break;
  }
  const rest = sorted.slice(shown);
  if (rest.length === 0) return sorted.join(', ');
  const digest = createHash('sha256').update(JSON.stringify(rest)).digest('hex').slice(0, DIGEST_CHARS);
  return `${sorted.slice(0, shown).join(', ')} and ${rest.length} more (${digest})`;
}
