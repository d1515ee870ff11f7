import { useEffect, useRef, type RefObject } from 'react';

/**
 * Brings the first thing that stands against the move into sight, and what mends it under the keyboard.
 * @param asked how often that was asked for
 */
export function useMending(asked: number): RefObject<HTMLDivElement | null> {
  const checks = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (asked === 0) return undefined;
    // After the section itself, which takes the keyboard when it opens.
    const frame = requestAnimationFrame(() => {
      const item = checks.current?.querySelector('[data-level="stop"]');
      const control =
        item?.querySelector('button') ?? item?.closest('fieldset')?.querySelector('input, button') ?? null;
      item?.scrollIntoView({ block: 'center' });
      if (!(control instanceof HTMLElement)) return;
      control.focus({ preventScroll: true });
      control.scrollIntoView({ block: 'nearest' });
    });
    return () => cancelAnimationFrame(frame);
  }, [asked]);
  return checks;
}
