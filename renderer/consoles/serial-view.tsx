import { Button, Select } from '@mantine/core';
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconClipboard,
  IconCopy,
  IconTableOptions,
} from '@tabler/icons-react';
import { useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain, SerialView as SerialPort } from '../../main/contract/domain.ts';
import classes from './consoles.module.css';
import { useConsoleFocus, type Keyboard } from './focus.ts';
import { useFullScreen } from './full-screen.ts';
import { PhaseOverlay } from './phase-overlay.tsx';
import { useSerial, type OpenedSerial } from './use-serial.ts';
import { Toggle } from './vnc-bar.tsx';

/** What is said of the keyboard (i18n, `console:grab`). */
const GRAB = { guest: 'serialOn', frame: 'off', elsewhere: 'serialElsewhere' } as const satisfies Record<
  Keyboard,
  string
>;

/** A serial console in a terminal. */
export function SerialView(props: { domain: Domain; serials: readonly SerialPort[]; choice: ReactNode }) {
  const { domain, serials, choice } = props;
  const { t } = useTranslation('console');
  const frame = useRef<HTMLDivElement>(null);
  const [device, setDevice] = useState<string | null>(null);
  // A machine that is off has ports without names: the first is asked for by none, so that its terminal stays.
  const { opened, phase, attach } = useSerial(domain, device, frame);
  const { keyboard, handlers } = useConsoleFocus(frame, () => opened?.terminal.focus());
  const [fullScreen, toggleFullScreen] = useFullScreen(frame, keyboard === 'guest');
  const connected = phase.kind === 'connected';
  const busy = phase.kind === 'held' && phase.failure?.code === 'CONFLICT' && domain.id !== null;
  const takeOver = (): void => opened?.session.reconnect({ takeOver: true });
  const enterFullScreen = (): void => {
    toggleFullScreen();
    if (!fullScreen) opened?.terminal.focus();
  };
  return (
    <div className={classes['console']} ref={frame} data-full={fullScreen}>
      <div className={classes['bar']} role="toolbar" aria-label={t('bar')}>
        {choice}
        {serials.length > 1 && (
          <Select
            w={130}
            aria-label={t('serial.device')}
            value={device ?? serials[0]?.alias ?? null}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            data={serials.flatMap(({ alias }) => (alias === null ? [] : [alias]))}
            onChange={setDevice}
          />
        )}
        <span className={classes['grab']} data-on={connected && keyboard === 'guest'} role="status">
          {connected ? t(`grab.${GRAB[keyboard]}`) : ''}
        </span>
        <span className="spacer" />
        <TerminalButtons opened={opened} connected={connected} />
        <Toggle label={t(fullScreen ? 'leaveFullScreen' : 'fullScreen')} onClick={enterFullScreen}>
          {fullScreen ? <IconArrowsMinimize size={16} /> : <IconArrowsMaximize size={16} />}
        </Toggle>
      </div>
      <div className={classes['stage']} {...handlers}>
        <div
          ref={attach}
          className={classes['terminal']}
          data-dim={!connected}
          role="application"
          aria-label={t('terminalOf', { name: domain.name })}
          aria-description={connected ? t('grab.off') : undefined}
          tabIndex={0}
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

function TerminalButtons({ opened, connected }: { opened: OpenedSerial | null; connected: boolean }) {
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
