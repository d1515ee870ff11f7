import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';

const SCROLLBACK_LINES = 5000;

/** A terminal in `box`. It is reached by Tab through the box: a terminal that Tab enters by itself would never let it out again. */
export function openTerminal(
  box: HTMLElement,
  onLeave: () => void,
): { terminal: Terminal; dispose: () => void } {
  const look = getComputedStyle(box);
  const terminal = new Terminal({
    fontFamily: look.getPropertyValue('--mono'),
    fontSize: 13,
    scrollback: SCROLLBACK_LINES,
    cursorBlink: false,
    screenReaderMode: true,
    // Firmware and boot loaders clear the screen: what the run before has said is kept above.
    scrollOnEraseInDisplay: true,
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
  if (terminal.textarea !== undefined) terminal.textarea.tabIndex = -1;
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.code !== 'ControlRight') return true;
    if (event.type === 'keydown' && !event.repeat) onLeave();
    return false;
  });
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

/**
 * The bytes of a line of our own, below what the guest has said. What the guest may have left on is put off first: the alternate screen of
 * an editor, colours, a scroll region, a hidden cursor.
 */
export function ownLine(terminal: Pick<Terminal, 'buffer'>, text: string): string {
  const leave = terminal.buffer.active.type === 'alternate' ? '\x1b[?1049l' : '';
  const newLine = terminal.buffer.active.cursorX > 0 ? '\r\n' : '';
  return `${leave}\x1b[!p${newLine}\x1b[7m ${text} \x1b[0m\r\n`;
}
