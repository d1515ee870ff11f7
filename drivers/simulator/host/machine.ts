import {
  virConnectDomainEventAgentLifecycleReason as agentReason,
  virConnectDomainEventAgentLifecycleState as agentState,
  virDomainEventResumedDetailType as resumed,
  virDomainEventShutdownDetailType as shutdown,
  virDomainEventStartedDetailType as started,
  virDomainEventStoppedDetailType as stopped,
  virDomainEventSuspendedDetailType as suspended,
  virDomainEventType as lifecycle,
  virDomainState,
} from '../../libvirt/constants/index.ts';
import type { DomainRef } from '../../libvirt/protocol/structs.ts';
import { liveXml, withoutSecrets } from '../descriptions/live-xml.ts';
import { failure } from '../failures.ts';
import { MachineFigures } from '../figures/machine-figures.ts';
import type { MachineSpec } from '../fleet/spec.ts';
import { Guest } from '../guest/guest.ts';
import { hashText } from '../random.ts';
import { VncServer } from '../vnc/vnc-server.ts';
import { guestFacts, guestMachine, guestMemory } from './guest-of.ts';
import type { MachineHost } from './machine-host.ts';
import { STATES, type MachineState } from './machine-state.ts';
import { NO_JOB, SaveJob, type JobInfo } from './save-job.ts';

/** What there is of a machine only while it is on. */
interface Run {
  id: number;
  port: number;
  nicTargets: string[];
  bootedAt: number;
  cancel: (() => void)[];
}

const SHUTDOWN_MS = 2000;
const REBOOT_MS = 1500;
const AGENT_AFTER_MS = 4500;

/** One simulated machine: definition, state, counters and, once somebody looks, a guest. */
export class Machine {
  /** Inactive XML. */
  definition: string;
  persistent: boolean;
  autostart = false;
  managedSave = false;
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

  /** The definition was changed while the machine was on: virDomainIsUpdated. */
  get isUpdated(): boolean {
    return this.#pending !== null;
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
    return this.spec.agent && this.isActive && this.#host.now() - this.bootedAt >= AGENT_AFTER_MS;
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
  requireActive(): void {
    if (this.#run === null) throw failure('VIR_ERR_OPERATION_INVALID', 'domain is not running');
  }

  /** @throws {LibvirtError} when the agent does not answer, in libvirt's words */
  requireAgent(): void {
    this.requireActive();
    if (!this.spec.agent) throw failure('VIR_ERR_INVALID_ARG', 'QEMU guest agent is not configured');
    if (!this.agentConnected)
      throw failure('VIR_ERR_AGENT_UNRESPONSIVE', 'QEMU guest agent is not connected');
  }

  xml(options: { inactive: boolean; secure: boolean }): string {
    const run = this.#run;
    const xml =
      run === null || options.inactive
        ? this.definition
        : liveXml(this.definition, {
            id: run.id,
            graphicsPort: run.port,
            nicTargets: run.nicTargets,
            ptyPath: `/dev/pts/${run.id}`,
            agentConnected: this.agentConnected,
            balloonPeriodSec: this.spec.balloonPeriodSec,
            memoryKiB: this.spec.memoryKiB,
            vcpus: this.spec.vcpus,
          });
    return options.secure ? xml : withoutSecrets(xml);
  }

  /** Puts the machine into a state before anybody is connected: no events. */
  place(state: MachineState, uptimeSec: number): void {
    this.#begin(uptimeSec);
    this.#state = state;
  }

  /** A new definition: it takes effect at once when the machine is off, else when it goes off. */
  redefine(spec: MachineSpec, definition: string): void {
    this.definition = definition;
    this.persistent = true;
    this.#pending = spec;
    if (this.#run === null) this.#applyPending();
  }

  /** virDomainCreateWithFlags. A saved machine goes on where it was. */
  start(options: { paused: boolean; discardSave?: boolean }): void {
    if (this.#run !== null) throw failure('VIR_ERR_OPERATION_INVALID', 'domain is already running');
    for (const { path } of this.spec.disks) if (path !== null) this.#host.requireFile(path);
    const restored = this.managedSave && options.discardSave !== true;
    this.managedSave = false;
    // A restored guest has long been up: no boot sequence.
    this.#begin(restored ? 3600 : 0);
    const detail = restored
      ? started.VIR_DOMAIN_EVENT_STARTED_RESTORED
      : started.VIR_DOMAIN_EVENT_STARTED_BOOTED;
    if (options.paused) {
      this.#state = restored ? STATES.pausedByUser : STATES.pausedAtStart;
      this.#lifecycle(lifecycle.VIR_DOMAIN_EVENT_STARTED, detail);
      this.#lifecycle(
        lifecycle.VIR_DOMAIN_EVENT_SUSPENDED,
        restored
          ? suspended.VIR_DOMAIN_EVENT_SUSPENDED_RESTORED
          : suspended.VIR_DOMAIN_EVENT_SUSPENDED_PAUSED,
      );
      return;
    }
    this.#state = restored ? STATES.restored : STATES.booted;
    this.#lifecycle(lifecycle.VIR_DOMAIN_EVENT_RESUMED, resumed.VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    this.#lifecycle(lifecycle.VIR_DOMAIN_EVENT_STARTED, detail);
    this.#watchAgent();
  }

  /** virDomainShutdown: the guest takes a moment, and a paused one does not hear it. */
  shutdown(): void {
    this.requireActive();
    this.#later(SHUTDOWN_MS, () => {
      if (this.isRunning) this.#stopAfterShutdown(shutdown.VIR_DOMAIN_EVENT_SHUTDOWN_HOST);
    });
  }

  /** virDomainReboot: through the guest. */
  reboot(): void {
    this.requireActive();
    this.#later(REBOOT_MS, () => {
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
    this.#end(STATES.offByForce, stopped.VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
  }

  /** virDomainSuspend */
  suspend(): void {
    this.requireActive();
    if (!this.isRunning) return;
    this.advance();
    this.#state = STATES.pausedByUser;
    this.#lifecycle(lifecycle.VIR_DOMAIN_EVENT_SUSPENDED, suspended.VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
  }

  /** virDomainResume */
  resume(): void {
    this.requireActive();
    if (this.isRunning) throw failure('VIR_ERR_OPERATION_INVALID', 'domain is already running');
    this.advance();
    this.#state = STATES.unpaused;
    this.#lifecycle(lifecycle.VIR_DOMAIN_EVENT_RESUMED, resumed.VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    this.#watchAgent();
  }

  /** virDomainManagedSave: done when the memory is on the disk. The machine stands still meanwhile. */
  async save(): Promise<void> {
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
      if (wasRunning)
        this.#lifecycle(lifecycle.VIR_DOMAIN_EVENT_RESUMED, resumed.VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
      throw error;
    }
    this.#saving = null;
    this.managedSave = true;
    this.#end(STATES.offSaved, stopped.VIR_DOMAIN_EVENT_STOPPED_SAVED);
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

  /** virDomainSetMemory */
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
    this.#run = { ...numbers, bootedAt: now - uptimeSec * 1000, cancel: [] };
    this.figures.start(now, uptimeSec);
    this.#guest?.guest.restart();
  }

  #restart(): void {
    const run = this.#run;
    if (run === null) return;
    run.bootedAt = this.#host.now();
    this.#host.emit({ type: 'reboot', dom: this.ref });
    this.#guest?.guest.restart();
    this.#watchAgent();
  }

  #stopAfterShutdown(detail: number): void {
    if (this.#run === null) return;
    this.#lifecycle(lifecycle.VIR_DOMAIN_EVENT_SHUTDOWN, detail);
    this.#end(STATES.offByShutdown, stopped.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
  }

  #end(state: MachineState, detail: number): void {
    for (const cancel of this.#run?.cancel ?? []) cancel();
    // The event names the machine as it was: with its id.
    const dom = this.ref;
    if (this.#run !== null) this.#host.release(this.#run.port);
    this.#run = null;
    this.#saving?.fail(failure('VIR_ERR_OPERATION_FAILED', 'domain is no longer running'));
    this.#state = state;
    this.#guest?.vnc.close();
    this.#guest?.guest.off();
    this.#host.emit({ type: 'lifecycle', dom, event: lifecycle.VIR_DOMAIN_EVENT_STOPPED, detail });
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

  #lifecycle(event: number, detail: number): void {
    this.#host.emit({ type: 'lifecycle', dom: this.ref, event, detail });
  }

  #later(milliseconds: number, action: () => void): void {
    this.#run?.cancel.push(this.#host.later(milliseconds, action));
  }

  #watchAgent(): void {
    if (!this.spec.agent || this.agentConnected) return;
    this.#later(AGENT_AFTER_MS, () => {
      this.#host.emit({
        type: 'agentLifecycle',
        dom: this.ref,
        state: agentState.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED,
        reason: agentReason.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL,
      });
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
        powerOff: () =>
          this.#later(600, () => this.#stopAfterShutdown(shutdown.VIR_DOMAIN_EVENT_SHUTDOWN_GUEST)),
      }),
    );
    const { name, password } = this.spec;
    const vnc = new VncServer({ name, display: guest.display, password });
    this.#guest = { guest, vnc };
    return this.#guest;
  }
}
