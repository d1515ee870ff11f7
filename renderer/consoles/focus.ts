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
export function focusBar(frame: HTMLElement | null): void {
  const bar = frame?.querySelector('[role=toolbar]');
  bar?.querySelector<HTMLElement>('button:enabled, input:enabled')?.focus();
}

/** Enter and Space on a console that can be reached by Tab give it the keyboard. */
export function entersConsole(event: {
  readonly code: string;
  readonly target: EventTarget;
  readonly currentTarget: EventTarget;
}): boolean {
  return event.target === event.currentTarget && (event.code === 'Enter' || event.code === 'Space');
}
