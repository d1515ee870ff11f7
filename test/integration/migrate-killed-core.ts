import type { MigrateInput } from '../../main/contract/migrate.ts';
import { TestCore } from '../support/core.ts';
import { shown } from '../support/job-watch.ts';
import { atPhase } from './migrate-lab.ts';

/**
 * The process of lab-migrate.test.ts: a core that moves a machine, and is gone in the middle of it without a last word. Its arguments: its
 * folder, the input, and when: `after finishing`, once that phase is in the journal and before the host is asked; `before arrived`, when the
 * host has done it and that is not in the journal; `on the way`, while data goes.
 */
const [folder = '', input = '', when = ''] = process.argv.slice(2);

const die = (): void => void process.kill(process.pid, 'SIGKILL');
const [order, phase = ''] = when.split(' ');
if (order === 'before' || order === 'after') atPhase(order, phase, die);

const core = await TestCore.open({ folder });
const asked = JSON.parse(input) as MigrateInput;
await core.inState(asked.host, 'connected');
await core.inState(asked.to, 'connected');
await core.machine(asked.host, asked.uuid);
const { job } = await core.client.migrate.run(asked);
await shown(core, job, ({ progress, steps }) => {
  const moving = steps.some(({ id, state }) => id === 'move' && state === 'running');
  if (order === 'on' && moving && (progress ?? 0) > 0.1) die();
  return false;
});
