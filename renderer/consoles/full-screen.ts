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

/**
 * Whether an element fills the screen, and the switch for it. While the guest has the keyboard (`grabbed`) it has all of it, where the
 * browser can; once it was left, Alt Tab is the desktop's again and Esc ends the full screen.
 */
export function useFullScreen(
  element: RefObject<HTMLElement | null>,
  grabbed: boolean,
): [on: boolean, toggle: () => void] {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const follow = (): void =>
      setOn(document.fullscreenElement !== null && document.fullscreenElement === element.current);
    document.addEventListener('fullscreenchange', follow);
    return () => document.removeEventListener('fullscreenchange', follow);
  }, [element]);
  useEffect(() => {
    const keyboard = on && grabbed ? keyboardLock() : null;
    keyboard?.lock().catch(() => undefined);
    return () => keyboard?.unlock();
  }, [on, grabbed]);
  const toggle = useCallback(() => {
    // A refusal (no gesture, no permission) leaves everything as it is.
    if (document.fullscreenElement !== null) document.exitFullscreen().catch(() => undefined);
    else element.current?.requestFullscreen().catch(() => undefined);
  }, [element]);
  return [on, toggle];
}
