import type { DomainRef } from '../../main/contract/domain.ts';
import { createStore, useStore } from './store.ts';

/** The one dialog of the frame that is open. */
export type FrameDialog =
  | { readonly kind: 'addHost'; readonly target?: string }
  /** `more`: all options are shown from the beginning. */
  | { readonly kind: 'editHost'; readonly id: string; readonly more?: boolean }
  | { readonly kind: 'removeHost'; readonly id: string }
  /** Makes a machine; `host` left out: where the last one was, or the first that is connected. */
  | { readonly kind: 'createMachine'; readonly host?: string }
  /** Makes machines from a template. */
  | { readonly kind: 'fromTemplate'; readonly host: string; readonly uuid: string }
  /** Makes machines like another one. */
  | { readonly kind: 'clone'; readonly host: string; readonly uuid: string }
  /** Moves machines to another host; `to`: the one that is chosen already; `evacuates`: the host whose sheet it was opened from, and goes back to. */
  | {
      readonly kind: 'migrate';
      readonly machines: readonly DomainRef[];
      /** What its networks become there, as far as that is known before. */
      readonly networks?: Readonly<Record<string, string>>;
      readonly to?: string;
      readonly evacuates?: string;
    }
  /** Empties a host. */
  | { readonly kind: 'evacuate'; readonly host: string }
  | { readonly kind: 'settings' }
  | { readonly kind: 'keys' };

const dialog = createStore<FrameDialog | null>(null);

export function openDialog(next: FrameDialog): void {
  dialog.set(next);
}

export function closeDialog(): void {
  dialog.set(null);
}

export function useDialog(): FrameDialog | null {
  return useStore(dialog);
}
