import { useCallback, useEffect, useRef, useState, type RefCallback } from 'react';

/** The element of a page that the keyboard goes to when the page opens: its list or its heading. */
const LANDING = 'data-landing';

/** Nothing that hears keys has the focus: a page has just opened, or what had it is gone with its page, dialog or panel. */
export function isFocusFree(): boolean {
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body || activeElement.matches(`h1[${LANDING}]`);
}

/** Gives the keyboard to the page, unless something has it, or a dialog stands before the page. */
export function land(): void {
  if (isFocusFree() && document.querySelector('[aria-modal=true]') === null) focusPage();
}

/** Gives the keyboard to the page, whatever has it now. */
export function focusPage(): void {
  const target = document.querySelector<HTMLElement>(`main [${LANDING}]`);
  if (target !== null) target.focus({ preventScroll: true });
}

/** Makes a page's heading its landing: it is what is read out first, and Tab goes on from there to what the page can do. */
export function landOnHeading(): void {
  const heading = document.querySelector<HTMLElement>('main h1');
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.setAttribute(LANDING, '');
  land();
}

/**
 * A link of the frame was followed: the keyboard goes with it, as it does when a browser loads a page. The new page may come only after
 * this, and takes the keyboard when it does.
 */
export function followToPage(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  land();
}

/** The ref of a page's landing; the element needs a tabIndex. It takes the keyboard as soon as it is there, unless something has it. */
export function useLanding(): RefCallback<HTMLElement> {
  return useCallback((element: HTMLElement | null) => {
    if (element === null) return;
    element.setAttribute(LANDING, '');
    land();
  }, []);
}

/**
 * For a dialog or panel that is unmounted when it closes: the keyboard goes back to what had it before, or to the page when that is gone.
 * Calling the function that it gives says that the page is where to go.
 */
export function useReturnFocus(): () => void {
  const [before] = useState(() => openerOf(document.activeElement));
  const leaving = useRef(false);
  useEffect(
    () => () => {
      if (!isFocusFree()) return;
      if (!leaving.current && before instanceof HTMLElement && before.isConnected)
        before.focus({ preventScroll: true });
      land();
    },
    [before],
  );
  return useCallback(() => {
    leaving.current = true;
  }, []);
}

/** A line of a menu is gone as soon as it is chosen: what counts is the button that opened the menu. */
function openerOf(element: Element | null): Element | null {
  const button = element?.closest('[role=menu]')?.getAttribute('aria-labelledby') ?? null;
  return button === null ? element : document.getElementById(button);
}
