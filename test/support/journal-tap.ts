import { Journal, type JournalEntry } from '../../main/jobs/engine/journal.ts';

/** What sees a line of a journal, and is waited for, right before it is on the disk, and right after. */
export type JournalVisit = (side: 'before' | 'after', entry: JournalEntry) => Promise<void> | void;

/** Shows each line that the jobs of this process write, until the function that is returned is called. */
export function tapJournals(visit: JournalVisit): () => void {
  // eslint-disable-next-line typescript/unbound-method -- it is called on its journal
  const append = Journal.prototype.append;
  Journal.prototype.append = async function (this: Journal, entry: JournalEntry): Promise<void> {
    await visit('before', entry);
    await append.call(this, entry);
    await visit('after', entry);
  };
  return () => (Journal.prototype.append = append);
}
