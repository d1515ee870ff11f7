import { useCallback, useEffect, useState, type RefObject } from 'react';

/** Chromium's Keyboard Lock (WICG): in full screen it hands Alt Tab, Super, Esc and Ctrl W to the page. */
interface KeyboardLock {
  lock(): Promise<void>;
  unlock(): void;
}

function keyboardLock(): KeyboardLock | null {
  const { keyboard } = navigator as { keyboard?: Partial<KeyboardLock> };
  return typeof keyboard?.lock === 'function' && typeof keyboard.unlock === 'function'
    ? (keyboard as KeyboardLock)
    : null;
}

/** Whether an element fills the screen, and the switch for it. With the whole screen goes the whole keyboard, where the browser can. */
export function useFullScreen(element: RefObject<HTMLElement | null>): [on: boolean, toggle: () => void] {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const follow = (): void => {
      const full = document.fullscreenElement !== null && document.fullscreenElement === element.current;
      setOn(full);
      if (full)
        keyboardLock()
          ?.lock()
          .catch(() => undefined);
      else keyboardLock()?.unlock();
    };
    document.addEventListener('fullscreenchange', follow);
    return () => document.removeEventListener('fullscreenchange', follow);
  }, [element]);
  const toggle = useCallback(() => {
    // A refusal (no gesture, no permission) leaves everything as it is.
    if (document.fullscreenElement !== null) document.exitFullscreen().catch(() => undefined);
    else element.current?.requestFullscreen().catch(() => undefined);
  }, [element]);
  return [on, toggle];
}
