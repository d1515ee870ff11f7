import type RFB from '@novnc/novnc';
import type { Failure } from '../../main/contract/failure.ts';
import { api } from '../api/client.ts';
import { createStore } from '../state/store.ts';
import { chord, type Key, type Stroke } from './keys.ts';
import type { LayoutName } from './layouts.ts';
import { outcomeOf, outcomeOfEnd } from './open-console.ts';
import { openPipe } from './pipe-carriers.ts';
import type { Pipe } from './pipe.ts';
import { RawChannel } from './raw-channel.ts';
import { Reconnector, type LinkPhase, type Outcome } from './reconnector.ts';
import type { Scale } from './screen-scale.ts';
import { watchScreen, type ScreenSize } from './screen-watch.ts';
import { sleep } from './screenshots.ts';
import { characters, KEY_PAUSE_MS, strokesFor } from './typing.ts';

export interface VncOptions {
  readonly scale: Scale;
  readonly viewOnly: boolean;
}

export interface VncState {
  readonly phase: LinkPhase;
  /** The server asks for a password; `wrong`: the last one was refused. */
  readonly password: 'none' | 'wanted' | 'wrong';
  /** The last picture of a connection that is gone. */
  readonly picture: string | null;
  /** Null without a connection. */
  readonly size: ScreenSize | null;
}

export const NO_SCREEN: VncState = {
  phase: { kind: 'unavailable' },
  password: 'none',
  picture: null,
  size: null,
};

/** A machine's screen over VNC, kept connected. noVNC draws into `target`; everything else is told by `state`. */
export class VncSession {
  readonly state = createStore<VncState>(NO_SCREEN);
  readonly #ref: { readonly host: string; readonly uuid: string };
  readonly #target: HTMLElement;
  readonly #reconnector: Reconnector;
  #options: VncOptions;
  #rfb: RFB | null = null;
  /** Typed by the person; kept for reconnects as long as the console is open. */
  #password: string | null = null;

  constructor(ref: { host: string; uuid: string }, target: HTMLElement, options: VncOptions) {
    this.#ref = ref;
    this.#target = target;
    this.#options = options;
    this.#reconnector = new Reconnector({
      attempt: (signal, connected) => this.#attempt(signal, connected),
      onPhase: (phase) => this.#put({ phase }),
      sleep,
      now: () => Date.now(),
    });
  }

  /** Which run of the machine there is to look at; null: none, or its host is away. */
  setRun(run: number | null): void {
    this.#reconnector.setRun(run);
  }

  reconnect(): void {
    this.#reconnector.kick();
  }

  setOptions(options: VncOptions): void {
    this.#options = options;
    if (this.#rfb !== null) this.#apply(this.#rfb);
  }

  givePassword(password: string): void {
    this.#password = password;
    const waits = this.state.get().password === 'wanted' && this.#rfb !== null;
    this.#put({ password: 'none' });
    if (waits) this.#rfb?.sendCredentials({ password });
    else this.#reconnector.kick();
  }

  focus(): void {
    this.#rfb?.focus({ preventScroll: true });
  }

  /** Gives the keyboard back to the window and lets go of every key that the guest thinks is held. */
  release(): void {
    const rfb = this.#rfb;
    if (rfb === null) return;
    // noVNC releases keys only when the whole page loses the focus or when it becomes view-only.
    rfb.viewOnly = true;
    rfb.viewOnly = this.#options.viewOnly;
    rfb.blur();
  }

  sendChord(keys: readonly Key[]): void {
    this.#strike(chord(keys));
    this.focus();
  }

  /** Types text by key strokes; `progress` gets the number of characters done. Resolves early when the signal aborts. */
  async type(
    text: string,
    layout: LayoutName,
    { signal, progress }: { signal: AbortSignal; progress: (done: number) => void },
  ): Promise<void> {
    for (const [index, character] of characters(text).entries()) {
      if (signal.aborted || this.#rfb === null) return;
      this.#strike(strokesFor(character, layout));
      progress(index + 1);
      await sleep(KEY_PAUSE_MS, signal);
    }
  }

  /** The guest's screen at its own size; null without a connection. */
  screenshot(): Promise<Blob | null> {
    return new Promise((resolve) => {
      if (this.#rfb === null) resolve(null);
      else this.#rfb.toBlob(resolve, 'image/png');
    });
  }

  dispose(): void {
    this.#reconnector.dispose();
    this.#password = null;
  }

  #strike(strokes: readonly Stroke[]): void {
    for (const { keysym, code, down } of strokes) this.#rfb?.sendKey(keysym, code, down);
  }

  #put(change: Partial<VncState>): void {
    this.state.update((state) => ({ ...state, ...change }));
  }

  #apply(rfb: RFB): void {
    const { scale, viewOnly } = this.#options;
    rfb.viewOnly = viewOnly;
    rfb.scaleViewport = true;
    rfb.resizeSession = scale === 'remote';
    rfb.clipViewport = false;
  }

  async #attempt(signal: AbortSignal, connected: () => void): Promise<Outcome> {
    let pipe: Pipe | null = null;
    try {
      const [{ default: Viewer }, opened] = await Promise.all([
        import('@novnc/novnc'),
        api.console.open({ ...this.#ref, kind: 'vnc' }, { signal }),
      ]);
      pipe = await openPipe(opened.token, signal);
      const password = this.#password ?? opened.password;
      if (signal.aborted) return { next: 'hold', failure: null };
      const rfb = new Viewer(this.#target, new RawChannel(pipe), {
        shared: true,
        ...(password === null ? {} : { credentials: { password } }),
      });
      return await this.#follow(rfb, pipe, { signal, connected });
    } catch (error) {
      const outcome = outcomeOf(error);
      // The server is gone or not there yet: the machine stops or starts just now.
      return outcome.failure?.code === 'CONFLICT' ? { ...outcome, next: 'backoff' } : outcome;
    } finally {
      pipe?.close();
    }
  }

  /** From a new viewer to its end. */
  #follow(
    rfb: RFB,
    pipe: Pipe,
    { signal, connected }: { signal: AbortSignal; connected: () => void },
  ): Promise<Outcome> {
    this.#rfb = rfb;
    rfb.background = 'transparent';
    this.#apply(rfb);
    const unwatch = watchScreen(this.#target, (size) => this.#put({ size }));
    let refusal: string | null = null;
    let drawn = false;
    return new Promise((resolve) => {
      const stop = (): void => rfb.disconnect();
      signal.addEventListener('abort', stop, { once: true });
      rfb.addEventListener('connect', () => {
        drawn = true;
        this.#put({ password: 'none' });
        connected();
      });
      rfb.addEventListener('credentialsrequired', ({ detail }) => {
        if (detail.types.every((type) => type === 'password')) this.#put({ password: 'wanted' });
        else rfb.disconnect();
      });
      rfb.addEventListener('securityfailure', ({ detail }) => {
        refusal = (detail.reason ?? '').replaceAll('\0', '').trim();
      });
      rfb.addEventListener('disconnect', ({ detail }) => {
        signal.removeEventListener('abort', stop);
        unwatch();
        if (this.#rfb === rfb) {
          this.#rfb = null;
          this.#put({ size: null });
        }
        if (drawn) this.#put({ picture: rfb.toDataURL('image/png') });
        resolve(this.#ended(pipe, { drawn, refusal, clean: detail.clean }));
      });
    });
  }

  #ended(
    pipe: Pipe,
    { drawn, refusal, clean }: { drawn: boolean; refusal: string | null; clean: boolean },
  ): Outcome {
    if (refusal !== null) {
      this.#password = null;
      this.#put({ password: 'wrong' });
      return { next: 'hold', failure: null };
    }
    const end = pipe.ended ?? { code: 'ended', reason: '' };
    // noVNC closed it: it could not read what the server sent.
    if (end.code === 'failed' || (end.code === 'closed' && !clean))
      return { next: 'backoff', failure: unreadable(end.reason) };
    if (drawn) return outcomeOfEnd(end);
    return { next: 'backoff', failure: brokenOff(end.reason) };
  }
}

function unreadable(reason: string): Failure {
  return {
    code: 'UNSUPPORTED',
    message: 'The VNC server sent something that this viewer cannot read.',
    ...(reason === '' ? {} : { detail: reason }),
  };
}

function brokenOff(reason: string): Failure {
  return {
    code: 'LINK_LOST',
    message: 'The VNC server closed the connection before it showed a picture.',
    ...(reason === '' ? {} : { detail: reason }),
  };
}
