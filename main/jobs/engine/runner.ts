import { setMaxListeners } from 'node:events';
import { toFailure } from '../../hosts/failures.ts';
import { isUnsure } from '../registry.ts';
import { awayOf, isAway, mayWait, telling, untilBack, untilBegun } from './away.ts';
import { firstOf } from './first-of.ts';
import { HostStarts } from './host-starts.ts';
import { hasStayed, leftBy, stopped, wordsOf } from './job-parts.ts';
import { hasOtherWay, isRefusal, isSkipped, refusal } from './other-way.ts';
import type { JobRecord } from './job-record.ts';
import type { JournalEntry } from './journal.ts';
import type { Outcome, RunnerOptions, StepState } from './runner-options.ts';
import { AllStays, NothingDone, Stays, type Json, type PlannedStep, type StepContext } from './step.ts';
import type { StepKinds } from './step-kinds.ts';

type Bound = ReturnType<StepKinds['bind']>;

/**
 * Runs a plan's steps in order, and after a failure or a cancel takes back what was done, newest first. Everything is in the journal
 * before it is begun, so that another process can go on from any point.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #begun: Set<string>;
  readonly #noted: Map<string, Json>;
  readonly #results: Map<string, Json>;
  readonly #undone: Set<string>;
  readonly #left: string[];
  readonly #starts: HostStarts;
  #isUndoing: boolean;
  /** What became of a step that there is no way back from is left open. */
  #isUnknown = false;

  constructor(options: RunnerOptions, record?: JobRecord) {
    this.#options = options;
    this.#starts = new HostStarts(options, record?.starts ?? null);
    this.#begun = new Set(record?.begun);
    this.#noted = new Map(record?.noted);
    this.#results = new Map(record?.done);
    this.#undone = new Set(record?.undone);
    this.#left = [...(record?.left ?? [])];
    this.#isUndoing = record !== undefined && record.undoing !== null;
  }

  /** Goes on forwards from where the journal ends. */
  async run(): Promise<Outcome> {
    const { plan, cancelled, closing } = this.#options;
    const warnings: string[] = [];
    for (const step of plan.steps) {
      if (this.#results.has(step.id)) continue;
      try {
        this.#stopIfAsked();
        await (isSkipped(step, this.#results) ? this.#isDone(step, null) : this.#forward(step));
      } catch (error) {
        if (closing.aborted) return { type: 'suspended' };
        if (await this.#isDoneAfterAll(step, error)) continue;
        if (closing.aborted) return { type: 'suspended' };
        const isFinal = this.#isFinal();
        this.#options.listener.step(step.id, this.#endOf(step, isFinal));
        if (step.optional === true && (isFinal || (!cancelled.aborted && !isUnsure(error)))) {
          warnings.push(toFailure(error, { message: step.title }).detail ?? step.title);
          this.#options.listener.log(
            `${step.title}: not done (${wordsOf(error)}); the job goes on without it`,
            'remark',
          );
          continue;
        }
        // There is no way back: what was done stays, and the step is not tried for ever.
        if (isFinal) return { type: 'failed', error, left: [...this.#left], stayed: false, isDone: true };
        return this.undo(cancelled.aborted ? 'cancelled' : 'failed', error);
      }
    }
    if (!this.#isFinal()) await this.#options.whenFinal();
    return { type: 'done', warnings };
  }

  /** Takes back what was done; goes on where there is no way back. */
  async undo(reason: 'failed' | 'cancelled', error: unknown): Promise<Outcome> {
    const { plan, listener, closing } = this.#options;
    try {
      for (const step of plan.steps) await this.#settleFinal(step);
      if (this.#isFinal()) {
        listener.log('It is done already, and cannot be taken back');
        listener.goesOn();
        return await this.run();
      }
      await this.#note({ type: 'undo', reason, message: wordsOf(error) });
      this.#isUndoing = true;
      listener.turns(reason, error);
      listener.undoing(this.#hasStayed());
      // Nobody knows whether it is done, and nobody waits to find out: what earlier steps made may be all that there is.
      await (plan.steps.some((step) => this.#isOpenFinal(step)) && this.#options.givenUp.aborted
        ? this.#leaveAll()
        : this.#backward());
    } catch (fault) {
      if (closing.aborted) return { type: 'suspended' };
      throw fault;
    }
    return { type: reason, error, left: [...this.#left], stayed: this.#hasStayed() };
  }

  async #forward(step: PlannedStep): Promise<void> {
    const { kinds, listener, cancelled, closing } = this.#options;
    const bound = kinds.bind(step);
    const signal = this.#isFinal() ? closing : AbortSignal.any([cancelled, closing]);
    listener.step(step.id, 'running');
    const settled = await this.#settled(step, bound, this.#context(step, signal));
    await this.#isDone(step, settled === undefined ? await this.#begin(step, bound, signal) : settled);
  }

  /** Does it; where a host is away before it has asked for anything, as soon as that is back: nothing is done until then. */
  async #begin(step: PlannedStep, { kind, params }: Bound, signal: AbortSignal): Promise<Json> {
    const { plan, listener, cancelled } = this.#options;
    if (plan.waits === true) this.#starts.ask(step, this.#results, signal);
    for (let times = 0; ; times += 1) {
      let isBegun = false;
      let mayHaveDone = false;
      const context = this.#context(step, signal, () => (mayHaveDone = isBegun));
      try {
        await this.#starts.assertSame(signal);
        await kind.check(params, context);
        await this.#write({ type: 'begin', step: step.id });
        isBegun = true;
        this.#begun.add(step.id);
        this.#undone.delete(step.id);
        this.#noted.delete(step.id);
        listener.log(step.title);
        return await this.#done(
          step,
          cancelled.aborted && !this.#isFinal() ? stopped(cancelled) : kind.run(params, context),
        );
      } catch (error) {
        mayHaveDone ||= isBegun && (isUnsure(error) || this.#noted.has(step.id));
        const job = { results: this.#results, noted: this.#noted, open: this.#toUndo() };
        const may = !mayHaveDone && mayWait(this.#options, { step, error, times }, job);
        if (!may || !(await this.#starts.areKnown(this.#results))) throw error;
        // Who makes what it would have made while it waits is another.
        if (isBegun) await this.#isUndone(step);
        await this.#starts.doubtedBy(untilBegun(this.#options, step, signal));
      }
    }
  }

  async #isDone(step: PlannedStep, result: Json): Promise<void> {
    // Written in the same turn as it is known: a cancel that comes now finds the step done.
    this.#results.set(step.id, result);
    await this.#write({ type: 'done', step: step.id, result });
    this.#options.listener.step(step.id, 'done');
    if (step.final === true) await this.#options.whenFinal();
  }

  /** Nothing is begun that is not written down first; once there is no way back what follows is done all the same. @throws FailureError */
  async #write(line: JournalEntry): Promise<void> {
    const { journal, closing } = this.#options;
    if (!this.#isFinal()) return journal.append(line);
    await this.#note(line);
    closing.throwIfAborted();
  }

  /** What a person cancelled has not failed. */
  #endOf({ id }: PlannedStep, isFinal: boolean): StepState {
    if (isFinal || !this.#options.cancelled.aborted) return 'failed';
    return this.#begun.has(id) && !this.#undone.has(id) ? 'undoing' : 'undone';
  }

  /** Whether a step was done from which there is no way back. */
  #isFinal(): boolean {
    return this.#options.plan.steps.some(({ id, final }) => final === true && this.#results.has(id));
  }

  /** Whether a step whose end was not seen turns out to be done, and there is no way back from it. */
  async #isDoneAfterAll(step: PlannedStep, error: unknown): Promise<boolean> {
    if (!isUnsure(error)) return false;
    try {
      await this.#settleFinal(step);
    } catch (fault) {
      if (!this.#options.closing.aborted) throw fault;
    }
    return this.#results.has(step.id);
  }

  /** There is no way back from it, and nobody saw its end. */
  #isOpenFinal({ id, final }: PlannedStep): boolean {
    return final === true && this.#begun.has(id) && !this.#undone.has(id) && !this.#results.has(id);
  }

  /** Asks what became of a step that there is no way back from, as soon as its host answers. */
  async #settleFinal(step: PlannedStep): Promise<void> {
    const { kinds, listener, closing, givenUp } = this.#options;
    const { kind, params } = kinds.bind(step);
    while (this.#isOpenFinal(step) && !givenUp.aborted) {
      try {
        const settled = await kind.settle(params, this.#context(step, closing));
        if (settled.done) await this.#isDone(step, settled.result);
        return;
      } catch (error) {
        closing.throwIfAborted();
        // Whatever else speaks against it, taking it back says.
        if (!isAway(error)) return;
      }
      await this.#waitFor(awayOf(this.#options, step));
      listener.goesOn();
    }
  }

  /** What a step that was begun by a program that died has given; undefined when it was not done. */
  async #settled(
    step: PlannedStep,
    { kind, params }: Bound,
    context: StepContext,
  ): Promise<Json | undefined> {
    if (!this.#begun.has(step.id) || this.#undone.has(step.id)) return undefined;
    this.#options.listener.log(`${step.title}: looking whether it was done`);
    const settled = await kind.settle(params, context);
    return settled.done ? settled.result : undefined;
  }

  async #done(step: PlannedStep, running: Promise<Json>): Promise<Json> {
    try {
      return await running;
    } catch (error) {
      if (!(error instanceof NothingDone)) throw error;
      const no = hasOtherWay(this.#options.plan, step) ? refusal(error.cause) : null;
      if (no !== null) {
        this.#options.listener.log(`libvirt refuses that (${no.refused}): it is done in another way`);
        return no;
      }
      await this.#isUndone(step);
      throw error.cause;
    }
  }

  /** Of a step that has done nothing. */
  async #isUndone({ id }: PlannedStep): Promise<void> {
    this.#undone.add(id);
    await this.#options.journal.append({ type: 'undone', step: id });
  }

  async #backward(): Promise<void> {
    for (;;) {
      const open = this.#toUndo();
      const held = new Set<string>();
      const away = new Set<string>();
      for (const step of open) {
        // Steps of one host are taken back in order: what is older may carry what is newer.
        if (this.#undone.has(step.id)) continue;
        if (held.has(step.host) && !this.#options.kinds.isApart(step)) continue;
        if (await this.#undoStep(step)) continue;
        held.add(step.host);
        for (const host of awayOf(this.#options, step)) away.add(host);
        if (this.#isOpenFinal(step)) break;
      }
      if (held.size === 0) return;
      await this.#waitFor([...away]);
      this.#options.listener.undoing(this.#hasStayed());
      if (this.#options.givenUp.aborted) return this.#leaveAll();
    }
  }

  #hasStayed(): boolean {
    const { plan } = this.#options;
    if (this.#isUnknown) return false;
    return hasStayed({ plan, begun: this.#begun, undone: this.#undone, undoing: this.#isUndoing });
  }

  #toUndo(): PlannedStep[] {
    return this.#options.plan.steps
      .filter((step) => this.#begun.has(step.id) && !this.#undone.has(step.id))
      .reverse();
  }

  /** False when a host of it cannot be reached. */
  async #undoStep(step: PlannedStep): Promise<boolean> {
    const { plan, kinds, listener, closing, givenUp } = this.#options;
    closing.throwIfAborted();
    try {
      const { kind, params } = kinds.bind(step);
      if (kind.lasts === true) return await this.#keep(step);
      const result = this.#results.get(step.id) ?? null;
      listener.step(step.id, 'undoing');
      const signal = kind.apart === true ? AbortSignal.any([closing, givenUp]) : closing;
      const outside = (name: string | null): void =>
        listener.outside(name, { mayBeLeft: this.#mayBeLeft(), stayed: this.#hasStayed() });
      await kind.undo(params, result, { ...this.#context(step, signal), outside });
    } catch (error) {
      closing.throwIfAborted();
      if (isAway(error)) return false;
      const thing = leftBy(step, { plan, kinds }) ?? step.title;
      const what = error instanceof Stays ? `${thing}: ${error.reason}` : thing;
      this.#left.push(what);
      if (error instanceof AllStays || this.#isOpenFinal(step)) await this.#leaveAll(step);
      this.#undone.add(step.id);
      await this.#note({ type: 'left', step: step.id, what });
      const isLeft = givenUp.aborted && kinds.isApart(step);
      listener.log(isLeft ? `${thing}: not waited for` : `${thing} could not be removed: ${wordsOf(error)}`);
      listener.step(step.id, 'left');
      if (isLeft) listener.undoing(this.#hasStayed());
      return true;
    }
    this.#undone.add(step.id);
    await this.#note({ type: 'undone', step: step.id });
    listener.log(`Taken back: ${step.title}`);
    listener.step(step.id, 'undone');
    return true;
  }

  /** Of a step that nobody can take back. */
  async #keep({ id, title }: PlannedStep): Promise<true> {
    const { listener } = this.#options;
    this.#undone.add(id);
    await this.#note({ type: 'undone', step: id });
    if (this.#results.has(id)) listener.log(`${title}: that is done, and cannot be taken back`);
    else listener.step(id, 'undone');
    return true;
  }

  /** The oldest first: a program that finds half of it finds the newest open, and asks again before it takes anything back. */
  async #leaveAll(except?: PlannedStep): Promise<void> {
    const { plan, kinds, listener } = this.#options;
    const left: string[] = [];
    this.#isUnknown ||= this.#toUndo().some(({ final }) => final === true);
    for (const step of this.#toUndo().toReversed()) {
      if (step === except) continue;
      const what = leftBy(step, { plan, kinds });
      this.#undone.add(step.id);
      if (what === null) continue;
      left.unshift(what);
      await this.#note({ type: 'left', step: step.id, what });
      listener.step(step.id, 'left');
    }
    this.#left.push(...left);
  }

  #mayBeLeft(): string[] {
    const { plan, kinds } = this.#options;
    return this.#toUndo().flatMap((step) => leftBy(step, { plan, kinds }) ?? []);
  }

  async #waitFor(hosts: readonly string[]): Promise<void> {
    const { listener, closing, givenUp, hostBack } = this.#options;
    listener.waiting(hosts, this.#mayBeLeft(), this.#hasStayed());
    await firstOf(hosts, hostBack, AbortSignal.any([closing, givenUp]));
    closing.throwIfAborted();
  }

  /**
   * What is taken back is taken back also where the journal cannot be written any more, as on a full disk: the next start would find the
   * job at an earlier point, and taking back what is not there does nothing. So it is with what comes after a step that there is no way back from:
   * whether that is done its host tells.
   */
  async #note(line: JournalEntry): Promise<void> {
    try {
      await this.#options.journal.append(line);
    } catch (error) {
      this.#options.listener.log(wordsOf(error));
    }
  }

  /** @param asked called before a host of the plan is asked for anything */
  #context(step: PlannedStep, signal: AbortSignal, asked = (): void => undefined): StepContext {
    const { plan, kinds, journal, listener, access, closing, hostBack } = this.#options;
    const isWriter = (other: PlannedStep): boolean => kinds.bind(other).kind.writes === true;
    // Many calls to a host wait on it at one time.
    setMaxListeners(0, signal);
    return {
      ...telling(access, asked),
      signal,
      log: (text, as) => listener.log(text, as),
      progress: (now) => listener.progress(step.id, now),
      result: (id) => this.#results.get(id),
      noted: (id = step.id) => this.#noted.get(id),
      note: async (value, id = step.id) => {
        // Also where the disk is full: this process takes back what it knows of.
        this.#noted.set(id, value);
        await journal.append({ type: 'note', step: id, value });
      },
      settling: async (host) => {
        listener.settling(host);
        await hostBack(host, closing);
        closing.throwIfAborted();
        listener.goesOn();
      },
      untilBack: (hosts) => this.#starts.doubtedBy(untilBack(this.#options, hosts, signal)),
      silent: (hosts, meaning) => listener.silent(hosts, meaning),
      outside: (name) => listener.outside(name, null),
      written: () => {
        const writers = plan.steps.filter(({ id }) => this.#begun.has(id)).filter(isWriter);
        if (writers.length === 0) return 'never';
        return writers.every(({ id }) => isRefusal(this.#results.get(id))) ? 'refused' : 'begun';
      },
    };
  }

  #stopIfAsked(): void {
    const { cancelled, closing } = this.#options;
    closing.throwIfAborted();
    if (!this.#isFinal()) cancelled.throwIfAborted();
  }
}
