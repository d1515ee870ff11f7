import { useCallback } from 'react';
import { navigate, type Route } from '../../state/router.ts';

/** What the key after `g` leads to. */
const PLACES: Readonly<Record<string, Route>> = {
  m: { page: 'machines' },
  s: { page: 'storage' },
  n: { page: 'networks', view: 'networks' },
};
const CHORD_MS = 1200;

/**
 * Gives what `g` does: the next key goes to a page, if it is one of a page and comes soon. It is taken before anything else hears it, as
 * a list would take its letter for the beginning of a name, or start a machine.
 */
export function useGoTo(): () => void {
  return useCallback(() => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), CHORD_MS);
    window.addEventListener(
      'keydown',
      (event) => {
        stop.abort();
        const place = PLACES[event.key];
        if (place === undefined || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        navigate(place);
      },
      { capture: true, signal: stop.signal },
    );
  }, []);
}

function isTyping({ target }: Event): boolean {
  return target instanceof Element && target.matches('input, textarea, select, [contenteditable=true]');
}
