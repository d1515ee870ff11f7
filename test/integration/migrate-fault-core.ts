import { TestCore } from '../support/core.ts';
import { until } from '../support/wait.ts';
import { beginRow, jobGateOf, pointOf, type Place, type Row } from './migrate-fault-rows.ts';

/**
 * The process of migrate-fault-table.test.ts that is killed: begins the moves, holds each at its point, says so, and waits. Its arguments: its
 * folder, where they work, and the rows.
 */
const [folder = '', place = '', rows = ''] = process.argv.slice(2);

const moves = JSON.parse(rows) as Row[];
const core = await TestCore.open({ folder });
const at: Place = { ...(JSON.parse(place) as Omit<Place, 'core'>), core };
await Promise.all([at.hosts[1], at.hosts[2]].map((host) => core.inState(host, 'connected')));
const gate = jobGateOf(moves);
const gated = moves.filter((row) => pointOf(row) !== null);
const inTheMiddle = moves.filter(({ phase }) => phase === 'way');
const held = moves.filter((row) => !inTheMiddle.includes(row));
await Promise.all(held.map((row) => beginRow(row, at)));
await until(() => gated.every(({ name }) => gate.holds(name)), 'every move is at its point');
await Promise.all(inTheMiddle.map((row) => beginRow(row, at)));
process.stdout.write('held\n');
