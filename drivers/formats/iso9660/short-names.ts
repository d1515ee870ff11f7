const BASE = 8;
const EXTENSION = 3;

/**
 * Names of level 1 (ECMA-119, 10.1): eight characters, a point, three characters, of A to Z, digits and `_`. Two that would be the
 * same are told apart by a number at the end.
 */
export class ShortNames {
  readonly #taken = new Set<string>();
  /** The next number of names that begin alike. */
  readonly #next = new Map<string, number>();

  file(name: string): string {
    const point = name.lastIndexOf('.');
    const base = clean(point > 0 ? name.slice(0, point) : name);
    const extension = point > 0 ? clean(name.slice(point + 1)).slice(0, EXTENSION) : '';
    return `${this.#unique(base, (unique) => `${unique}.${extension}`)};1`;
  }

  folder(name: string): string {
    return this.#unique(clean(name), (unique) => unique);
  }

  #unique(base: string, whole: (base: string) => string): string {
    const first = whole(base.slice(0, BASE));
    let name = first;
    let count = this.#next.get(first) ?? 1;
    for (; this.#taken.has(name); count += 1) {
      const digits = String(count);
      name = whole(base.slice(0, BASE - digits.length) + digits);
    }
    this.#next.set(first, count);
    this.#taken.add(name);
    return name;
  }
}

function clean(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
}
