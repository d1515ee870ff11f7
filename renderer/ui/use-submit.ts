import { useState } from 'react';
import type { Failure } from '../../main/contract/failure.ts';
import { failureOf } from '../api/failure.ts';

/** What a dialog's last button does: busy while it runs; what it failed with stays in the dialog. */
export interface Submit {
  readonly busy: boolean;
  readonly failure: Failure | null;
  readonly run: (work: () => Promise<unknown>) => void;
}

/** `onDone` is called after the work, and not after a failure. */
export function useSubmit(onDone: () => void): Submit {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const run = (work: () => Promise<unknown>): void => {
    setBusy(true);
    setFailure(null);
    work()
      .then(onDone, (error: unknown) => setFailure(failureOf(error)))
      .finally(() => setBusy(false));
  };
  return { busy, failure, run };
}
