import { useCallback, useEffect, useState } from 'react';
import type { Failure } from '../../../main/contract/failure.ts';
import { failureOf } from '../../api/failure.ts';

/** What a question to the core has come to. `value` stays while it is asked again. */
export interface Answer<T> {
  readonly value: T | null;
  readonly failure: Failure | null;
  readonly loading: boolean;
  readonly reload: () => void;
}

interface Held<T> {
  /** The subject it belongs to. */
  readonly subject: string;
  readonly round: string;
  readonly value: T | null;
  readonly failure: Failure | null;
}

/**
 * Asks the core once for each `subject` and `version` and again on `reload`. The value of the same subject stays in view meanwhile; that of
 * another one never shows. An answer that comes too late is dropped. `ask` may be a new function at each render.
 */
export function useAnswer<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  { subject, version = '' }: { subject: string; version?: string },
): Answer<T> {
  const [count, setCount] = useState(0);
  const [held, setHeld] = useState<Held<T> | null>(null);
  const round = `${subject} ${version} ${count}`;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const put = (value: T | null, failure: Failure | null): void => {
      if (signal.aborted) return;
      setHeld((before) => ({
        subject,
        round,
        value: value ?? (before?.subject === subject ? before.value : null),
        failure,
      }));
    };
    ask(signal).then(
      (value) => put(value, null),
      (error: unknown) => put(null, failureOf(error)),
    );
    return () => controller.abort();
    // oxlint-disable-next-line react/exhaustive-deps -- `ask` differs at each render; the round says when to ask
  }, [subject, round]);
  const reload = useCallback(() => setCount((n) => n + 1), []);
  const mine = held?.subject === subject ? held : null;
  return {
    value: mine?.value ?? null,
    failure: mine?.failure ?? null,
    loading: mine?.round !== round,
    reload,
  };
}
