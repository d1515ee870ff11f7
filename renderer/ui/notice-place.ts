import { useLayoutEffect, type RefObject } from 'react';

/** How far from the window's lower edge notices keep; base.css has the rule. */
const ROOM = '--notices-above';
const GAP = 8;

/** Notices stand above it while it is there: what a failure says never lies over the buttons that are needed next. */
export function useClearOfNotices(ref: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const { style } = document.documentElement;
    const place = (): void => {
      const room = window.innerHeight - element.getBoundingClientRect().top + GAP;
      style.setProperty(ROOM, `${Math.max(0, Math.round(room))}px`);
    };
    // The sheet’s height follows the window’s, and the footer’s what it says.
    const resized = new ResizeObserver(place);
    resized.observe(element);
    window.addEventListener('resize', place);
    place();
    return () => {
      resized.disconnect();
      window.removeEventListener('resize', place);
      style.removeProperty(ROOM);
    };
  }, [ref]);
}
