import type { CloneInput } from '../../main/contract/clone.ts';
import type { CreateInput } from '../../main/contract/create.ts';
import type { JournalEntry } from '../../main/jobs/engine/journal.ts';
import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import { tapJournals } from '../support/journal-tap.ts';

/** Who started this waits for its death: a point that comes late, as virt-v2v's under load, is waited for. */
const HANGS_MS = 900_000;

/**
 * The process of create-killed.test.ts: a core that makes or clones a machine, and is gone in the middle of it without a last word. Its arguments:
 * its folder, the file of its secrets, the input, or the job that goes on, and when: `after begin define-1`, once that is in the journal and before the host is
 * asked; `before done define-1`, when the host has done it and that is not in the journal. A note may be said in full, or by its
 * state: `after note volume-1-1 {"state":"refused"}`, `before whole fetch-1`. `after kept 1`: the host has so many pieces of a running machine's disk, and the journal
 * has what tells the next program.
 */
const [folder = '', secrets = '', input = '', when = ''] = process.argv.slice(2);

const isNow = (order: string, entry: JournalEntry): boolean =>
  'step' in entry &&
  [
    `${order} ${entry.type} ${entry.step}`,
    `${order} note ${entry.step} ${noted(entry)}`,
    `${order} ${stateOf(entry)} ${entry.step}`,
    `${order} kept ${piecesOf(entry)}`,
  ].includes(when);
const noted = (entry: JournalEntry): string => (entry.type === 'note' ? JSON.stringify(entry.value) : '');
const stateOf = (entry: JournalEntry): string => /^\{"state":"(\w+)"/.exec(noted(entry))?.[1] ?? '';
const piecesOf = (entry: JournalEntry): string => /"pieces":(\d+)/.exec(noted(entry))?.[1] ?? '';
tapJournals((side, entry) => {
  if (isNow(side, entry)) process.kill(process.pid, 'SIGKILL');
});

const core = await TestCore.open({ folder, secrets: new FileSecrets(secrets) });
const asked = JSON.parse(input) as
  CreateInput | CloneInput | { readonly host: string; readonly goesOn: string };
for (const host of 'machine' in asked ? [asked.host, asked.to] : [asked.host])
  await core.inState(host, 'connected');
const { job } = await begin();
await core.jobDone(job, HANGS_MS);
process.exit();

async function begin(): Promise<{ job: string }> {
  const { activity, clone, create } = core.client;
  if (!('goesOn' in asked)) return 'machine' in asked ? clone.run(asked) : create.run(asked);
  await activity.resumeJob({ job: asked.goesOn, choice: 'goOn' });
  return { job: asked.goesOn };
}
