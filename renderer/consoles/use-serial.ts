import type { Terminal } from '@xterm/xterm';
import { useCallback, useEffect, useRef, useState, type RefCallback, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../main/contract/domain.ts';
import { useHost } from '../state/inventory.ts';
import { createStore, useStore } from '../state/store.ts';
import { formatClock } from '../ui/format.ts';
import { leaveGuest, mayTakeFocus } from './focus.ts';
import type { LinkPhase } from './reconnector.ts';
import { SerialSession } from './serial-session.ts';
import { openTerminal, ownLine } from './serial-terminal.ts';

const NO_SESSION = createStore<LinkPhase>({ kind: 'trying' });

export interface OpenedSerial {
  readonly session: SerialSession;
  readonly terminal: Terminal;
}

/**
 * A terminal and its session for as long as its element is in the page: `attach` is the element's ref. `frame` is the console with its bar,
 * `device` a serial port's alias or null for the first.
 */
export function useSerial(
  domain: Domain,
  device: string | null,
  frame: RefObject<HTMLElement | null>,
): { opened: OpenedSerial | null; phase: LinkPhase; attach: RefCallback<HTMLDivElement> } {
  const { host, uuid } = domain;
  const [opened, setOpened] = useState<OpenedSerial | null>(null);
  const connected = useHost(host)?.state === 'connected';
  const run = connected ? domain.id : null;
  const attach = useCallback(
    (element: HTMLDivElement) => {
      const { terminal, dispose } = openTerminal(element, () => leaveGuest(frame.current));
      const session = new SerialSession(
        { host, uuid, ...(device === null ? {} : { device }) },
        { write: (bytes, done) => terminal.write(bytes, done) },
      );
      const encoder = new TextEncoder();
      terminal.onData((text) => session.send(encoder.encode(text)));
      // What is not text (mouse reports of old kinds) comes as one byte for each character.
      terminal.onBinary((text) => session.send(Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff)));
      setOpened({ session, terminal });
      return () => {
        session.dispose();
        dispose();
      };
    },
    [host, uuid, device, frame],
  );
  useEffect(() => opened?.session.setRun(run), [opened, run]);
  useStopLine(domain, opened);
  const phase = useStore(opened?.session.state ?? NO_SESSION);
  useEffect(() => {
    if (opened === null) return;
    if (phase.kind === 'connected' && mayTakeFocus(frame.current)) opened.terminal.focus();
    // A terminal that nothing can be typed into would only hold the keyboard.
    if (phase.kind === 'unavailable') opened.terminal.blur();
  }, [opened, phase.kind, frame]);
  return { opened, phase, attach };
}

/** When the machine has stopped and its last bytes are there, a line says when: what comes below is another run's. */
function useStopLine({ id, state, managedSave }: Domain, opened: OpenedSerial | null): void {
  const { t } = useTranslation('console');
  const { kind } = useStore(opened?.session.state ?? NO_SESSION);
  const spoke = useRef(false);
  const how = state === 'crashed' ? 'crashed' : managedSave ? 'saved' : 'off';
  useEffect(() => {
    if (kind === 'connected') spoke.current = true;
    if (opened === null || kind !== 'unavailable' || id !== null || !spoke.current) return;
    spoke.current = false;
    const now = Date.now();
    const { terminal } = opened;
    const time = formatClock(now, now).slice(0, 5);
    // After what still waits to be drawn: where the cursor is then decides.
    terminal.write('', () => terminal.write(ownLine(terminal, t(`serial.${how}`, { time }))));
  }, [opened, kind, id, how, t]);
}
