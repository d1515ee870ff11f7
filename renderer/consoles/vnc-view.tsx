import { notifications } from '@mantine/notifications';
import {
  useCallback,
  useEffect,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefCallback,
} from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../main/contract/domain.ts';
import { download } from '../charts/download.ts';
import { useHost } from '../state/inventory.ts';
import { createStore, useStore } from '../state/store.ts';
import type { ConsoleKinds } from './console-kinds.ts';
import classes from './consoles.module.css';
import { useFullScreen } from './full-screen.ts';
import { PasswordForm } from './password-form.tsx';
import { PhaseOverlay } from './phase-overlay.tsx';
import { VncBar } from './vnc-bar.tsx';
import { VncSession, type VncOptions, type VncState } from './vnc-session.ts';

/** How the last console of this window was left: the next one begins so. */
let lastOptions: VncOptions = { scale: 'fit', viewOnly: false };

const NO_SESSION = createStore<VncState>({ phase: { kind: 'trying' }, password: 'none', picture: null });

export interface VncViewProps {
  readonly domain: Domain;
  readonly kinds: ConsoleKinds;
  readonly choice: ReactNode;
}

/** The machine's screen with its controls. */
export function VncView({ domain, kinds, choice }: VncViewProps) {
  const { t } = useTranslation('console');
  const frame = useRef<HTMLDivElement>(null);
  const [options, setOptions] = useState(lastOptions);
  const [grabbed, setGrabbed] = useState(false);
  const [fullScreen, toggleFullScreen] = useFullScreen(frame);
  const { session, attach } = useVncSession(domain, options);
  const { phase, password, picture } = useStore(session?.state ?? NO_SESSION);
  const connected = phase.kind === 'connected';
  const [barHidden, stage] = useHidingBar(fullScreen && grabbed);

  useEffect(() => {
    // Whoever opens a console wants to type; but nothing that was typed into is left for it.
    if (connected && (document.activeElement === document.body || document.activeElement === null))
      session?.focus();
  }, [connected, session]);

  const leave = (event: KeyboardEvent): void => {
    if (event.code !== 'ControlRight') return;
    // In the capture phase: noVNC stops its own events, so nothing is seen after it.
    event.preventDefault();
    event.stopPropagation();
    if (event.type !== 'keydown' || event.repeat) return;
    session?.release();
    frame.current?.querySelector<HTMLElement>('[role=toolbar] button')?.focus();
  };
  const takeScreenshot = async (): Promise<void> => {
    const blob = (await session?.screenshot()) ?? null;
    if (blob !== null) saveScreenshot(blob, domain.name, t('screenshotSaved'));
  };
  const change = (next: VncOptions): void => {
    lastOptions = next;
    setOptions(next);
  };
  return (
    <div className={classes['console']} ref={frame} data-full={fullScreen}>
      <VncBar
        name={domain.name}
        kinds={kinds}
        connected={connected}
        grabbed={grabbed}
        options={options}
        fullScreen={fullScreen}
        hidden={barHidden}
        choice={choice}
        onOptions={change}
        onKeys={(keys) => session?.sendChord(keys)}
        onType={async (text, layout, how) => {
          await session?.type(text, layout, how);
          session?.focus();
        }}
        onScreenshot={() => void takeScreenshot()}
        onFullScreen={toggleFullScreen}
      />
      <div
        className={classes['stage']}
        onKeyDownCapture={leave}
        onKeyUpCapture={leave}
        onFocus={(event) => setGrabbed(event.target instanceof HTMLCanvasElement)}
        onBlur={() => {
          setGrabbed(false);
          session?.release();
        }}
        onPointerMove={stage}
      >
        <div
          ref={attach}
          className={classes['target']}
          style={options.scale === 'actual' ? actualSize() : undefined}
          aria-label={t('screenOf', { name: domain.name })}
          role="group"
        />
        {!connected && picture !== null && <img className={classes['last']} src={picture} alt="" />}
        {password === 'none' ? (
          <PhaseOverlay domain={domain} phase={phase} onRetry={() => session?.reconnect()} />
        ) : (
          <PasswordForm
            key={password}
            wrong={password === 'wrong'}
            onSend={(typed) => session?.givePassword(typed)}
          />
        )}
      </div>
    </div>
  );
}

/** noVNC counts in CSS pixels: a place larger by the screen's ratio and drawn smaller by it shows each guest pixel as one. */
function actualSize(): CSSProperties {
  const ratio = window.devicePixelRatio;
  if (ratio === 1) return {};
  return {
    width: `${100 * ratio}%`,
    height: `${100 * ratio}%`,
    transform: `scale(${1 / ratio})`,
    transformOrigin: '0 0',
  };
}

/** A session for as long as its element is in the page: `attach` is the element's ref. */
function useVncSession(
  domain: Domain,
  options: VncOptions,
): { session: VncSession | null; attach: RefCallback<HTMLDivElement> } {
  const { host, uuid } = domain;
  const [session, setSession] = useState<VncSession | null>(null);
  const connected = useHost(host)?.state === 'connected';
  const available = domain.id !== null && connected;
  const attach = useCallback(
    (element: HTMLDivElement) => {
      const made = new VncSession({ host, uuid }, element, lastOptions);
      setSession(made);
      return () => made.dispose();
    },
    [host, uuid],
  );
  useEffect(() => session?.setAvailable(available), [session, available]);
  useEffect(() => session?.setOptions(options), [session, options]);
  return { session, attach };
}

const BAR_STAYS_MS = 1500;

/** In full screen the bar goes after a while and comes back when the pointer touches the upper edge. */
function useHidingBar(mayHide: boolean): [hidden: boolean, onPointerMove: (event: PointerEvent) => void] {
  const [near, setNear] = useState(true);
  useEffect(() => {
    if (!mayHide || !near) return undefined;
    const timer = setTimeout(() => setNear(false), BAR_STAYS_MS);
    return () => clearTimeout(timer);
  }, [mayHide, near]);
  return [mayHide && !near, (event) => event.clientY < 4 && setNear(true)];
}

function saveScreenshot(blob: Blob, name: string, message: string): void {
  navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]).then(
    () => notifications.show({ message, autoClose: 2000 }),
    () => download(blob, `${name}.png`),
  );
}
