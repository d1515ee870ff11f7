import { useEffect, useState, useSyncExternalStore, type CSSProperties } from 'react';
import type { ScreenSize } from './screen-watch.ts';

/** How a guest's screen is shown: drawn to fit, one guest pixel as one of the display's, or the guest is asked to take the place's size. */
export type Scale = 'fit' | 'actual' | 'remote';

/**
 * The place for a screen. noVNC fits the screen into its place whatever the scale, so a place of just the right size makes `actual`:
 * then it also knows where the pointer is. `remote` asks for whole pixels: noVNC asks again for ever where the place has a fraction.
 */
export function placeOf(scale: Scale, size: ScreenSize | null, pixelRatio: number): CSSProperties {
  if (scale === 'remote') return { width: 'round(down, 100%, 1px)', height: 'round(down, 100%, 1px)' };
  if (scale === 'fit' || size === null || size.width === 0) return { width: '100%', height: '100%' };
  return { width: size.width / pixelRatio, height: size.height / pixelRatio };
}

/** How many of the display's pixels make one CSS pixel; follows the window to another display. */
export function usePixelRatio(): number {
  return useSyncExternalStore(watchPixelRatio, () => window.devicePixelRatio);
}

function watchPixelRatio(onChange: () => void): () => void {
  let query: MediaQueryList | null = null;
  // The query holds for one ratio alone: after each change it is another one.
  const follow = (): void => {
    query?.removeEventListener('change', follow);
    query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    query.addEventListener('change', follow);
    onChange();
  };
  follow();
  window.addEventListener('resize', follow);
  return () => {
    query?.removeEventListener('change', follow);
    window.removeEventListener('resize', follow);
  };
}

/** How long a guest may take to follow: its driver hears of the size as of another monitor. */
const FOLLOWS_WITHIN_MS = 2500;
/** Some drivers round to multiples of eight. */
const ROUNDING = 8;

/** Whether a guest that was asked for another size has kept its own. Some cards, boot screens and text consoles never follow. */
export function useKeepsItsSize(size: ScreenSize | null, asked: boolean): boolean {
  const differs = asked && size !== null && size.width > 0 && !follows(size);
  const [kept, setKept] = useState<ScreenSize | null>(null);
  useEffect(() => {
    if (!differs) return undefined;
    const timer = setTimeout(() => setKept(size), FOLLOWS_WITHIN_MS);
    return () => clearTimeout(timer);
  }, [differs, size]);
  return differs && kept?.width === size.width && kept.height === size.height;
}

function follows({ width, height, room }: ScreenSize): boolean {
  return Math.abs(width - room.width) < ROUNDING && Math.abs(height - room.height) < ROUNDING;
}
