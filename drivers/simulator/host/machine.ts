import { virDomainState } from '../../libvirt/constants/index.ts';
import type { DomainRef } from '../../libvirt/protocol/structs.ts';
import { withoutSecrets } from '../descriptions/live-xml.ts';
import { failure, type FailureOrigin } from '../failures.ts';
import { MachineFigures } from '../figures/machine-figures.ts';
import type { MachineSpec } from '../fleet/spec.ts';
import { Guest } from '../guest/guest.ts';
import { hashText } from '../random.ts';
import { VncServer } from '../vnc/vnc-server.ts';
import { AGENT_CONNECTED, EVENTS, type LifecycleEvent } from './lifecycle-events.ts';
import { guestFacts, guestMachine, guestMemory } from './guest-of.ts';
import type { MachineHost } from './machine-host.ts';
import { endsAtRestart, isInstaller, runXml, type Run, type SavedAs } from './run.ts';
import { DURATIONS_MS, STATES, type MachineState } from './machine-state.ts';
import { NO_JOB, SaveJob, type JobInfo } from './save-job.ts';

/** One simulated machine: definition, state, counters and, once somebody looks, a guest. */
export class Machine {
  /** Inactive XML. */
  definition: string;
  persistent: boolean;
  autostart = false;
  /** How the machine goes on from its saved state; null when there is none. */
  #saved: 'running' | 'paused' | null = null;
  readonly #host: MachineHost;
  #spec: MachineSpec;
  #figures: MachineFigures;
  /** What a definition made while the machine was on will make of it once it is off. */
  #pending: MachineSpec | null = null;
  #state: MachineState = STATES.offUnknown;
  #run: Run | null = null;
  #saving: SaveJob | null = null;
  #guest: { guest: Guest; vnc: VncServer } | null = null;

  constructor(host: MachineHost, from: { spec: MachineSpec; definition: string; persistent: boolean }) {
    this.#host = host;
    this.#spec = from.spec;
    this.definition = from.definition;
    this.persistent = from.persistent;
    this.#figures = this.#newFigures();
  }

  get spec(): MachineSpec {
    return this.#spec;
  }

  get figures(): MachineFigures {
    return this.#figures;
  }

  get managedSave(): boolean {
    return this.#saved !== null;
  }

  set managedSave(saved: boolean) {
    this.#saved = saved ? 'running' : null;
  }

  get ref(): DomainRef {
    return { name: this.spec.name, uuid: this.spec.uuid, id: this.#run?.id ?? -1 };
  }

  get state(): MachineState {
    return this.#state;
  }

  get isActive(): boolean {
    return this.#run !== null;
  }

  get isRunning(): boolean {
    return this.#state.state === virDomainState.VIR_DOMAIN_RUNNING;
  }

  /** Port of its VNC or SPICE server; null when off or without one. */
  get graphicsPort(): number | null {
    return this.#run === null || this.spec.graphics === 'none' ? null : this.#run.port;
  }

  get nicTargets(): readonly string[] {
    return this.#run?.nicTargets ?? [];
  }

  get bootedAt(): number {
    return this.#run?.bootedAt ?? 0;
  }

  /** The guest's agent answers once the guest is up. */
  get agentConnected(): boolean {
    return this.spec.agent && this.isActive && this.#host.now() - this.bootedAt >= DURATIONS_MS.agentAfter;
  }

  get guest(): Guest {
    return this.#withGuest().guest;
  }

  get vnc(): VncServer {
    return this.#withGuest().vnc;
  }

  /** Brings the counters to the present. */
  advance(): void {
    if (this.#run !== null) this.figures.advance(this.#host.now(), this.isRunning);
  }

  /** @throws {LibvirtError} when it is off: `domain is not running` */
  requireActive(origin: FailureOrigin = 'VIR_FROM_DOMAIN'): void {
    if (this.#run === null) throw failure('VIR_ERR_OPERATION_INVALID', 'domain is not running', origin);
  }

  /** @throws {LibvirtError} when the agent does not answer, in libvirt's words */
  requireAgent(): void {
    this.requireActive();
    if (!this.spec.agent) throw failure('VIR_ERR_ARGUMENT_UNSUPPORTED', 'QEMU guest agent is not configured');
    if (!this.agentConnected)
      throw failure('VIR_ERR_AGENT_UNRESPONSIVE', 'QEMU guest agent is not connected');
  }

  xml(options: { inactive: boolean; secure: boolean }): string {
    const run = options.inactive ? null : this.#run;
    const xml = run === null ? this.definition : runXml(run, this);
    return options.secure ? xml : withoutSecrets(xml);
  }

  /** Puts the machine into a state before anybody is connected: no events. */
  place(state: MachineState, uptimeSec: number): void {
    this.#begin(uptimeSec);
    this.#state = state;
  }

  /** It is in another state, and tells so. */
  become(state: MachineState, told: LifecycleEvent): void {
    this.advance();
    this.#state = state;
    this.#tell(told);
  }

  /** A new definition: it takes effect at once when the machine is off, else when it goes off. */
  redefine(spec: MachineSpec, definition: string): void {
    this.definition = definition;
    this.persistent = true;
    this.#pending = spec;
    if (this.#run === null) this.#applyPending();
  }

  /** Changes what the texts tell and the simulation does not act on: now, and at the next start. */
  describe(change: (definition: string) => string): void {
    this.definition = change(this.definition);
    if (this.#run !== null) this.#run.definition = change(this.#run.definition);
  }

  /** virDomainCreateXML of a machine that is defined: it runs by this text, and is again what it was when it goes off. */
  startAs(spec: MachineSpec, definition: string, options: { paused: boolean }): void {
    const own = { spec: this.#spec, definition: this.definition };
    this.redefine(spec, definition);
    try {
      this.start(options);
    } finally {
      this.redefine(own.spec, own.definition);
    }
  }

  /** virDomainCreateWithFlags. A saved machine goes on where it was. */
  start(options: { paused: boolean; discardSave?: boolean }): void {
    if (this.#run !== null) throw failure('VIR_ERR_OPERATION_INVALID', 'domain is already running');
    try {
      for (const { path } of this.spec.disks) if (path !== null) this.#host.requireFile(path);
    } catch (error) {
      this.#state = STATES.offByFailedStart;
      throw error;
    }
    const saved = options.discardSave === true ? null : this.#saved;
    this.#saved = null;
    // A restored guest has long been up: no boot sequence.
    this.#begin(saved === null ? 0 : 3600);
    if (saved !== null) this.#restore(saved, options.paused);
    else if (options.paused) {
      this.#state = STATES.pausedByUser;
      this.#tell(EVENTS.booted);
      this.#tell(EVENTS.paused);
    } else {
      this.#state = STATES.booted;
      this.#tell(EVENTS.unpaused);
      this.#tell(EVENTS.booted);
      this.#watchAgent();
      if (isInstaller(this.definition)) this.#later(DURATIONS_MS.install, () => this.#restart());
    }
  }

  /** virDomainShutdown: the guest takes a moment; one that stands still would not hear it, and libvirt says so. */
  shutdown(): void {
    if (!this.isRunning) throw failure('VIR_ERR_OPERATION_INVALID', 'domain is not running');
    this.#later(DURATIONS_MS.shutdown, () => {
      if (this.isRunning) this.#stopAfterShutdown(EVENTS.shutdownByHost);
    });
  }

  /** virDomainReboot: through the guest. */
  reboot(): void {
    this.requireActive();
    this.#later(DURATIONS_MS.reboot, () => {
      if (this.isRunning) this.#restart();
    });
  }

  /** virDomainReset: the reset button. */
  reset(): void {
    this.requireActive();
    this.#restart();
  }

  /** virDomainDestroy */
  destroy(): void {
    this.requireActive();
    // QEMU tells of the signal before it ends.
    this.#tell(EVENTS.shutdownByHost);
    this.end(STATES.offByForce, EVENTS.destroyed);
  }

  /** virDomainSuspend */
  suspend(): void {
    this.requireActive();
    if (this.isRunning) this.become(STATES.pausedByUser, EVENTS.paused);
  }

  /** virDomainResume */
  resume(): void {
    this.requireActive();
    if (this.isRunning) throw failure('VIR_ERR_OPERATION_INVALID', 'domain is already running');
    this.become(STATES.unpaused, EVENTS.unpaused);
    this.#watchAgent();
  }

  /** virDomainManagedSave: done when the memory is on the disk. The machine stands still meanwhile. */
  async save(as: SavedAs = null): Promise<void> {
    this.requireActive();
    if (!this.persistent)
      throw failure('VIR_ERR_OPERATION_INVALID', 'cannot do managed save for transient domain');
    if (this.#saving !== null) throw failure('VIR_ERR_OPERATION_INVALID', 'another save job is active');
    const before = this.#state;
    const wasRunning = this.isRunning;
    if (wasRunning) this.suspend();
    this.#state = STATES.pausedForSave;
    try {
      await this.#writeMemory();
    } catch (error) {
      this.#saving = null;
      // Whoever switched it off meanwhile has said all there is to say.
      if (this.#run === null) throw error;
      this.#state = wasRunning ? STATES.saveCanceled : before;
      if (wasRunning) this.#tell(EVENTS.unpaused);
      throw error;
    }
    this.#saving = null;
    this.#saved = as ?? (wasRunning ? 'running' : 'paused');
    this.end(STATES.offSaved, EVENTS.saved);
  }

  /** virDomainGetJobInfo */
  jobInfo(): JobInfo {
    return this.#saving?.info(this.#host.now()) ?? NO_JOB;
  }

  /** virDomainAbortJob */
  abortJob(): void {
    this.requireActive();
    if (this.#saving === null) throw failure('VIR_ERR_OPERATION_INVALID', 'no job is active on the domain');
    this.#saving.fail(failure('VIR_ERR_OPERATION_ABORTED', 'save job: canceled by client'));
  }

  /** virDomainSetMemoryFlags; the definition for the next start is not simulated. */
  setBalloon(memoryKiB: number): void {
    if (memoryKiB < 1 || memoryKiB > this.spec.maxMemoryKiB)
      throw failure('VIR_ERR_INVALID_ARG', 'cannot set memory higher than max memory');
    this.spec.memoryKiB = memoryKiB;
    if (this.isActive)
      this.#host.emit({ type: 'balloonChange', dom: this.ref, actualKiB: this.spec.memoryKiB });
  }

  /** The host goes away: nothing more happens here, and nobody is told. */
  dispose(): void {
    for (const cancel of this.#run?.cancel ?? []) cancel();
    this.#guest?.vnc.close();
    this.#run = null;
    this.#saving?.fail(failure('VIR_ERR_OPERATION_FAILED', 'domain is no longer running'));
  }

  #begin(uptimeSec: number): void {
    const now = this.#host.now();
    const numbers = this.#host.allocate(this.spec.nics.length);
    this.#run = {
      ...numbers,
      bootedAt: now - uptimeSec * 1000,
      definition: this.definition,
      cancel: [],
    };
    this.figures.start(now, uptimeSec);
    this.#guest?.guest.restart();
  }

  #restart(): void {
    const run = this.#run;
    if (run === null) return;
    if (endsAtRestart(run)) return this.#stopAfterShutdown(EVENTS.shutdownByGuest);
    run.bootedAt = this.#host.now();
    this.#host.emit({ type: 'reboot', dom: this.ref });
    this.#guest?.guest.restart();
    this.#watchAgent();
  }

  #stopAfterShutdown(told: LifecycleEvent): void {
    if (this.#run === null) return;
    this.#tell(told);
    this.end(STATES.offByShutdown, EVENTS.stoppedByShutdown);
  }

  /** It is off from here on. */
  end(state: MachineState, told: LifecycleEvent): void {
    for (const cancel of this.#run?.cancel ?? []) cancel();
    if (this.#run !== null) this.#host.release(this.#run.port);
    this.#run = null;
    this.#saving?.fail(failure('VIR_ERR_OPERATION_FAILED', 'domain is no longer running'));
    this.#state = state;
    this.#guest?.vnc.close();
    this.#guest?.guest.off();
    // The machine has no id any more when libvirt tells of its end.
    this.#tell(told);
    this.#applyPending();
    if (!this.persistent) this.#host.forget(this);
  }

  #writeMemory(): Promise<void> {
    const { usedKiB, cacheKiB } = guestMemory(this, this.#host.now());
    return new Promise((resolve, reject) => {
      const job = new SaveJob((usedKiB + cacheKiB) * 1024, this.#host.now(), {
        done: resolve,
        failed: reject,
      });
      this.#saving = job;
      this.#later(job.durationMs, () => job.done());
    });
  }

  #applyPending(): void {
    if (this.#pending === null) return;
    this.#spec = this.#pending;
    this.#pending = null;
    this.#figures = this.#newFigures();
    this.#guest?.vnc.close();
    this.#guest = null;
  }

  #newFigures(): MachineFigures {
    return new MachineFigures(this.#spec, hashText(this.#spec.name) ^ this.#host.seed);
  }

  #restore(saved: 'running' | 'paused', paused: boolean): void {
    const stays = paused || saved === 'paused';
    this.#state = stays ? STATES.restoredPaused : STATES.restored;
    this.#tell(EVENTS.restored);
    if (!stays) this.#tell(EVENTS.resumedFromSaved);
    // Who asked for it to be paused is told as for any start, who saved it paused is told that it is as it was.
    else this.#tell(paused ? EVENTS.paused : EVENTS.restoredPaused);
    this.#watchAgent();
  }

  #tell(told: LifecycleEvent): void {
    this.#host.emit({ type: 'lifecycle', dom: this.ref, ...told });
  }

  #later(milliseconds: number, action: () => void): void {
    this.#run?.cancel.push(this.#host.later(milliseconds, action));
  }

  #watchAgent(): void {
    if (!this.spec.agent || this.agentConnected) return;
    this.#later(DURATIONS_MS.agentAfter, () => {
      this.#host.emit({ type: 'agentLifecycle', dom: this.ref, ...AGENT_CONNECTED });
    });
  }

  /** The guest itself reboots or switches off; not in the middle of its own key press. */
  #withGuest(): { guest: Guest; vnc: VncServer } {
    if (this.#guest !== null) return this.#guest;
    const guest = new Guest(
      guestFacts(this.spec),
      guestMachine(this, {
        now: () => this.#host.now(),
        reboot: () => this.#later(600, () => this.#restart()),
        powerOff: () => this.#later(600, () => this.#stopAfterShutdown(EVENTS.shutdownByGuest)),
      }),
    );
    const { name, password } = this.spec;
    const vnc = new VncServer({ name, display: guest.display, password });
    this.#guest = { guest, vnc };
    return this.#guest;
  }
}
