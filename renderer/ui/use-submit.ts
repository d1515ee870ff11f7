import { useCallback, useState } from 'react';
import type { Failure } from '../../main/contract/failure.ts';
import { failureOf } from '../api/failure.ts';

/** What a dialog's last button does: busy while it runs; what it failed with stays in the dialog. */
export interface Submit {
  readonly busy: boolean;
  readonly failure: Failure | null;
  /** `told`: whether a failure is said elsewhere, as at a field; then it does not stay here. */
  readonly run: (work: () => Promise<unknown>, told?: (failure: Failure) => boolean) => void;
  /** What it failed with may be mended: it is not said any more. */
  readonly forget: () => void;
}

/**
 * `onDone` is called after the work, and not after a failure.
 * @param form what is submitted: what was said of it before a change says nothing of it now
 */
export function useSubmit(onDone: () => void, form?: unknown): Submit {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [said, setSaid] = useState({ form });
  if (said.form !== form) {
    setSaid({ form });
    setFailure(null);
  }
  const run: Submit['run'] = (work, told = () => false) => {
    setBusy(true);
    setFailure(null);
    work()
      .then(onDone, (error: unknown) => {
        const found = failureOf(error);
        if (!told(found)) setFailure(found);
      })
      .finally(() => setBusy(false));
  };
  const forget = useCallback(() => setFailure(null), []);
  return { busy, failure, run, forget };
}
