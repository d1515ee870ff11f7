import { notifications } from '@mantine/notifications';
import {
  useCallback,
  useEffect,
  useRef,
  useState,
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
import { leaveGuest, mayTakeFocus, useConsoleFocus } from './focus.ts';
import { useFullScreen } from './full-screen.ts';
import { PasswordForm } from './password-form.tsx';
import { PhaseOverlay } from './phase-overlay.tsx';
import { placeOf, useKeepsItsSize, usePixelRatio } from './screen-scale.ts';
import { VncBar } from './vnc-bar.tsx';
import { NO_SCREEN, VncSession, type VncOptions, type VncState } from './vnc-session.ts';

/** How the last console of this window was left: the next one begins so. */
let lastOptions: VncOptions = { scale: 'fit', viewOnly: false };

const NO_SESSION = createStore<VncState>({ ...NO_SCREEN, phase: { kind: 'trying' } });

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
  const { session, attach } = useVncSession(domain, options);
  const focus = useConsoleFocus(frame, () => session?.focus());
  const grabbed = focus.keyboard === 'guest';
  const [fullScreen, toggleFullScreen] = useFullScreen(frame, grabbed);
  const { phase, password, picture, size } = useStore(session?.state ?? NO_SESSION);
  const connected = phase.kind === 'connected';
  const pixelRatio = usePixelRatio();
  const asked = connected && options.scale === 'remote' && !options.viewOnly;
  const keeps = useKeepsItsSize(size, asked);
  const [barHidden, stage] = useHidingBar(fullScreen && grabbed);

  useEffect(() => {
    if (connected && mayTakeFocus(frame.current)) session?.focus();
  }, [connected, session]);

  const leave = (event: KeyboardEvent): void => {
    if (event.code !== 'ControlRight' || !grabbed) return;
    // In the capture phase: noVNC stops its own events, so nothing is seen after it.
    event.preventDefault();
    event.stopPropagation();
    if (event.type !== 'keydown' || event.repeat) return;
    // The screen loses the focus by that, and so lets go of what is held.
    leaveGuest(frame.current);
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
        keyboard={focus.keyboard}
        options={options}
        fullScreen={fullScreen}
        hidden={barHidden}
        kept={keeps ? size : null}
        choice={choice}
        onOptions={change}
        onKeys={(keys) => session?.sendChord(keys)}
        onType={async (text, layout, how) => {
          await session?.type(text, layout, how);
          session?.focus();
        }}
        onScreenshot={() => void takeScreenshot()}
        onFullScreen={() => {
          toggleFullScreen();
          if (!fullScreen) session?.focus();
        }}
      />
      <div
        className={classes['stage']}
        onKeyDownCapture={leave}
        onKeyUpCapture={leave}
        {...focus.handlers}
        onBlur={(event) => {
          focus.handlers.onBlur(event);
          session?.release();
        }}
        onPointerMove={stage}
      >
        <div className={classes['scroll']}>
          <div
            ref={attach}
            className={classes['target']}
            style={placeOf(options.scale, size, pixelRatio)}
            aria-label={t('screenOf', { name: domain.name })}
            aria-description={connected ? t('grab.off') : undefined}
            role="application"
            tabIndex={0}
            onClick={() => session?.focus()}
          />
        </div>
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

/** A session for as long as its element is in the page: `attach` is the element's ref. */
function useVncSession(
  domain: Domain,
  options: VncOptions,
): { session: VncSession | null; attach: RefCallback<HTMLDivElement> } {
  const { host, uuid } = domain;
  const [session, setSession] = useState<VncSession | null>(null);
  const connected = useHost(host)?.state === 'connected';
  const run = connected ? domain.id : null;
  const attach = useCallback(
    (element: HTMLDivElement) => {
      const made = new VncSession({ host, uuid }, element, lastOptions);
      setSession(made);
      return () => made.dispose();
    },
    [host, uuid],
  );
  useEffect(() => session?.setRun(run), [session, run]);
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
