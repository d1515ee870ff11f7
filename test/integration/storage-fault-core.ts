import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import { JobGate, type JobPoint } from '../support/job-gate.ts';
import { until } from '../support/wait.ts';
import { CLONE_JOBS } from './clone-fault-jobs.ts';
import { JOBS, type Place } from './storage-fault-jobs.ts';

/**
 * The process of storage-fault-table.test.ts and clone-fault-table.test.ts that is killed: begins jobs, holds each at its point, and dies when all are there. Its
 * arguments: its folder, the file of its secrets, where the jobs work, and the rows.
 */
const [folder = '', secrets = '', place = '', rows = ''] = process.argv.slice(2);

export interface KilledRow {
  readonly job: string;
  readonly name: string;
  readonly point: JobPoint;
}

const killed = JSON.parse(rows) as KilledRow[];
const core = await TestCore.open({ folder, secrets: new FileSecrets(secrets) });
const at: Place = { ...(JSON.parse(place) as Omit<Place, 'core'>), core };
await Promise.all([at.host, at.other.host].map((host) => core.inState(host, 'connected')));
const gate = new JobGate(new Map(killed.map(({ name, point }) => [name, point])));
await Promise.all(
  killed.flatMap(({ job, name }) =>
    [...JOBS, ...CLONE_JOBS].filter(({ title }) => title === job).map((one) => one.begin(at, name)),
  ),
);
await until(() => killed.every(({ name }) => gate.holds(name)), 'every job is at its point');
process.kill(process.pid, 'SIGKILL');
