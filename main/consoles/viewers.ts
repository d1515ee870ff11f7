/**
 * The consoles that are held on a host through one connection. A viewer's end and the next one's request come on different channels, and
 * the host works on them beside each other: who is refused may only have been too early.
 */
export class Viewers {
  readonly #held = new Map<string, Set<Promise<unknown>>>();

  /** `freed` settles when the host holds nothing of it any more. */
  add(machine: string, freed: Promise<unknown>): void {
    const held = this.#held.get(machine) ?? new Set();
    this.#held.set(machine, held);
    held.add(freed);
    const forget = (): void => {
      held.delete(freed);
      if (held.size === 0) this.#held.delete(machine);
    };
    freed.then(forget, forget);
  }

  /** The ends of those that are held now. */
  of(machine: string): readonly Promise<unknown>[] {
    return [...(this.#held.get(machine) ?? [])];
  }
}

/** Whether all of them settle within so many milliseconds. */
export async function allSettle(promises: readonly Promise<unknown>[], limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const all = Promise.allSettled(promises).then(() => true);
  return Promise.race([all, limit]).finally(() => clearTimeout(timer));
}
