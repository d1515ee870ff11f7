/**
 * Two hosts as they were measured on libvirt 9.0 with QEMU 7.2: what each call does, and what a lost link or a restarted daemon does to a
 * machine on its way. Faults are chosen from outside, so that a test can walk all of them.
 */
import type { MigrationPorts } from '../../../main/jobs/migrate/drive.ts';
import type { Phase } from '../../../main/jobs/migrate/decide.ts';
import { Away, Killed, Refused, type Fault } from './migrate-world-faults.ts';

type Side = 'source' | 'target';

export interface WorldOptions {
  /** What happens to the next call. */
  readonly fault: (call: string) => Fault;
  /** The data goes from host to host, and not through the program. */
  readonly direct: boolean;
  readonly wasPaused: boolean;
  /** The source's libvirtd drives. */
  readonly peer?: boolean;
  /** The source keeps its definition. */
  readonly keepsDefinition?: boolean;
  /** The guest goes on on the target at once, before all of its memory is there. */
  readonly postCopy?: boolean;
  /** By post-copy: the two hosts lose each other before all of its memory is over, and have each other again when they are asked to go on. */
  readonly torn?: boolean;
}

/** No way takes that many calls. */
const ENDLESS = 200;

const COOKIE = new Uint8Array([1]);

export class World {
  readonly #options: WorldOptions;
  readonly #up = { source: true, target: true };
  #link = { source: 1, target: 1 };
  #job: { readonly at: 'begun' | 'performed' | 'alone' | 'peer'; readonly link: number } | null = null;
  /** What the source's libvirtd does next by itself, with `peer`. */
  #peerStep = 0;
  #ended = false;
  source: 'runs' | 'held' | 'suspended' | 'split' | 'off' | 'gone' = 'runs';
  /** `split`: it runs, and some of its memory is on the source. */
  target: 'absent' | 'waiting' | 'split' | 'arrived' = 'absent';
  /** A libvirtd ends post-copy by itself when its client is gone (qemuMigrationProcessUnattended); what it shows then is a step later. */
  readonly #unattended = { source: false, target: false };
  #isTorn = false;
  /** The target's libvirtd was told to end what goes on there by post-copy. */
  #isFinishing = false;
  /** By post-copy: its libvirtd gave it up before it was told to end it (qemuMigrationAnyConnectionClosed). */
  lost = false;
  /** With `peer`: the source's libvirtd lost the target's after Finish, and let the machine go on, too. */
  doubled = false;
  /** It is not resumed before the target is asked. */
  isMarked = false;
  noted: Phase | null = null;
  readonly calls: string[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
    if (options.wasPaused) this.source = 'held';
  }

  /** How many copies a guest's CPUs run on, or would after Resume. */
  copies(): number {
    const { wasPaused } = this.#options;
    // A machine that a person paused runs nowhere: the copy that is more than a shell counts.
    const source = wasPaused ? this.source === 'held' && this.target !== 'arrived' : this.source === 'runs';
    return Number(source) + Number(this.target === 'arrived' || this.target === 'split');
  }

  ports(cancelled: AbortSignal = new AbortController().signal): MigrationPorts {
    const begunOn = { source: 0, target: 0 };
    const at = (side: Side) => {
      begunOn[side] = this.#link[side];
    };
    const same = (side: Side): boolean => this.#up[side] && begunOn[side] === this.#link[side];
    return {
      cancelled,
      postCopy: this.#options.postCopy === true,
      definitionGoes: this.#options.keepsDefinition !== true,
      isAway: (error) => error instanceof Away,
      recover: () =>
        this.#call('source', 'recover', () => this.#recover()).catch((error: unknown) => {
          if (!(error instanceof Refused)) throw error;
        }),
      note: (phase) =>
        this.#call('source', `note ${phase}`, () => {
          this.noted = phase;
        }),
      wait: (side) => {
        if (this.#ended) return Promise.reject(new Killed('wait'));
        this.#reconnect(side);
        return Promise.resolve();
      },
      source: {
        sameLink: () => same('source'),
        begin: () => {
          at('source');
          return this.#call('source', 'begin', () => this.#begin());
        },
        peer: this.#options.peer === true ? () => this.#call('source', 'peer', () => this.#peer()) : null,
        perform: () => this.#sendPerform(cancelled.aborted),
        confirm: (_, no) =>
          this.#call('source', no ? 'confirm cancelled' : 'confirm', () => this.#confirm(no)),
        abort: () => this.#call('source', 'abort', () => this.#abort()),
        resume: () => this.#call('source', 'resume', () => this.#resume()),
        suspend: () => this.#call('source', 'suspend', () => this.#suspend()),
        keepPaused: () =>
          this.#call('source', 'keep paused', () => {
            this.isMarked = true;
          }),
        remove: async () => {
          await this.#call('source', 'destroy source', () => this.#destroySource());
          if (this.#options.keepsDefinition !== true) await this.#undefine();
        },
        undefine: () => this.#undefine(),
        see: () => this.#call('source', 'see source', () => this.#seeSource()),
      },
      target: {
        sameLink: () => same('target'),
        prepare: () => {
          at('target');
          return this.#call('target', 'prepare', () => this.#prepare());
        },
        finish: (_, no) => this.#call('target', no ? 'finish cancelled' : 'finish', () => this.#finish(no)),
        destroy: () =>
          this.#call('target', 'destroy', () => {
            if (this.target === 'arrived' || this.target === 'split')
              throw new Error('a machine that ran was destroyed');
            this.target = 'absent';
          }),
        see: () => this.#call('target', 'see target', () => this.#seeTarget()),
      },
    };
  }

  /** The next start of the program: both links are new. */
  restart(): void {
    this.#ended = false;
    for (const side of ['source', 'target'] as const) {
      this.#lose(side);
      this.#reconnect(side);
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a call that throws must reject
  async #call<T>(side: Side, name: string, act: () => T): Promise<T> {
    if (this.#ended) throw new Killed(name);
    const fault = this.#options.fault(name);
    this.calls.push(fault === 'none' ? name : `${name} (${fault})`);
    if (this.calls.length > ENDLESS) throw new Error('it does not come to an end');
    if (fault === 'killedBefore' || fault === 'killedAfter') this.#ended = true;
    if (fault === 'killedBefore') throw new Killed(name);
    if (fault === 'otherLost') this.#lose(side === 'source' ? 'target' : 'source');
    if (name.startsWith('note')) {
      // The journal is the laptop's own: only a full disk, or the end of the program, keeps it from being written.
      if (fault === 'refused') throw new Refused('disk full');
      const noted = act();
      if (fault === 'killedAfter') throw new Killed(name);
      return noted;
    }
    if (fault === 'lostBefore') this.#lose(side);
    if (fault === 'daemonBefore') this.#restartDaemon(side);
    if (!this.#up[side]) throw new Away(name);
    if (fault === 'refused') {
      this.#refuse(name);
      throw new Refused(name);
    }
    const done = act();
    if (fault === 'lostAfter') this.#lose(side);
    if (fault === 'daemonAfter') this.#restartDaemon(side);
    if (fault === 'killedAfter') throw new Killed(name);
    if (!this.#up[side]) throw new Away(name);
    return done;
  }

  /** An error of the daemon ends what it was about. */
  #refuse(name: string): void {
    if (name === 'perform') this.#backToSource();
    if (name === 'finish' || name === 'finish cancelled') {
      if (this.target === 'waiting') this.target = 'absent';
      // By post-copy (postcopy_failed) nothing of it is given up.
      if (this.target === 'split') this.#isFinishing = this.#unattended.target = true;
    }
  }

  /** As long as the link holds, nobody sees anything but its end. */
  #peer(): void {
    this.#job = { at: 'peer', link: 0 };
    this.#peerStep = 0;
    // The link is lost in the middle: the rest is seen by who looks later.
    if (this.calls.at(-1)?.endsWith('After)') === true) return;
    while (this.#job !== null) this.#advance();
    if (this.source !== this.#left()) throw new Refused('peer');
  }

  /** One of the five calls between the two libvirtds, and what may happen to it. */
  #advance(): void {
    if (this.#job?.at !== 'peer') return;
    const fault = this.#options.fault('peer step');
    this.calls.push(`peer step ${this.#peerStep} (${fault})`);
    if (fault === 'daemonBefore') return this.#restartPeer('source');
    if (fault === 'daemonAfter') return this.#restartPeer('target');
    if (fault === 'refused') {
      if (this.target !== 'arrived') this.target = 'absent';
      return this.#backToSource();
    }
    if (this.#peerStep === 0) this.target = 'waiting';
    if (this.#peerStep === 1) this.source = 'held';
    if (this.#peerStep === 2) this.target = 'arrived';
    if (this.#peerStep === 3) this.source = this.#left();
    this.#peerStep += 1;
    if (this.#peerStep > 3) this.#job = null;
  }

  /** The link between the two libvirtds goes with either (qemuMigrationSrcRecover). */
  #restartPeer(side: Side): void {
    if (this.target === 'waiting') this.target = 'absent';
    const performed = this.#peerStep >= 2;
    if (side === 'source' && performed) this.#job = null;
    else this.#backToSource();
  }

  #begin(): Uint8Array {
    if (this.#job !== null || this.source === 'gone' || this.source === 'off') throw new Refused('begin');
    this.#job = { at: 'begun', link: this.#link.source };
    return COOKIE;
  }

  #prepare(): Uint8Array {
    this.target = 'waiting';
    return COOKIE;
  }

  /** Data that goes through the program has no way without the target's link, and who cancels sends nothing more. */
  #sendPerform(isCancelled: boolean): Promise<Uint8Array> {
    const hasWay = this.#options.direct || this.#up.target;
    if (!hasWay || isCancelled) return Promise.reject(new Away('Perform was not sent'));
    return this.#call('source', 'perform', () => this.#perform());
  }

  #perform(): Uint8Array {
    if (this.#job?.at !== 'begun' || this.target !== 'waiting') {
      this.#backToSource();
      throw new Refused('perform');
    }
    this.#job = { at: 'performed', link: this.#link.source };
    const isSplit = this.#options.postCopy === true && !this.#options.wasPaused;
    if (isSplit) this.source = this.target = 'split';
    else this.source = 'held';
    this.#isTorn = isSplit && this.#options.torn === true;
    return COOKIE;
  }

  #finish(cancelled: boolean): Uint8Array {
    if (this.target === 'split' && cancelled) throw new Error('a machine that ran was given up');
    this.#isFinishing = this.target === 'split';
    if (this.#isTorn || (this.target !== 'waiting' && this.target !== 'split')) throw new Refused('finish');
    this.target = cancelled ? 'absent' : 'arrived';
    // Without a domain the answer is an error.
    if (cancelled) throw new Refused('migration successfully aborted');
    return COOKIE;
  }

  #confirm(cancelled: boolean): void {
    if (this.#job === null || this.#job.link !== this.#link.source) return;
    if (this.source === 'split' && cancelled) throw new Error('what is half on the target was given up');
    this.#job = null;
    this.source = cancelled ? this.#atHome() : this.#left();
  }

  #suspend(): void {
    if (this.source !== 'runs') throw new Refused('domain is not running');
    this.source = 'suspended';
  }

  #destroySource(): void {
    if (this.source === 'runs' || this.source === 'suspended')
      throw new Error('a machine that runs was destroyed');
    if (this.target === 'split') throw new Error('memory that the target needs was destroyed');
    if (this.source !== 'gone') this.source = 'off';
  }

  #undefine(): Promise<void> {
    return this.#call('source', 'undefine', () => {
      if (this.source !== 'off') throw new Refused('no domain');
      this.source = 'gone';
    });
  }

  /** What libvirt leaves of a machine that has gone. */
  #left(): 'off' | 'gone' {
    return this.#options.keepsDefinition === true ? 'off' : 'gone';
  }

  /** The source's host goes down and comes back: what ran there is off. */
  powerFails(): void {
    this.#job = null;
    this.source = 'off';
    this.#lose('source');
  }

  #seeTarget() {
    this.#advance();
    if (this.target === 'split') {
      if (this.#isTorn) return this.#isFinishing ? ('torn' as const) : this.target;
      if (this.#unattended.target) this.target = 'arrived';
      return 'split' as const;
    }
    return this.target === 'arrived' ? ('running' as const) : this.target;
  }

  /** VIR_MIGRATE_POSTCOPY_RESUME, to its end. */
  #recover(): void {
    if (!this.#isTorn) throw new Refused('QEMU reports migration is still running');
    this.#isTorn = false;
    this.#job = null;
    [this.source, this.target] = [this.#left(), 'arrived'];
  }

  #abort(): void {
    if (this.#job === null) throw new Refused('no job is active');
    if (this.#job.at === 'alone') this.#backToSource();
  }

  #resume(): void {
    if (this.source === 'gone' || this.source === 'off') throw new Refused('no domain');
    if (this.source === 'split') throw new Error('a machine that runs on the target was resumed');
    if (this.#options.wasPaused) throw new Error('a machine that a person had paused was resumed');
    // QEMU resumes what was migrated away as well, without a word.
    this.source = 'runs';
  }

  #seeSource() {
    this.#advance();
    // A Perform without its client comes to its end by itself.
    const busy = this.#job !== null;
    if (this.#job?.at === 'alone') {
      this.#job = null;
      this.source = 'held';
      return { state: 'running' as const, busy: true };
    }
    if (this.source === 'gone') return { state: 'absent' as const, busy: false };
    if (this.source === 'off') return { state: 'off' as const, busy: false };
    if (this.source === 'suspended') return { state: 'paused' as const, busy };
    if (this.source === 'split') {
      // All of its memory is over: it goes by itself.
      if (this.#unattended.source && this.target === 'arrived') this.source = this.#left();
      return { state: this.#isTorn || this.#job?.link === -1 ? ('torn' as const) : ('split' as const), busy };
    }
    return { state: this.source === 'runs' ? ('running' as const) : ('held' as const), busy };
  }

  #atHome(): 'runs' | 'held' {
    return this.#options.wasPaused ? 'held' : 'runs';
  }

  #backToSource(): void {
    if (this.#job !== null && (this.source === 'runs' || this.source === 'held'))
      this.source = this.#atHome();
    // virDomainMigrateVersion3Full lets it go on where the answer to Finish is lost.
    this.doubled ||= this.source === 'runs' && this.target === 'arrived';
    this.#job = null;
  }

  #lose(side: Side): void {
    if (!this.#up[side]) return;
    this.#up[side] = false;
    if (side === 'target') {
      if (this.target === 'waiting' && this.#job?.at !== 'peer') this.target = 'absent';
      if (this.target !== 'split') return;
      this.#unattended.target = this.#isFinishing;
      this.lost = !this.#isFinishing;
      if (this.lost) this.target = 'absent';
      return;
    }
    if (this.#job?.at === 'begun')
      this.#job =
        this.#options.direct && this.target === 'waiting' && this.noted === 'performing'
          ? { at: 'alone', link: 0 }
          : null;
    if (this.#job?.at === 'performed') this.#job = null;
    if (this.source !== 'split') return;
    // Where all of the memory was over, its daemon waits for what has been, and its job has no end.
    if (this.target === 'arrived') this.#job = { at: 'performed', link: -1 };
    else this.#unattended.source = true;
  }

  /** virQEMUDriver's recovery (qemuMigrationSrcRecover, qemuMigrationDstRecover), after the link was lost. */
  #restartDaemon(side: Side): void {
    if (this.#job?.at === 'peer') this.#restartPeer(side);
    if (side === 'source' && this.#job?.at === 'begun') this.#job = null;
    this.#lose(side);
  }

  #reconnect(side: Side): void {
    if (this.#up[side]) return;
    this.#up[side] = true;
    this.#link = { ...this.#link, [side]: this.#link[side] + 1 };
  }
}
