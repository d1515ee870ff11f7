import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { Clock } from '../../hosts/clock.ts';
import { Deadline, orAborted } from '../../hosts/deadline.ts';
import type { HostSession } from '../../hosts/session.ts';
import { readMachines, type HostMachine } from '../delete/read.ts';

/** A host that takes longer is not waited for. */
const LIMIT_MS = 5000;
/** While a form is filled in, a plan is asked for again and again. */
const KEPT_MS = 10_000;

/** Of a host; a lost link's successor is another. */
export type MacSession = Pick<HostSession, 'id' | 'name' | 'client'>;

/** What is known of the MACs of other hosts. */
export interface MacsElsewhere {
  /** Which machine has a MAC, with its host: “web-01 on kvm-b”. */
  readonly macs: ReadonlyMap<string, string>;
  /** Names of the hosts that did not tell. */
  readonly silent: readonly string[];
}

interface Reading {
  /** Null: the host did not tell. */
  readonly macs: Promise<ReadonlyMap<string, string> | null>;
  /** When it was over. */
  at: number | null;
}

export interface KnownMacsOptions {
  readonly clock: Clock;
  /** Of all hosts that are connected now. */
  readonly sessions: () => readonly MacSession[];
}

/** The MACs of all machines known: two cards with one MAC disturb each other also when their hosts differ. */
export class KnownMacs {
  readonly #options: KnownMacsOptions;
  readonly #readings = new WeakMap<MacSession, Reading>();

  constructor(options: KnownMacsOptions) {
    this.#options = options;
  }

  /**
   * What no new card may have: of the host itself as it is now.
   * @throws what the host's own client throws
   */
  async taken({ id, client }: MacSession, options: CallOptions): Promise<Set<string>> {
    const [own, { macs }] = await Promise.all([readMachines(client, options), this.elsewhere(id, options)]);
    return new Set([...macsOf(own).keys(), ...macs.keys()]);
  }

  /** Of all hosts but one, as of some seconds ago. */
  async elsewhere(id: string, { signal }: CallOptions): Promise<MacsElsewhere> {
    const others = this.#options.sessions().filter((session) => session.id !== id);
    const reading = Promise.all(
      others.map(async (session) => ({ name: session.name, macs: await this.#reading(session).macs })),
    );
    const read = await (signal === undefined ? reading : orAborted(reading, signal, () => undefined));
    return {
      macs: new Map(
        read.flatMap(({ name, macs }) =>
          [...(macs ?? [])].map(([mac, machine]) => [mac, `${machine} on ${name}`] as const),
        ),
      ),
      silent: read.flatMap(({ name, macs }) => (macs === null ? [name] : [])),
    };
  }

  #reading(session: MacSession): Reading {
    const { clock } = this.#options;
    const known = this.#readings.get(session);
    if (known !== undefined && (known.at === null || clock.now() - known.at < KEPT_MS)) return known;
    const reading: Reading = { macs: this.#read(session.client), at: null };
    void reading.macs.then(() => (reading.at = clock.now()));
    this.#readings.set(session, reading);
    return reading;
  }

  /** Whoever asked first may go away: others wait for the same answer. */
  async #read(client: LibvirtClient): Promise<ReadonlyMap<string, string> | null> {
    const deadline = new Deadline(this.#options.clock, LIMIT_MS, new AbortController().signal);
    try {
      return macsOf(await readMachines(client, { signal: deadline.signal }));
    } catch {
      return null;
    } finally {
      deadline.stop();
    }
  }
}

/** Which machine has a MAC. */
export function macsOf(machines: readonly HostMachine[]): Map<string, string> {
  return new Map(
    machines.flatMap(({ dom, models }) =>
      models.flatMap(({ nics }) => nics.map(({ mac }) => [mac.toLowerCase(), dom.name] as const)),
    ),
  );
}
