import { parseArgs } from 'node:util';
import { Lab } from '../lab/lab.ts';
import { benchCalls, benchFirstList } from './calls.ts';
import { benchClone } from './clone.ts';
import { benchCreate } from './create.ts';
import { benchFleet } from './fleet.ts';
import { benchMigrate } from './migrate.ts';
import { benchP2v } from './p2v.ts';
import { benchP2vImport } from './p2v-import.ts';
import { benchP2vLive } from './p2v-live.ts';
import { benchRelay } from './relay.ts';
import { Report } from './report.ts';
import { benchScroll } from './scroll.ts';
import { benchSlowLink } from './slow-link.ts';
import { benchTicks } from './ticks.ts';
import { benchTransfers } from './transfers.ts';

/** `npm run bench [-- --json FILE] [--only calls,list,slow,transfers,clone,migrate,relay,create,p2v,p2v-import,p2v-live,ticks,fleet,scroll] [--minutes N]`: see CONTRIBUTING.md. */
const { values } = parseArgs({
  options: { json: { type: 'string' }, only: { type: 'string' }, minutes: { type: 'string', default: '5' } },
});
const report = new Report();
const only = values.only?.split(',');
const wanted = (name: string): boolean => only === undefined || only.includes(name);

if (
  [
    'calls',
    'list',
    'slow',
    'transfers',
    'clone',
    'migrate',
    'relay',
    'create',
    'p2v-import',
    'p2v-live',
  ].some(wanted)
) {
  const lab = await Lab.up(['clone', 'migrate', 'relay'].some(wanted) ? 2 : 1);
  try {
    if (wanted('calls')) await benchCalls(lab, report);
    if (wanted('list')) await benchFirstList(lab, report);
    if (wanted('slow')) await benchSlowLink(lab, report);
    if (wanted('transfers')) await benchTransfers(lab, report);
    if (wanted('clone')) await benchClone(lab, report);
    if (wanted('migrate')) await benchMigrate(lab, report);
    if (wanted('relay')) await benchRelay(lab, report);
    if (wanted('create')) await benchCreate(lab, report);
    if (wanted('p2v-import')) await benchP2vImport(lab, report);
    if (wanted('p2v-live')) await benchP2vLive(lab, report);
  } finally {
    await lab.release();
  }
}
if (wanted('p2v')) await benchP2v(report);
if (wanted('ticks')) await benchTicks(report);
if (wanted('scroll')) await benchScroll(report);
if (wanted('fleet')) await benchFleet(report, Number(values.minutes));
if (values.json !== undefined) await report.write(values.json);
