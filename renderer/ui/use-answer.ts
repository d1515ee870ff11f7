import { useCallback, useEffect, useState } from 'react';
import type { Failure } from '../../main/contract/failure.ts';
import { failureOf } from '../api/failure.ts';

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

export interface AnswerOptions<T> {
  readonly subject: string;
  /** What the answer depends on besides the subject. */
  readonly version?: string;
  /** False: nobody can answer now; it is asked when somebody can. */
  readonly enabled?: boolean;
  /** What is known of the subject from before. */
  readonly known?: T | null;
}

/**
 * Asks the core once for each `subject` and `version` and again on `reload`. The value of the same subject stays in view meanwhile; that of
 * another one never shows. An answer that comes too late is dropped. `ask` may be a new function at each render.
 */
export function useAnswer<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  { subject, version = '', enabled = true, known = null }: AnswerOptions<T>,
): Answer<T> {
  const [count, setCount] = useState(0);
  const [held, setHeld] = useState<Held<T> | null>(null);
  const round = `${subject} ${version} ${count}`;
  useEffect(() => {
    if (!enabled) return undefined;
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
  }, [subject, round, enabled]);
  const reload = useCallback(() => setCount((n) => n + 1), []);
  const mine = held?.subject === subject ? held : null;
  return {
    value: mine?.value ?? known,
    // A failure of an earlier round says nothing of a host that is away by now: that is said elsewhere.
    failure: enabled ? (mine?.failure ?? null) : null,
    loading: enabled && mine?.round !== round,
    reload,
  };
}
