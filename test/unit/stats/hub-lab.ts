import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { StatsTick, StatsWatchInput } from '../../../main/contract/figures.ts';
import { StatsHub, type StatsClient } from '../../../main/stats/index.ts';
import { FakeClock, fakeClient, record, type FakeCalls } from './fake.ts';

export const OPTIONS = { hypervisor: 'QEMU', setBalloonPeriod: false };

export interface Lab {
  clock: FakeClock;
  hub: StatsHub;
  errors: unknown[];
  /** Ticks that a watcher got, which takes them as they come. */
  watch: (input: StatsWatchInput) => { ticks: StatsTick[]; stop: () => Promise<void> };
}

export function lab(t: TestContext): Lab {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const hub = new StatsHub({ clock, onError: (_host, error) => errors.push(error) });
  t.after(() => {
    hub.dispose();
    assert.equal(clock.timers, 0);
  });
  const watch = (input: StatsWatchInput): ReturnType<Lab['watch']> => {
    const ticks: StatsTick[] = [];
    const abort = new AbortController();
    const done = (async () => {
      for await (const tick of hub.watch(input, abort.signal)) ticks.push(tick);
    })();
    return {
      ticks,
      stop: async () => {
        abort.abort();
        await done;
      },
    };
  };
  return { clock, hub, errors, watch };
}

/** A host with one machine that uses half of its two vCPUs, by the fake clock. `calls` are the flags of its bulk calls. */
export function busyHost(clock: FakeClock, more: FakeCalls = {}): StatsClient & { calls: number[] } {
  const calls: number[] = [];
  const client = fakeClient({
    connectGetAllDomainStats: async ({ flags }) => {
      calls.push(flags);
      return { retStats: [record({ number: 1, id: 1, cpuSec: clock.monotonic() / 1000 })] };
    },
    ...more,
  });
  return { ...client, calls };
}

export const cpuOf = (tick: StatsTick | undefined): number | null | undefined => tick?.domains[0]?.cpu;

export const timesOf = (ticks: readonly StatsTick[]): number[] => ticks.map((tick) => tick.time);

/**
 * A host with one machine that, in the seconds that `works` says (counted from the first call), uses one of its two vCPUs and reads a
 * thousand bytes.
 */
export function workingHost(
  clock: FakeClock,
  works: (second: number) => boolean,
): StatsClient & { machine: { number: number; id: number; cpuSec: number; readBytes: number } } {
  const machine = { number: 1, id: 1, cpuSec: 0, readBytes: 0 };
  const start = clock.monotonic();
  let told = 0;
  const client = fakeClient({
    connectGetAllDomainStats: async () => {
      for (; told < (clock.monotonic() - start) / 1000; told += 1) {
        if (!works(told)) continue;
        machine.cpuSec += 1;
        machine.readBytes += 1000;
      }
      return { retStats: [record(machine)] };
    },
  });
  return { ...client, machine };
}
