import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openPipe } from '../../../renderer/consoles/pipe-carriers.ts';

/** A browser's socket that nothing is behind. */
class QuietSocket extends EventTarget {
  static readonly OPEN = 1;
  static last: QuietSocket | null = null;
  readonly readyState = QuietSocket.OPEN;
  readonly sent: unknown[] = [];
  closed = false;

  constructor() {
    super();
    QuietSocket.last = this;
  }

  send(message: unknown): void {
    this.sent.push(message);
  }

  close(): void {
    this.closed = true;
  }
}

/** A window in browser mode. */
function browser(t: TestContext): void {
  const globals = {
    window: {},
    location: { protocol: 'http:', host: '127.0.0.1:7300' },
    localStorage: { getItem: () => 'session' },
    WebSocket: QuietSocket,
  };
  for (const [name, value] of Object.entries(globals)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    t.after(() => {
      if (before === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, before);
    });
  }
}

function lastSocket(): QuietSocket {
  assert.ok(QuietSocket.last !== null, 'a socket is opened');
  return QuietSocket.last;
}

test('the time to open a pipe in ends nothing once it is open', async (t) => {
  browser(t);
  const opening = new AbortController();
  const opened = openPipe('token', opening.signal);
  const socket = lastSocket();
  socket.dispatchEvent(new Event('open'));
  const pipe = await opened;
  opening.abort();
  pipe.send(new Uint8Array(3));
  assert.equal(pipe.ended, null);
  assert.equal(socket.closed, false);
  assert.equal(socket.sent.length, 1);
});

test('a pipe that does not open in time is given up', async (t) => {
  browser(t);
  const opening = new AbortController();
  const opened = openPipe('token', opening.signal);
  opening.abort(new Error('too late'));
  await assert.rejects(opened, /too late/);
  assert.equal(lastSocket().closed, true);
});
