import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { PipeEnd } from '../../bridge/pipe.ts';
import { CliError, UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import type { TextSink } from '../output.ts';
import { inRawMode, type Keyboard } from '../terminal.ts';

/** Ctrl+], as in virsh and telnet. */
const LEAVE = 0x1d;
/** Typed bytes that wait for a guest that reads none; what comes beyond is dropped, so that Ctrl+] is still read. */
const MAX_WAITING = 1024 * 1024;
/**
 * What a guest may have switched on and a shell does not expect: colours, the other screen, a hidden cursor, keys and a mouse that send
 * something else, marked pastes.
 */
const AS_BEFORE =
  '\x1b[0m\x1b[?1047l\x1b[?25h\x1b[?1l\x1b>\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l';

export interface ConsoleOptions {
  readonly device: string | undefined;
  readonly force: boolean;
  readonly keyboard: Keyboard;
  readonly screen: TextSink;
}

/** The serial console in this terminal, until Ctrl+] or until the machine is off. */
export async function openSerialConsole(
  session: FleetSession,
  vm: string,
  options: ConsoleOptions,
): Promise<void> {
  const { keyboard, screen, device, force } = options;
  if (keyboard.isTTY !== true) throw new UsageError('A console needs a terminal: standard input is none.');
  await session.connectFor([vm]);
  const domain = session.find(vm);
  const { host, uuid } = domain;
  const { token } = await session.client.console.open({
    host,
    uuid,
    kind: 'serial',
    takeOver: force,
    ...(device === undefined ? {} : { device }),
  });
  const { stream, ended } = await session.openPipe(token);
  session.output.note(`Connected to ${domain.name} on ${session.hostName(host)}. Leave with Ctrl+].`);
  const end = await inRawMode(keyboard, () => join({ keyboard, screen, stream, ended }));
  if (screen.isTTY === true) screen.write(AS_BEFORE);
  session.output.note('');
  if (end === 'left') return;
  if (end.code === 'ended' || end.code === 'closed')
    session.output.note('The console was closed by the machine.');
  else throw new CliError({ code: end.code === 'lost' ? 'LINK_LOST' : 'CONFLICT', message: end.reason }, 1);
}

interface Joined {
  readonly keyboard: Keyboard;
  readonly screen: TextSink;
  readonly stream: Duplex;
  readonly ended: Promise<PipeEnd>;
}

async function join({ keyboard, screen, stream, ended }: Joined): Promise<PipeEnd | 'left'> {
  let leave: () => void = () => undefined;
  const left = new Promise<'left'>((resolve) => (leave = () => resolve('left')));
  const onKeys = (keys: Buffer): void => {
    const at = keys.indexOf(LEAVE);
    const typed = at === -1 ? keys : keys.subarray(0, at);
    if (typed.length > 0 && stream.writable && stream.writableLength < MAX_WAITING) stream.write(typed);
    if (at !== -1) leave();
  };
  keyboard.on('data', onKeys).on('end', leave).resume();
  stream.on('data', (bytes: Buffer) => {
    if (screen.write(bytes) !== false || screen.once === undefined) return;
    // What the guest says meanwhile waits in the core, which leaves out the oldest beyond its bound.
    stream.pause();
    screen.once('drain', () => stream.resume());
  });
  // The reason comes beside the bytes: what the guest said last is still to be read when it is there.
  const read = finished(stream, { writable: false }).catch(() => undefined);
  try {
    return await Promise.race([read.then(() => ended), left]);
  } finally {
    keyboard.off('data', onKeys).off('end', leave);
    keyboard.pause();
    stream.destroy();
  }
}
