import assert from 'node:assert/strict';
import type { Job } from '../../main/contract/activity.ts';
import type { Lab } from '../lab/lab.ts';
import type { Forward } from '../support/forward.ts';
import { HeldProgram } from '../support/held-program.ts';
import { tapJournals } from '../support/journal-tap.ts';
import type { ServerMachine } from '../support/server-machine.ts';
import { until } from '../support/wait.ts';
import type { LiveImport, Moment } from './live-import.ts';

/** A moment of a step: it is in the journal and nothing was done; it is in the middle of its work; that is done, and not in the journal. */
export interface Point {
  readonly step: string;
  readonly moment: 'begin' | 'within' | 'done';
}

/** What is broken while a job runs; each is put right once the job has noticed, or has no need of it. */
export const FAULTS = ['link', 'sshd', 'libvirtd'] as const;
export type Fault = (typeof FAULTS)[number];

/** What the source is doing in the middle of a step, by the program that does it and its first argument; of others the disk is half read. */
const PROGRAMS: Readonly<Record<string, readonly [string, string?]>> = {
  'source-services': ['systemctl', 'stop'],
  'source-snapshots': ['lvcreate'],
  'source-start': ['systemctl', 'start'],
  'source-changes': ['b2sum'],
  'source-changes-ahead': ['b2sum'],
  'source-release': ['lvremove'],
};
/** Of the 32 MiB that cannot be packed. */
const HALF_READ_MIB = 8;
/** A hang, not slowness. */
const LIMIT_MS = 240_000;

export interface WalkDeps {
  readonly live: LiveImport;
  readonly machine: ServerMachine;
  readonly forward: Forward;
  readonly lab: Lab;
}

/** Lets jobs that copy a running machine meet faults. */
export class LiveFaultWalk {
  readonly #deps: WalkDeps;
  /** What goes on beside the job that runs, and fails with it. */
  readonly #working: Promise<void>[] = [];
  /** Steps of the job that runs which are over. */
  readonly #over = new Set<string>();
  /** What is broken now. */
  #broken: Fault | null = null;

  constructor(deps: WalkDeps) {
    this.#deps = deps;
  }

  /**
   * A job meets the fault at one point after another. Where one ends it, the next job goes on with the points that are left.
   * @param end is told how each job ended, and looks at what it has left
   * @returns the points at which a job ended
   */
  async struck(
    faultOf: (point: Point) => Fault,
    points: readonly Point[],
    end: (job: Job) => Promise<void>,
  ): Promise<Point[]> {
    const left = [...points];
    const ended: Point[] = [];
    do {
      let last: Point | null = null;
      const job = await this.#job(async (side, entry, id) => {
        const [next] = left;
        if (next === undefined || !isAt(next, side, entry)) return;
        left.shift();
        last = next;
        await this.#meets(faultOf(next), next, id);
      });
      await end(job);
      if (job.state === 'done') assert.deepEqual(left, [], 'it comes to every point');
      else ended.push(last ?? assert.fail(`it meets nothing, and ended: ${JSON.stringify(job)}`));
    } while (left.length > 0);
    return ended;
  }

  /** A job meets the fault at the point, and is cancelled then. */
  cancelled(fault: Fault, point: Point): Promise<Job> {
    return this.#job(async (side, entry, id) => {
      if (!isAt(point, side, entry)) return;
      await this.#meets(fault, point, id, () => this.#deps.live.client.activity.cancelJob({ job: id }));
    });
  }

  /** When a program is killed there. */
  momentOf({ step, moment }: Point): Moment {
    const { live, machine } = this.#deps;
    if (moment === 'begin') return { when: `after begin ${step}` };
    if (moment === 'done') return { when: `before done ${step}` };
    const program = PROGRAMS[step];
    if (program === undefined) return { once: () => live.copied(HALF_READ_MIB) };
    let held: HeldProgram | null = null;
    return {
      once: async () => {
        held = await HeldProgram.on(machine, ...program);
        await held.begun();
      },
      after: async () => held?.letGo(),
    };
  }

  async #job(visit: (side: string, entry: Entry, id: string) => Promise<void>): Promise<Job> {
    const { live } = this.#deps;
    let id = '';
    let begun: () => void = () => undefined;
    const isBegun = new Promise<void>((resolve) => (begun = resolve));
    this.#over.clear();
    const restore = tapJournals(async (side, entry) => {
      if (!('step' in entry)) return;
      if (entry.type === 'done') this.#over.add(entry.step);
      await isBegun;
      await visit(side, entry, id);
    });
    try {
      ({ job: id } = await live.run());
      begun();
      const job = await live.ended(id);
      await Promise.all(this.#working.splice(0));
      return job;
    } finally {
      restore();
      await this.#mend();
    }
  }
  async #meets(fault: Fault, point: Point, job: string, then: () => Promise<void> = nothing): Promise<void> {
    const { live, machine } = this.#deps;
    const strike = async (): Promise<void> => {
      if (point.moment === 'within') assert.ok(!this.#over.has(point.step), `${point.step} is over too soon`);
      await this.#break(fault);
      await then();
    };
    const program = point.moment === 'within' ? PROGRAMS[point.step] : undefined;
    if (point.moment !== 'within') await strike();
    else if (program === undefined) this.#working.push(live.copied(HALF_READ_MIB).then(strike));
    else {
      const held = await HeldProgram.on(machine, ...program);
      this.#working.push(
        held
          .begun()
          .then(strike)
          .then(() => held.letGo()),
      );
    }
    this.#working.push(this.#mendOnce(fault, job));
  }

  async #break(fault: Fault): Promise<void> {
    await this.#mend();
    const { forward, lab, machine } = this.#deps;
    if (fault === 'sshd') return machine.restartSshd();
    this.#broken = fault;
    if (fault === 'link') forward.cut();
    else await lab.stopLibvirtd(1);
  }

  /** Once the job has noticed what is broken, or is over. */
  async #mendOnce(fault: Fault, id: string): Promise<void> {
    if (fault === 'sshd') return;
    const { forward, live } = this.#deps;
    await until(() => this.#broken !== null, 'it is broken', LIMIT_MS);
    await until(
      async () => {
        if (this.#broken !== fault) return true;
        const job = await live.now(id);
        const isNoticed = fault === 'link' ? forward.refused > 0 : (job?.waitsFor.length ?? 0) > 0;
        return isNoticed || (job?.finishedAt ?? null) !== null;
      },
      'the job has noticed what is broken',
      LIMIT_MS,
    );
    await this.#mend();
  }

  async #mend(): Promise<void> {
    const { forward, lab } = this.#deps;
    const broken = this.#broken;
    this.#broken = null;
    if (broken === 'link') forward.mend();
    if (broken === 'libvirtd') await lab.startLibvirtd(1);
  }
}

interface Entry {
  readonly type: string;
  readonly step: string;
}

/** What is to come in the middle of a step is made ready at its beginning. */
function isAt({ step, moment }: Point, side: string, entry: Entry): boolean {
  return (
    entry.step === step && (moment === 'done' ? 'before done' : 'after begin') === `${side} ${entry.type}`
  );
}

const nothing = (): Promise<void> => Promise.resolve();
