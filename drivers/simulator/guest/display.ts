import type { Frame } from '../vnc/frame.ts';
import type { KeyEvent } from './keys.ts';

/** The screen and keyboard of a guest, as its VNC server and the screenshot see them. */
export interface Display {
  /** Equal numbers mean an equal picture. Asking brings the guest up to the present. */
  version(): number;
  /** The present picture. */
  render(): Frame;
  key(event: KeyEvent): void;
  pointer(x: number, y: number, buttons: number): void;
  /** The video card was told of a monitor of another size. A desktop takes it, a text console does not. */
  monitorChanged(width: number, height: number): void;
  /** Calls `changed` after each change for as long as somebody watches; the guest moves by itself only then. */
  watch(changed: () => void): { dispose(): void };
}

export interface Ticking {
  advance(): void;
  /** Milliseconds since the epoch, null for never. */
  nextDue(): number | null;
}

/**
 * Runs something that changes by itself only while it is watched: one timer, set for the next change. Nobody looking
 * means no timer.
 */
export class Watchers {
  readonly #target: Ticking;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;

  constructor(target: Ticking, now: () => number) {
    this.#target = target;
    this.#now = now;
  }

  add(changed: () => void): { dispose(): void } {
    this.#listeners.add(changed);
    this.schedule();
    return {
      dispose: () => {
        this.#listeners.delete(changed);
        if (this.#listeners.size === 0) this.#stop();
      },
    };
  }

  /** Something changed now: tells everybody and looks for the next change. */
  notify(): void {
    for (const listener of this.#listeners) listener();
    this.schedule();
  }

  schedule(): void {
    this.#stop();
    if (this.#listeners.size === 0) return;
    const due = this.#target.nextDue();
    if (due === null) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#target.advance();
        this.notify();
      },
      Math.max(10, due - this.#now()),
    );
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
