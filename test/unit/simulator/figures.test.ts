import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { activityAt } from '../../../drivers/simulator/figures/activity.ts';
import { HostFigures } from '../../../drivers/simulator/figures/host-figures.ts';
import { MachineFigures } from '../../../drivers/simulator/figures/machine-figures.ts';
import { planFleet } from '../../../drivers/simulator/fleet/plan.ts';
import { ROLES } from '../../../drivers/simulator/fleet/roles.ts';

const START = Date.UTC(2026, 0, 15, 10);
const spec = planFleet({ seed: 1, hosts: 1, machines: 2 })[0]?.machines[1]?.spec;
assert.ok(spec);

function counters(figures: MachineFigures): number[] {
  return [
    figures.cpuNs,
    figures.majorFaults,
    figures.minorFaults,
    ...figures.vcpus.flatMap((vcpu) => [vcpu.timeNs, vcpu.waitNs, vcpu.delayNs]),
    ...figures.disks.flatMap((disk) => Object.values(disk)),
    ...figures.nics.flatMap((nic) => Object.values(nic)),
  ];
}

test('no counter of a running machine ever goes back, at any interval', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000 }), { maxLength: 20 }), (steps) => {
      const figures = new MachineFigures(spec, 7);
      figures.start(START, 1000);
      let now = START;
      let before = counters(figures);
      for (const step of steps) {
        now += step;
        figures.advance(now, true);
        const after = counters(figures);
        assert.ok(after.every((value, index) => value >= (before[index] ?? Number.NaN)));
        before = after;
      }
    }),
  );
});

test('a paused machine stands still', () => {
  const figures = new MachineFigures(spec, 7);
  figures.start(START, 1000);
  const before = counters(figures);
  figures.advance(START + 60_000, false);
  assert.deepEqual(counters(figures), before);
});

test('time that passed while paused is not made up for', () => {
  const figures = new MachineFigures(spec, 7);
  figures.start(START, 1000);
  figures.advance(START + 3_600_000, false);
  const before = figures.cpuNs;
  figures.advance(START + 3_601_000, true);
  assert.ok(figures.cpuNs - before <= 1.1 * spec.vcpus * 1e9);
});

test('a start begins the counters at nothing', () => {
  const figures = new MachineFigures(spec, 7);
  figures.start(START, 100_000);
  figures.start(START, 0);
  assert.ok(counters(figures).every((value) => value === 0));
});

test('no vCPU gets more time than has passed', () => {
  const figures = new MachineFigures(spec, 7);
  figures.start(START, 0);
  for (let second = 1; second <= 600; second += 1) {
    const before = figures.vcpus.map((vcpu) => vcpu.timeNs);
    figures.advance(START + second * 1000, true);
    figures.vcpus.forEach((vcpu, index) => assert.ok(vcpu.timeNs - (before[index] ?? 0) <= 1e9));
  }
});

test('activity stays within its bounds for every role and time', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(ROLES)),
      fc.integer(),
      fc.integer({ min: 0, max: 4_000_000_000 }),
      fc.integer({ min: 0, max: 100 }),
      (role, seed, seconds, uptimeSec) => {
        const activity = activityAt(role.load, seed, { seconds, uptimeSec });
        assert.ok(activity.cpu > 0 && activity.cpu <= 1);
        assert.ok(activity.memory > 0 && activity.memory <= 1);
        assert.ok(activity.diskReadBytes >= 0 && activity.diskWriteBytes >= 0);
        assert.ok(activity.netInBytes >= 0 && activity.netOutBytes >= 0);
      },
    ),
  );
});

test('figures move: within a minute CPU use is not the same twice', () => {
  const seen = new Set<number>();
  for (let second = 0; second < 60; second += 1) {
    const at = { seconds: START / 1000 + second, uptimeSec: 1000 };
    seen.add(Math.round(activityAt(ROLES.web.load, 3, at).cpu * 1000));
  }
  assert.ok(seen.size > 20, `only ${seen.size} different values`);
});

test("a host's CPU counters add up to all the time of all its CPUs", () => {
  const host = new HostFigures({ cpus: 16, seed: 3, now: START, uptimeSec: 0 });
  host.advance(START + 10_000, 20e9);
  const sum = host.user + host.kernel + host.idle + host.iowait;
  assert.ok(Math.abs(sum - 16 * 10e9) < 1e3);
});

test("a host's user time holds what its guests had", () => {
  const host = new HostFigures({ cpus: 16, seed: 3, now: START, uptimeSec: 0 });
  host.advance(START + 10_000, 20e9);
  assert.ok(host.user >= 20e9);
});
