import { Readable } from 'node:stream';
import { virDomainConsoleFlags as consoleFlag } from '../../libvirt/constants/index.ts';
import type { ServerStream } from '../../rpc/server-stream.ts';
import { failure } from '../failures.ts';
import type { SerialPort } from '../guest/serial-port.ts';
import type { Machine } from '../host/machine.ts';
import { encodePng } from '../vnc/png.ts';
import type { Handlers } from './table.ts';

/** Bytes of terminal output that may wait for a slow client; more are dropped, as by a real port without flow control. */
const MAX_BACKLOG = 1 << 20;

function serialOf(machine: Machine, device: string | null): SerialPort | null {
  if (!machine.spec.serial) throw failure('VIR_ERR_INTERNAL_ERROR', 'cannot find default console device');
  if (device !== null && device !== 'serial0' && device !== 'console0')
    throw failure('VIR_ERR_INVALID_ARG', `cannot find character device ${device}`);
  return machine.guest.serial;
}

function connectConsole(serial: SerialPort | null, stream: ServerStream): void {
  stream.on('error', () => {});
  // A guest without a login there says nothing and hears nothing.
  if (serial === null) {
    stream.resume();
    return;
  }
  const connection = serial.connect({
    data: (bytes) => {
      if (!stream.destroyed && stream.writableLength < MAX_BACKLOG) stream.write(bytes);
    },
    end: () => stream.end(),
    displaced: () => stream.destroy(failure('VIR_ERR_INTERNAL_ERROR', 'stream had I/O failure')),
  });
  stream.on('data', (chunk: Buffer) => connection.type(chunk));
  for (const event of ['end', 'close']) stream.on(event, () => connection.dispose());
}

/** Calls that open a stream. */
export const streamHandlers: Handlers = {
  domainScreenshot: ({ dom, screen }, { host, context }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    if (machine.spec.graphics === 'none')
      throw failure(
        'VIR_ERR_INTERNAL_ERROR',
        "unable to execute QEMU command 'screendump': There is no console to take a screendump from",
      );
    if (screen !== 0) throw failure('VIR_ERR_OPERATION_INVALID', 'no such screen ID');
    const stream = context.openStream();
    stream.on('error', () => {});
    Readable.from([encodePng(machine.guest.display.render())]).pipe(stream);
    return { mime: 'image/png' };
  },
  domainOpenConsole: ({ dom, devName, flags }, { host, context }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    const serial = serialOf(machine, devName);
    const force = (flags & consoleFlag.VIR_DOMAIN_CONSOLE_FORCE) !== 0;
    if (serial?.isBusy === true && !force)
      throw failure('VIR_ERR_OPERATION_FAILED', 'Active console session exists for this domain');
    connectConsole(serial, context.openStream());
  },
};
