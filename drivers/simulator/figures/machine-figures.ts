import { hashUnit, smoothNoise } from '../random.ts';
import type { MachineSpec } from '../fleet/spec.ts';
import { activityAt, type Activity } from './activity.ts';

/** Counters since the machine was switched on: bytes, requests, nanoseconds. */
export interface DiskCounters {
  readRequests: number;
  readBytes: number;
  readTimeNs: number;
  writeRequests: number;
  writeBytes: number;
  writeTimeNs: number;
  flushRequests: number;
  flushTimeNs: number;
}

export interface NicCounters {
  inBytes: number;
  inPackets: number;
  inDrops: number;
  outBytes: number;
  outPackets: number;
}

export interface VcpuCounters {
  timeNs: number;
  waitNs: number;
  delayNs: number;
}

const NS = 1e9;
const MAX_STEPS = 16;
const BYTES_PER_READ = 24 * 1024;
const BYTES_PER_WRITE = 14 * 1024;
const BYTES_PER_PACKET = 1150;

/**
 * The counters of one machine. They are brought up to the moment somebody asks, from the activity in between; they
 * never go back while the machine is on, stand still while it is paused, and begin at nothing when it is switched on.
 */
export class MachineFigures {
  readonly #spec: MachineSpec;
  readonly #seed: number;
  #at = 0;
  #bootedAt = 0;
  vcpus: VcpuCounters[] = [];
  disks: DiskCounters[] = [];
  nics: NicCounters[] = [];
  emulatorNs = 0;
  majorFaults = 0;
  minorFaults = 0;

  constructor(spec: MachineSpec, seed: number) {
    this.#spec = spec;
    this.#seed = seed;
    this.start(0, 0);
  }

  /**
   * Switches the machine on.
   * @param now milliseconds since the epoch.
   * @param uptimeSec what it has been running already: the counters then begin at what that time would have brought.
   */
  start(now: number, uptimeSec: number): void {
    const { vcpus, disks, nics } = this.#spec;
    this.#at = now - uptimeSec * 1000;
    this.#bootedAt = this.#at;
    this.vcpus = Array.from({ length: vcpus }, () => ({ timeNs: 0, waitNs: 0, delayNs: 0 }));
    this.disks = disks.map(() => ({
      readRequests: 0,
      readBytes: 0,
      readTimeNs: 0,
      writeRequests: 0,
      writeBytes: 0,
      writeTimeNs: 0,
      flushRequests: 0,
      flushTimeNs: 0,
    }));
    this.nics = nics.map(() => ({ inBytes: 0, inPackets: 0, inDrops: 0, outBytes: 0, outPackets: 0 }));
    this.emulatorNs = 0;
    this.majorFaults = 0;
    this.minorFaults = 0;
    this.advance(now, true);
  }

  /** All CPU time of the machine, QEMU's own included. */
  get cpuNs(): number {
    return this.vcpus.reduce((sum, vcpu) => sum + vcpu.timeNs, this.emulatorNs);
  }

  /** Brings the counters up to `now` (milliseconds since the epoch). A machine that is not running only loses time. */
  advance(now: number, running: boolean): void {
    const elapsed = (now - this.#at) / 1000;
    if (elapsed <= 0) return;
    if (running) {
      // Long gaps are summed up in few steps: nobody saw what happened within.
      const steps = Math.min(MAX_STEPS, Math.max(1, Math.round(elapsed)));
      const seconds = elapsed / steps;
      for (let step = 0; step < steps; step += 1)
        this.#step(this.#at / 1000 + (step + 0.5) * seconds, seconds);
    }
    this.#at = now;
  }

  /** What the machine does at `now`, without moving the counters. */
  activity(now: number): Activity {
    const seconds = now / 1000;
    return activityAt(this.#spec.load, this.#seed, { seconds, uptimeSec: (now - this.#bootedAt) / 1000 });
  }

  #step(middle: number, seconds: number): void {
    const uptimeSec = middle - this.#bootedAt / 1000;
    const activity = activityAt(this.#spec.load, this.#seed, { seconds: middle, uptimeSec });
    this.#stepVcpus(activity, middle, seconds);
    this.disks.forEach((disk, index) => this.#stepDisk(disk, activity, { index, middle, seconds }));
    for (const nic of this.nics) {
      nic.inBytes += activity.netInBytes * seconds;
      nic.outBytes += activity.netOutBytes * seconds;
      nic.inPackets += (activity.netInBytes * seconds) / BYTES_PER_PACKET;
      nic.outPackets += (activity.netOutBytes * seconds) / BYTES_PER_PACKET;
      // Only a really busy link drops anything.
      if (activity.netInBytes > 8e6) nic.inDrops += ((activity.netInBytes - 8e6) / 4e6) * seconds;
    }
    this.majorFaults += activity.diskReadBytes * 1e-6 * seconds;
    this.minorFaults += activity.cpu * this.#spec.vcpus * 900 * seconds;
  }

  #stepVcpus(activity: Activity, middle: number, seconds: number): void {
    const weights = this.vcpus.map(
      (_, index) => 0.4 + 1.2 * smoothNoise(this.#seed + index * 7919, middle, 13),
    );
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / Math.max(1, weights.length);
    this.vcpus.forEach((vcpu, index) => {
      const busy = Math.min(1, (activity.cpu * (weights[index] ?? 1)) / mean);
      vcpu.timeNs += busy * seconds * NS;
      vcpu.waitNs += busy * 0.004 * seconds * NS;
      vcpu.delayNs += busy * busy * 0.02 * seconds * NS;
    });
    this.emulatorNs += activity.cpu * this.#spec.vcpus * 0.03 * seconds * NS;
  }

  /** A second disk holds the data and has most of the traffic; an optical drive has none. */
  #stepDisk(
    disk: DiskCounters,
    activity: Activity,
    at: { index: number; middle: number; seconds: number },
  ): void {
    const data = this.#spec.disks.filter(({ device }) => device === 'disk').length;
    if (this.#spec.disks[at.index]?.device !== 'disk') return;
    const share = data === 1 ? 1 : at.index === 1 ? 0.8 : 0.2 / (data - 1);
    const read = activity.diskReadBytes * share * at.seconds;
    const write = activity.diskWriteBytes * share * at.seconds;
    const latency = 0.3e6 * (0.5 + 2 * smoothNoise(this.#seed ^ 0x61, at.middle, 29)) * (1 + activity.cpu);
    disk.readBytes += read;
    disk.readRequests += read / BYTES_PER_READ;
    disk.readTimeNs += (read / BYTES_PER_READ) * latency;
    disk.writeBytes += write;
    disk.writeRequests += write / BYTES_PER_WRITE;
    disk.writeTimeNs += (write / BYTES_PER_WRITE) * latency * 1.7;
    const flushes = (write / BYTES_PER_WRITE) * (0.05 + 0.1 * hashUnit(this.#seed, 9));
    disk.flushRequests += flushes;
    disk.flushTimeNs += flushes * latency * 4;
  }
}
