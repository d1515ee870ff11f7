import { startInChild } from './child.ts';
import { median, type Report } from './report.ts';

const HOSTS = 100;
const MACHINES = 20 * HOSTS;
/** What the issue allows the core. */
const CPU_BUDGET_PERCENT = 25;
const MEMORY_BUDGET_MIB = 350;

interface Usage {
  readonly cpuPercent: number;
  readonly rssMiB: number;
}

/** 100 hosts of 20 machines, all watched at 2 s: what the core takes of a core and of memory, and whether it grows. */
export async function benchFleet(report: Report, minutes: number): Promise<void> {
  const fleet = await startInChild<{ ports: number[] }>(
    'simulated-fleet.ts',
    String(HOSTS),
    String(MACHINES),
  );
  const core = await startInChild<{ machines: number }>(
    'fleet-core.ts',
    String(minutes),
    ...fleet.ready.ports.map(String),
  );
  const samples: Usage[] = [];
  core.onMessage((message) => samples.push(message as Usage));
  await core.exited;
  await fleet.end();
  const steady = samples.slice(Math.floor(samples.length / 5));
  const against = 'the budget';
  const name = `The core with ${HOSTS} hosts and ${MACHINES} machines at 2 s for ${minutes} min`;
  report.add(`${name}: CPU`, '% of a core', {
    ours: median(steady.map(({ cpuPercent }) => cpuPercent)),
    theirs: CPU_BUDGET_PERCENT,
    against,
  });
  report.add(`${name}: most memory`, 'MiB', {
    ours: Math.max(...samples.map(({ rssMiB }) => rssMiB)),
    theirs: MEMORY_BUDGET_MIB,
    against,
  });
  const half = Math.floor(steady.length / 2);
  report.add(`${name}: memory of the last half`, 'MiB', {
    ours: median(steady.slice(half).map(({ rssMiB }) => rssMiB)),
    theirs: median(steady.slice(0, half).map(({ rssMiB }) => rssMiB)),
    against: 'the half before it (flat is 1)',
  });
}
