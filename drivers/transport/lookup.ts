import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Looks up a name as `dns.lookup` does, with all addresses. */
export type NameService = (
  name: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

type Done = Parameters<NameService>[2];

interface Waiting {
  readonly key: string;
  readonly name: string;
  readonly options: LookupOptions & { all: true };
  readonly done: Done[];
}

/** A name that takes longer is slow: nobody answers for it. */
const SLOW_MS = 1000;
/** Names that are remembered as slow. */
const MAX_SLOW = 1000;

/**
 * Looks up names so that those nobody answers for do not hold up the others. The system's way (`getaddrinfo`, which honours /etc/hosts, mDNS and
 * the VPN's resolvers) blocks a thread for as long as the resolver is silent, and Node runs only half as many as it has threads. So one name
 * has one look-up at a time, however many ask, and names that were slow share one half of the places.
 */
export class NameLookup {
  readonly #service: NameService;
  readonly #places: number;
  readonly #slow = new Set<string>();
  /** By name and options. */
  readonly #known = new Map<string, Waiting>();
  readonly #queue: Waiting[] = [];
  readonly #running = new Set<Waiting>();

  /** @param places how many look-ups may run at once */
  constructor(service: NameService, places: number) {
    this.#service = service;
    this.#places = Math.max(2, places);
  }

  /** For `net.connect`. */
  readonly lookup: LookupFunction = (name, options, callback) => {
    const all = { ...options, all: true as const };
    this.#ask(name, all, (error, addresses) => {
      const [first] = addresses;
      if (error !== null || first === undefined) callback(error ?? noAddress(name), '', 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

  #ask(name: string, options: Waiting['options'], done: Done): void {
    const key = JSON.stringify([name, options.family, options.hints]);
    const known = this.#known.get(key);
    if (known !== undefined) return void known.done.push(done);
    const added: Waiting = { key, name, options, done: [done] };
    this.#known.set(key, added);
    this.#queue.push(added);
    return this.#next();
  }

  #next(): void {
    while (this.#running.size < this.#places) {
      const slow = [...this.#running].filter(({ name }) => this.#slow.has(name)).length;
      const hasPlace = slow < Math.floor(this.#places / 2);
      const at = this.#queue.findIndex(({ name }) => hasPlace || !this.#slow.has(name));
      const [chosen] = at === -1 ? [] : this.#queue.splice(at, 1);
      if (chosen === undefined) return;
      this.#run(chosen);
    }
  }

  #run(waiting: Waiting): void {
    const { key, name, options, done } = waiting;
    this.#running.add(waiting);
    let slow = false;
    const timer = setTimeout(() => {
      slow = true;
      if (this.#slow.size < MAX_SLOW) this.#slow.add(name);
    }, SLOW_MS);
    timer.unref();
    this.#service(name, options, (error, addresses) => {
      clearTimeout(timer);
      this.#running.delete(waiting);
      this.#known.delete(key);
      if (!slow) this.#slow.delete(name);
      for (const tell of done) tell(error, addresses ?? []);
      this.#next();
    });
  }
}

function noAddress(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
}

/** libuv's threads (its own default is 4), half of which may look up names. */
const threads = Number(process.env['UV_THREADPOOL_SIZE']) || 4;

/** The look-ups of this process, which share its threads. */
export const names = new NameLookup(systemLookup, Math.floor(threads / 2));
