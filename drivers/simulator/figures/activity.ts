import { hashUnit, smoothNoise } from '../random.ts';
import type { LoadProfile } from '../fleet/spec.ts';

/** How hard a machine works at one moment. `cpu` is a share of all vCPUs, the others are rates per second. */
export interface Activity {
  cpu: number;
  diskReadBytes: number;
  diskWriteBytes: number;
  netInBytes: number;
  netOutBytes: number;
  /** Share of the memory that programs hold. */
  memory: number;
}

const DAY_SECONDS = 86_400;
const BOOT_SECONDS = 9;
const SPIKE_SECONDS = 6;
const SPIKE_CHANCE = 0.1;
const BUSY_BOOT_BYTES = 60 * 2 ** 20;

/**
 * What a machine does at a moment, from nothing but its seed and the time, so that figures can be asked for at any
 * interval: a working day, a slow walk on top of it, and bursts that all resources share.
 * @param seconds since the epoch.
 * @param uptimeSec since the machine was switched on: a boot reads its disk and keeps its CPUs busy.
 */
export function activityAt(
  profile: LoadProfile,
  seed: number,
  at: { seconds: number; uptimeSec: number },
): Activity {
  const { seconds } = at;
  const level = dayLevel(seconds, profile.daily) * walk(seed, seconds);
  const burst = profile.bursts * (burstHeight(seed, seconds) + 0.4 * spikeHeight(seed, seconds));
  const boot = at.uptimeSec < BOOT_SECONDS ? 1 - at.uptimeSec / BOOT_SECONDS : 0;
  const work = level + burst;
  const rate = (base: number, salt: number) =>
    base * (0.15 + 0.85 * work) * (0.35 + 1.3 * smoothNoise(seed ^ salt, seconds, 11));
  return {
    cpu: Math.min(0.985, Math.max(0.004, profile.cpu * work + boot * 0.8)),
    diskReadBytes: rate(profile.diskReadBytes, 0x51) + boot * BUSY_BOOT_BYTES,
    diskWriteBytes: rate(profile.diskWriteBytes, 0x52) + boot * 2 ** 20,
    netInBytes: rate(profile.netInBytes, 0x53) * (1 - boot),
    netOutBytes: rate(profile.netOutBytes, 0x54) * (1 - boot),
    memory: Math.min(
      0.95,
      profile.memory * (1 - boot * 0.8) * (0.9 + 0.2 * smoothNoise(seed ^ 0x55, seconds, 240)) + 0.02 * burst,
    ),
  };
}

/** The working day, in UTC: quiet at night, full from nine to six. `weight` says how much it matters. */
function dayLevel(seconds: number, weight: number): number {
  const hour = ((seconds % DAY_SECONDS) / DAY_SECONDS) * 24;
  const shape = 0.5 - 0.5 * Math.cos(((hour - 1.5) / 24) * 2 * Math.PI);
  return 1 - weight * 0.65 * (1 - shape);
}

function walk(seed: number, seconds: number): number {
  const slow = smoothNoise(seed ^ 0x11, seconds, 95);
  const middle = smoothNoise(seed ^ 0x12, seconds, 17);
  const fast = smoothNoise(seed ^ 0x13, seconds, 2.5);
  const jitter = 0.85 + 0.3 * smoothNoise(seed ^ 0x14, seconds, 0.9);
  return (0.3 + 0.6 * slow + 0.4 * middle + 0.35 * fast) * jitter;
}

/** A job of some seconds, about once a minute: it begins at once and ends as suddenly. */
function spikeHeight(seed: number, seconds: number): number {
  const cell = Math.floor(seconds / SPIKE_SECONDS);
  const chance = hashUnit(seed ^ 0x31, cell);
  return chance < SPIKE_CHANCE ? 0.3 + 0.7 * (chance / SPIKE_CHANCE) : 0;
}

/** 0 for most of the time; now and then up to 1 for some seconds. Every machine has its own spacing. */
function burstHeight(seed: number, seconds: number): number {
  const spacing = 25 + 60 * hashUnit(seed, 7);
  const over = smoothNoise(seed ^ 0x21, seconds, spacing) - 0.72;
  return over <= 0 ? 0 : Math.min(1, over / 0.2);
}
