import { useRef, useState, type FocusEvent, type KeyboardEvent, type RefObject } from 'react';
import { isFocusFree } from '../ui/landing.ts';

/**
 * Whether a console that has just come may take the keyboard: whoever opens one wants to type, but nothing that was typed into or reached
 * by keys is left for it. `frame` is the console with its bar.
 */
export function mayTakeFocus(frame: HTMLElement | null): boolean {
  if (isFocusFree()) return true;
  const active = document.activeElement;
  return active !== null && frame?.contains(active) === true && !active.matches(':focus-visible');
}

/** The focus goes to the console's bar, where Tab works again. */
function focusBar(frame: HTMLElement | null): void {
  const bar = frame?.querySelector('[role=toolbar]');
  bar?.querySelector<HTMLElement>('button:enabled, input:enabled')?.focus();
}

/** Takes the keyboard from the guest. The frame around its screen has it then; Tab goes on from there to the bar. */
export function leaveGuest(console: HTMLElement | null): void {
  frameIn(console)?.focus({ preventScroll: true });
}

/** Who has the keyboard: the guest, the frame around its screen (where Enter gives it to the guest), or something else of the window. */
export type Keyboard = 'guest' | 'frame' | 'elsewhere';

export interface ConsoleFocus {
  readonly keyboard: Keyboard;
  /** For the element around the frame. */
  readonly handlers: {
    readonly onFocus: (event: FocusEvent) => void;
    readonly onBlur: (event: FocusEvent) => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  };
}

/** How the keyboard goes to a guest and back. `console` is the console with its bar, `enter` gives the guest the keyboard. */
export function useConsoleFocus(console: RefObject<HTMLElement | null>, enter: () => void): ConsoleFocus {
  const [keyboard, setKeyboard] = useState<Keyboard>('elsewhere');
  const left = useRef(false);
  const onFocus = ({ target, relatedTarget }: FocusEvent): void => {
    const frame = frameIn(console.current);
    left.current = target === frame && relatedTarget !== null && frame.contains(relatedTarget);
    setKeyboard(target === frame ? 'frame' : frame?.contains(target) === true ? 'guest' : 'elsewhere');
  };
  const onBlur = (): void => {
    left.current = false;
    setKeyboard('elsewhere');
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== frameIn(console.current)) return;
    const enters = event.code === 'Enter' || event.code === 'Space';
    // The bar stands before the frame. Only who came out of the guest goes there by Tab: else Tab would never get past a console.
    const toBar = event.code === 'Tab' && !event.shiftKey && left.current;
    if (!enters && !toBar) return;
    event.preventDefault();
    if (enters) enter();
    else focusBar(console.current);
  };
  return { keyboard, handlers: { onFocus, onBlur, onKeyDown } };
}

function frameIn(console: HTMLElement | null): HTMLElement | null {
  return console?.querySelector<HTMLElement>('[role=application]') ?? null;
}
