import { useEffect, useState } from 'react';
import type { Domain } from '../../main/contract/domain.ts';
import type { Failure } from '../../main/contract/failure.ts';
import type { Screenshot } from '../../main/contract/console.ts';
import { api } from '../api/client.ts';
import { failureOf } from '../api/failure.ts';
import { domainKey } from '../state/store.ts';

/** Time between an answer and the next question. */
const EVERY_MS = 4000;
/** After a refusal (no video device, a busy host) it is asked less often. */
const AFTER_FAILURE_MS = 20_000;
const KEPT = 40;

/** The last picture of each machine, so that one that comes into view again is not black at first. */
const lastPictures = new Map<string, string>();

function keep(key: string, url: string): void {
  lastPictures.delete(key);
  lastPictures.set(key, url);
  const oldest = lastPictures.keys().next();
  if (lastPictures.size > KEPT && oldest.done !== true) lastPictures.delete(oldest.value);
}

/** A picture as a URL; null when it is of a kind that no browser should be handed. */
export function pictureUrl({ mime, base64 }: Screenshot): string | null {
  return mime === 'image/png' || mime === 'image/jpeg' ? `data:${mime};base64,${base64}` : null;
}

export interface Picture {
  readonly url: string | null;
  readonly failure: Failure | null;
}

/** The machine's screen as pictures, for as long as `active` is true and the window is in sight. The last one stays afterwards. */
export function useScreenshots({ host, uuid }: Pick<Domain, 'host' | 'uuid'>, active: boolean): Picture {
  const key = domainKey(host, uuid);
  const [picture, setPicture] = useState<Picture & { key: string }>(() => fresh(key));
  useEffect(() => {
    if (!active) return undefined;
    const controller = new AbortController();
    void watchScreen({ host, uuid }, controller.signal, (next) => setPicture({ ...next, key }));
    return () => controller.abort();
  }, [host, uuid, key, active]);
  return picture.key === key ? picture : fresh(key);
}

function fresh(key: string): Picture & { key: string } {
  return { key, url: lastPictures.get(key) ?? null, failure: null };
}

async function watchScreen(
  ref: { host: string; uuid: string },
  signal: AbortSignal,
  show: (picture: Picture) => void,
): Promise<void> {
  const key = domainKey(ref.host, ref.uuid);
  while (!signal.aborted) {
    let pause = EVERY_MS;
    if (document.visibilityState === 'visible')
      try {
        const url = pictureUrl(await api.domain.screenshot(ref, { signal }));
        if (url !== null) keep(key, url);
        if (!signal.aborted) show({ url, failure: null });
      } catch (error) {
        pause = AFTER_FAILURE_MS;
        if (!signal.aborted) show({ url: lastPictures.get(key) ?? null, failure: failureOf(error) });
      }
    await sleep(pause, signal);
  }
}

/** Resolves after a while or when the signal aborts, whichever is first. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
