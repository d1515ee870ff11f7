import '@xterm/xterm/css/xterm.css';
import { Button, Select } from '@mantine/core';
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconClipboard,
  IconCopy,
  IconTableOptions,
} from '@tabler/icons-react';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useCallback, useEffect, useRef, useState, type ReactNode, type RefCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain, SerialView as SerialPort } from '../../main/contract/domain.ts';
import { useHost } from '../state/inventory.ts';
import { createStore, useStore } from '../state/store.ts';
import classes from './consoles.module.css';
import { useFullScreen } from './full-screen.ts';
import { PhaseOverlay } from './phase-overlay.tsx';
import type { LinkPhase } from './reconnector.ts';
import { SerialSession } from './serial-session.ts';
import { Toggle } from './vnc-bar.tsx';

const NO_SESSION = createStore<LinkPhase>({ kind: 'trying' });
const SCROLLBACK_LINES = 5000;

interface Opened {
  readonly session: SerialSession;
  readonly terminal: Terminal;
}

/** A serial console in a terminal. */
export function SerialView(props: { domain: Domain; serials: readonly SerialPort[]; choice: ReactNode }) {
  const { domain, serials, choice } = props;
  const { t } = useTranslation('console');
  const frame = useRef<HTMLDivElement>(null);
  const [device, setDevice] = useState<string | null>(null);
  const [fullScreen, toggleFullScreen] = useFullScreen(frame);
  const chosen = serials.some(({ alias }) => alias === device) ? device : (serials[0]?.alias ?? null);
  const { opened, attach } = useSerial(domain, chosen);
  const phase = useStore(opened?.session.state ?? NO_SESSION);
  const connected = phase.kind === 'connected';
  const busy = phase.kind === 'held' && phase.failure?.code === 'CONFLICT' && domain.id !== null;
  const takeOver = (): void => opened?.session.reconnect({ takeOver: true });
  return (
    <div className={classes['console']} ref={frame} data-full={fullScreen}>
      <div className={classes['bar']} role="toolbar" aria-label={t('bar')}>
        {choice}
        {serials.length > 1 && (
          <Select
            w={130}
            aria-label={t('serial.device')}
            value={chosen}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            data={serials.flatMap(({ alias }) => (alias === null ? [] : [alias]))}
            onChange={setDevice}
          />
        )}
        <span className={classes['grab']} data-on={connected}>
          {connected ? t('grab.short') : ''}
        </span>
        <span className="spacer" />
        <TerminalButtons opened={opened} connected={connected} />
        <Toggle label={t(fullScreen ? 'leaveFullScreen' : 'fullScreen')} onClick={toggleFullScreen}>
          {fullScreen ? <IconArrowsMinimize size={16} /> : <IconArrowsMaximize size={16} />}
        </Toggle>
      </div>
      <div className={classes['stage']}>
        <div
          ref={attach}
          className={classes['terminal']}
          data-dim={!connected}
          role="group"
          aria-label={t('terminalOf', { name: domain.name })}
        />
        <PhaseOverlay
          domain={domain}
          phase={phase}
          onRetry={() => opened?.session.reconnect()}
          {...(busy
            ? { held: <Busy onTakeOver={takeOver} onRetry={() => opened?.session.reconnect()} /> }
            : {})}
        />
      </div>
    </div>
  );
}

function Busy({ onTakeOver, onRetry }: { onTakeOver: () => void; onRetry: () => void }) {
  const { t } = useTranslation('console');
  return (
    <>
      <b>{t('serial.busy')}</b>
      <span>{t('serial.busyText')}</span>
      <div className={classes['typeButtons']}>
        <Button onClick={onRetry}>{t('phase.now')}</Button>
        <Button variant="filled" onClick={onTakeOver}>
          {t('serial.takeOver')}
        </Button>
      </div>
    </>
  );
}

function TerminalButtons({ opened, connected }: { opened: Opened | null; connected: boolean }) {
  const { t } = useTranslation('console');
  const rows = opened?.terminal.rows ?? 24;
  const cols = opened?.terminal.cols ?? 80;
  const setSize = (): void => {
    if (opened === null) return;
    const line = `stty rows ${opened.terminal.rows} cols ${opened.terminal.cols}\r`;
    opened.session.send(new TextEncoder().encode(line));
    opened.terminal.focus();
  };
  const copy = (): void => {
    const selection = opened?.terminal.getSelection() ?? '';
    if (selection !== '') navigator.clipboard.writeText(selection).catch(() => undefined);
  };
  const paste = (): void => {
    // Through the terminal, so that a shell that wants it gets its brackets around the text.
    navigator.clipboard.readText().then(
      (text) => opened?.terminal.paste(text),
      () => undefined,
    );
    opened?.terminal.focus();
  };
  return (
    <>
      <Button
        size="compact-sm"
        disabled={!connected}
        leftSection={<IconTableOptions size={15} stroke={1.75} />}
        title={t('serial.setSizeWhy', { rows, cols })}
        aria-label={t('serial.setSize')}
        onClick={setSize}
      >
        <span className={classes['wide']}>{t('serial.setSize')}</span>
      </Button>
      <Toggle label={t('serial.copy')} onClick={copy}>
        <IconCopy size={16} stroke={1.75} />
      </Toggle>
      <Toggle label={t('serial.paste')} disabled={!connected} onClick={paste}>
        <IconClipboard size={16} stroke={1.75} />
      </Toggle>
    </>
  );
}

/** A terminal and its session for as long as its element is in the page: `attach` is the element's ref. */
function useSerial(
  domain: Domain,
  device: string | null,
): { opened: Opened | null; attach: RefCallback<HTMLDivElement> } {
  const { host, uuid } = domain;
  const [opened, setOpened] = useState<Opened | null>(null);
  const connected = useHost(host)?.state === 'connected';
  const available = domain.id !== null && connected;
  const attach = useCallback(
    (element: HTMLDivElement) => {
      const { terminal, dispose } = openTerminal(element);
      const session = new SerialSession(
        { host, uuid, ...(device === null ? {} : { device }) },
        { write: (bytes, done) => terminal.write(bytes, done) },
      );
      const encoder = new TextEncoder();
      // Tab belongs to the guest, so this key is the keyboard's only way out.
      terminal.attachCustomKeyEventHandler((event) => {
        if (event.code !== 'ControlRight') return true;
        if (event.type === 'keydown' && !event.repeat) leave(element);
        return false;
      });
      terminal.onData((text) => session.send(encoder.encode(text)));
      // What is not text (mouse reports of old kinds) comes as one byte for each character.
      terminal.onBinary((text) => session.send(Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff)));
      setOpened({ session, terminal });
      return () => {
        session.dispose();
        dispose();
      };
    },
    [host, uuid, device],
  );
  useEffect(() => {
    opened?.session.setAvailable(available);
    // A terminal that nothing can be typed into would only hold the keyboard.
    if (available) opened?.terminal.focus();
  }, [opened, available]);
  return { opened, attach };
}

/** The focus goes to the console's bar. */
function leave(terminal: HTMLElement): void {
  const bar = terminal.parentElement?.parentElement?.querySelector('[role=toolbar]');
  bar?.querySelector<HTMLElement>('button:enabled, input:enabled')?.focus();
}

function openTerminal(box: HTMLElement): { terminal: Terminal; dispose: () => void } {
  const look = getComputedStyle(box);
  const terminal = new Terminal({
    fontFamily: look.getPropertyValue('--mono'),
    fontSize: 13,
    scrollback: SCROLLBACK_LINES,
    cursorBlink: false,
    screenReaderMode: true,
    theme: {
      background: '#0a0d11',
      foreground: '#d7dee7',
      cursor: '#d7dee7',
      selectionBackground: '#4c9aff55',
    },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(box);
  const resize = new ResizeObserver(() => fit.fit());
  resize.observe(box);
  return {
    terminal,
    dispose: () => {
      resize.disconnect();
      terminal.dispose();
    },
  };
}
