import type { SourceAddress, SourceReport } from '../../../contract/p2v-source.ts';
import type { SourceFacts } from './model.ts';
import { probeSource } from './probe.ts';
import { reportOf } from './report/report.ts';
import type { SourceLogins } from './source-logins.ts';

/** A running machine as it was seen. */
export interface SeenSource {
  readonly facts: SourceFacts;
  readonly report: SourceReport;
}

/** The wizard plans anew with every letter of a name. */
const KEPT_MS = 60_000;
const MAX_KEPT = 32;

/** Looks at running machines, and keeps for a moment what it saw. */
export class SourceLooks {
  readonly #logins: SourceLogins;
  readonly #now: () => number;
  readonly #kept = new Map<string, { readonly at: number; readonly seen: SeenSource }>();

  constructor(logins: SourceLogins, now: () => number) {
    this.#logins = logins;
    this.#now = now;
  }

  /**
   * As the machine is now.
   * @throws FailureError where it cannot be reached or read
   */
  async look(address: SourceAddress, signal: AbortSignal): Promise<SeenSource> {
    const seen = await this.#logins.use(address, signal, async (login) => {
      const facts = await probeSource(login, signal);
      return { facts, report: reportOf(facts, login) };
    });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(keyOf(address), { at: this.#now(), seen });
    return seen;
  }

  /** The same, or as it was a moment ago: for what is only shown. */
  async glance(address: SourceAddress, signal: AbortSignal): Promise<SeenSource> {
    const kept = this.#kept.get(keyOf(address));
    return kept !== undefined && this.#now() - kept.at < KEPT_MS ? kept.seen : this.look(address, signal);
  }
}

function keyOf({ target, keyFile }: SourceAddress): string {
  return `${target} ${keyFile ?? ''}`;
}
