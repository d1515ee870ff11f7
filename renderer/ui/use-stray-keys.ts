import { useEffect, type RefObject } from 'react';

/**
 * Keys that are pressed while nothing has the focus (the page just opened, the body was clicked) go to the list, so that nobody has to
 * click it first. Those that a dialog or field has stay there.
 */
export function useStrayKeys(list: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const pass = (event: KeyboardEvent): void => {
      const target = list.current;
      if (target === null || event.target !== document.body || event.defaultPrevented) return;
      if (document.querySelector('[role=dialog], [role=menu]') !== null) return;
      target.focus({ preventScroll: true });
      const again = new KeyboardEvent('keydown', {
        key: event.key,
        code: event.code,
        shiftKey: event.shiftKey,
        ctrlKey: event.ctrlKey,
        metaKey: event.metaKey,
        altKey: event.altKey,
        bubbles: true,
        cancelable: true,
      });
      if (!target.dispatchEvent(again)) event.preventDefault();
      // what the list does not know still bubbles to the window's own keys, once: by the event just sent
      event.stopImmediatePropagation();
    };
    window.addEventListener('keydown', pass, { capture: true });
    return () => window.removeEventListener('keydown', pass, { capture: true });
  }, [list]);
}
