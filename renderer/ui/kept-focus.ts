import { useEffect, useRef, type RefObject } from 'react';
import { isFocusFree } from './landing.ts';

/**
 * For an element that takes the keyboard when what had it in there is gone, as a button that goes with what it has mended: Tab goes on from where it was. It
 * looks whenever its component is rendered.
 */
export function useKeptFocus<T extends HTMLElement>(): {
  readonly ref: RefObject<T | null>;
  readonly tabIndex: -1;
  readonly onFocus: () => void;
  readonly onBlur: () => void;
} {
  const ref = useRef<T>(null);
  const isInside = useRef(false);
  useEffect(() => {
    // What is taken out of the page, or cannot be used any more, tells of no blur.
    if (isInside.current && isFocusFree()) ref.current?.focus({ preventScroll: true });
  });
  return {
    ref,
    tabIndex: -1,
    onFocus: () => {
      isInside.current = true;
    },
    onBlur: () => {
      isInside.current = false;
    },
  };
}
