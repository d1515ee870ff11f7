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

/** What the source, or the host, is doing in the middle of a step, by the program that does it and its first argument; of others the disk is half read. */
const PROGRAMS: Readonly<Record<string, readonly ['source' | 'host', string, string?]>> = {
  'source-services': ['source', 'systemctl', 'stop'],
  'source-files': ['source', 'ln', '/etc/fstab'],
  'source-snapshots': ['source', 'lvcreate'],
  'source-start': ['source', 'systemctl', 'start'],
  'source-key': ['source', 'mkdir'],
  'source-direct': ['host', 'flock', '-w'],
  'source-direct-shut': ['host', 'flock', '-w'],
  'source-changes': ['source', 'b2sum'],
  'source-changes-ahead': ['source', 'b2sum'],
  'source-release': ['source', 'lvremove'],
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

/** A fault at a point of the job that runs. */
interface Strike {
  readonly fault: Fault;
  readonly point: Point;
}

/** Lets jobs that copy a running machine meet faults. */
export class LiveFaultWalk {
  readonly #deps: WalkDeps;
  /** What goes on beside the job that runs, and fails with it. */
  readonly #working: Promise<void>[] = [];
  /** Steps of the job that runs which are over. */
  readonly #over = new Set<string>();
  /** What has broken in the job that runs. */
  readonly #strikes: Strike[] = [];
  /** When the job that runs has ended. */
  #jobEnd: Promise<void> = Promise.resolve();
  #isEnded = true;
  /** What is broken now. */
  #broken: Fault | null = null;

  constructor(deps: WalkDeps) {
    this.#deps = deps;
  }

  /**
   * A job meets faults, one after another, at one point after another. Where one ends it, the next job goes on with the points that are left.
   * @param end is told how each job ended, and looks at what it has left
   * @param first an interrupted job, which goes on; left out: a new one
   * @returns the faults by which jobs ended
   */
  async struck(
    faultsOf: (point: Point) => readonly Fault[],
    points: readonly Point[],
    end: (job: Job) => Promise<void>,
    first?: string,
  ): Promise<(Strike & { readonly told: string })[]> {
    const left = [...points];
    const ended: (Strike & { readonly told: string })[] = [];
    let goesOn = first;
    do {
      const job = await this.#job(async (side, entry, id) => {
        const [next] = left;
        if (next === undefined || !isAt(next, side, entry)) return;
        left.shift();
        await this.#meets(faultsOf(next), next, { job: id, missed: () => left.unshift(next) });
      }, goesOn);
      goesOn = undefined;
      await end(job);
      if (job.state === 'done') assert.deepEqual(left, [], 'it comes to every point');
      else ended.push({ ...this.#endedBy(job), told: toldBy(job) });
    } while (left.length > 0);
    return ended;
  }

  /**
   * A job meets the fault at the point, and is cancelled then.
   * @param before what it meets, and goes on after, until then
   */
  cancelled(
    fault: Fault,
    point: Point,
    before: { readonly faultsOf: (point: Point) => readonly Fault[]; readonly points: readonly Point[] },
  ): Promise<Job> {
    const cancel = (job: string): Promise<void> => this.#deps.live.client.activity.cancelJob({ job });
    const left = [...before.points, point];
    return this.#job(async (side, entry, id) => {
      const [next] = left;
      if (next === undefined || !isAt(next, side, entry)) return;
      left.shift();
      const missed = (): never => assert.fail(`it ended before it was struck at ${next.step}`);
      await (next === point
        ? this.#meets([fault], point, { job: id, onStruck: () => cancel(id), missed })
        : this.#meets(before.faultsOf(next), next, { job: id, missed }));
    });
  }

  /** When a program is killed there. */
  momentOf({ step, moment }: Point): Moment {
    const { live } = this.#deps;
    if (moment === 'begin') return { when: `after begin ${step}` };
    if (moment === 'done') return { when: `before done ${step}` };
    let held: HeldProgram | null = null;
    return {
      within: step,
      once: async () => {
        for (;;) {
          held = await this.#hold(step);
          if (held === null) {
            await live.begun(step);
            return live.grown(HALF_READ_MIB);
          }
          await held.begun();
          if (await live.isIn(step)) return;
          // It is of a step before.
          await held.letGo();
        }
      },
      after: async () => held?.letGo(),
    };
  }

  /** The strike that has ended a job: the newest one on the machine that its end names. */
  #endedBy(job: Job): Strike {
    const isOfSource = toldBy(job).includes(this.#deps.live.sourceName);
    const those = this.#strikes.filter(({ fault }) => (fault !== 'libvirtd') === isOfSource);
    return those.at(-1) ?? assert.fail(`it ended by no fault of the walk: ${JSON.stringify(job)}`);
  }

  async #job(
    visit: (side: string, entry: Entry, id: string) => Promise<void>,
    goesOn?: string,
  ): Promise<Job> {
    const { live } = this.#deps;
    let id = '';
    let begun: () => void = () => undefined;
    const isBegun = new Promise<void>((resolve) => (begun = resolve));
    this.#over.clear();
    this.#strikes.length = 0;
    const restore = tapJournals(async (side, entry) => {
      if (!('step' in entry)) return;
      if (entry.type === 'done') this.#over.add(entry.step);
      await isBegun;
      await visit(side, entry, id);
    });
    try {
      // What it was interrupted in has begun before.
      const open = goesOn === undefined ? [] : await live.open();
      if (goesOn === undefined) ({ job: id } = await live.run());
      else await live.client.activity.resumeJob({ job: (id = goesOn), choice: 'goOn' });
      const ended = live.ended(id);
      this.#isEnded = false;
      this.#jobEnd = ended.then(() => void (this.#isEnded = true));
      begun();
      for (const step of open) await visit('after', { type: 'begin', step }, id);
      const job = await ended;
      await Promise.all(this.#working.splice(0));
      return job;
    } finally {
      restore();
      await this.#mend();
    }
  }

  async #hold(step: string): Promise<HeldProgram | null> {
    const found = PROGRAMS[step];
    if (found === undefined) return null;
    const [where, program, told] = found;
    const { machine, lab } = this.#deps;
    const host = { sh: (script: string) => lab.exec(1, 'sh', '-ec', script) };
    return HeldProgram.on(where === 'source' ? machine : host, program, told);
  }

  async #meets(faults: readonly Fault[], point: Point, run: Meeting): Promise<void> {
    const strike = async (fault: Fault): Promise<void> => {
      await this.#break(fault);
      this.#strikes.push({ fault, point });
    };
    if (point.moment !== 'within') {
      const [fault = assert.fail('one fault at a time where nothing goes on')] = faults;
      await strike(fault);
      await run.onStruck?.();
      this.#working.push(this.#mendOnce(fault, run.job));
      return;
    }
    const held = await this.#hold(point.step);
    const { live } = this.#deps;
    const within = async (): Promise<void> => {
      const comes = (held === null ? live.grown(HALF_READ_MIB) : held.begun()).then(() => true);
      const isMet = await Promise.race([comes, this.#jobEnd.then(() => false)]);
      // Whoever waits for it still is told by what lets it go that it does not come.
      if (!isMet) comes.catch(() => undefined);
      for (const fault of isMet ? faults : []) {
        assert.ok(!this.#over.has(point.step), `${point.step} is over too soon for ${fault}`);
        await strike(fault);
        await run.onStruck?.();
        if (faults.length > 1) await this.#mendSeen(fault, point.step);
      }
      await held?.letGo();
      if (!isMet) run.missed();
    };
    this.#working.push(within());
    const [fault] = faults;
    if (fault !== undefined && faults.length === 1) this.#working.push(this.#mendOnce(fault, run.job));
  }

  async #break(fault: Fault): Promise<void> {
    await this.#mend();
    const { forward, lab, machine } = this.#deps;
    if (fault === 'sshd') return machine.restartSshd();
    this.#broken = fault;
    if (fault === 'link') forward.cut();
    else await lab.stopLibvirtd(1);
  }

  /** Once Virtlane has noticed what is broken, whether its job has need of it or not; by the next fault all is there again. */
  async #mendSeen(fault: Fault, step: string): Promise<void> {
    const { forward, live } = this.#deps;
    // What the host is doing asks nothing of the source.
    if (fault === 'link' && PROGRAMS[step]?.[0] !== 'host')
      await until(() => forward.refused > 0, 'the job has noticed that the link is cut', LIMIT_MS);
    if (fault === 'libvirtd') await live.seesHost(false);
    await this.#mend();
    if (fault === 'libvirtd') await live.seesHost(true);
  }

  /** Once the job has noticed what is broken, or is over. */
  async #mendOnce(fault: Fault, id: string): Promise<void> {
    if (fault === 'sshd') return;
    const { forward, live } = this.#deps;
    await until(() => this.#isEnded || this.#broken !== null, 'it is broken', LIMIT_MS);
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

function toldBy({ failure, because }: Job): string {
  return JSON.stringify([failure, because]);
}

/** A job that comes to a point. */
interface Meeting {
  readonly job: string;
  /** Done once it is struck there. */
  readonly onStruck?: () => Promise<void>;
  /** It has ended before that. */
  readonly missed: () => void;
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
