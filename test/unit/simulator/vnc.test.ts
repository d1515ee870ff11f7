import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { TextScreen } from '../../../drivers/simulator/guest/text-screen.ts';
import type { Display } from '../../../drivers/simulator/guest/display.ts';
import type { KeyEvent } from '../../../drivers/simulator/guest/keys.ts';
import { createFrame, PALETTE, type Frame } from '../../../drivers/simulator/vnc/frame.ts';
import { VncServer } from '../../../drivers/simulator/vnc/vnc-server.ts';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { RfbViewer } from './rfb-viewer.ts';

const RAW = 0;
const TIGHT = 7;

class FakeDisplay implements Display {
  readonly screen = new TextScreen();
  readonly keys: KeyEvent[] = [];
  watchers = 0;
  #changed: (() => void)[] = [];

  version = () => this.screen.version;
  render = () => this.resized ?? this.screen.render();
  key = (event: KeyEvent) => void this.keys.push(event);
  pointer = () => {};
  monitorChanged = (width: number, height: number) => {
    if (!this.follows) return;
    this.resized = createFrame(width, height);
    this.write('');
  };
  follows = false;
  resized: Frame | null = null;
  watch(changed: () => void) {
    this.watchers += 1;
    this.#changed.push(changed);
    return { dispose: () => void (this.watchers -= 1) };
  }

  write(text: string): void {
    this.screen.write(text);
    for (const changed of this.#changed) changed();
  }
}

function serve(password: string | null = null) {
  const display = new FakeDisplay();
  const server = new VncServer({ name: 'web-01', display, password });
  const connect = () => {
    const [outside, inside] = memoryPair();
    outside.on('error', () => {});
    server.accept(inside);
    return { duplex: outside, viewer: new RfbViewer(outside) };
  };
  return { display, server, connect };
}

async function opened(encodings: number[]) {
  const served = serve();
  const { viewer, duplex } = served.connect();
  await viewer.open();
  viewer.setEncodings(encodings);
  return { ...served, viewer, duplex };
}

function assertShows(viewer: RfbViewer, display: FakeDisplay): void {
  const expected = Uint32Array.from(display.render().pixels, (index) => PALETTE[index] ?? 0);
  assert.ok(Buffer.from(viewer.picture.pixels.buffer).equals(Buffer.from(expected.buffer)));
}

async function ended(duplex: Duplex): Promise<void> {
  // A stream with a listener for 'readable' flows only when it is read.
  duplex.removeAllListeners('readable');
  duplex.resume();
  if (!duplex.readableEnded && !duplex.destroyed) await once(duplex, 'close');
}

for (const version of ['RFB 003.003\n', 'RFB 003.007\n', 'RFB 003.008\n'])
  test(`opens for a viewer of ${version.trim()}`, async () => {
    const { viewer } = serve().connect();
    assert.equal(await viewer.open({ version }), null);
    assert.deepEqual([viewer.picture.width, viewer.picture.height, viewer.name], [720, 400, 'QEMU (web-01)']);
  });

test('lets in who knows the password', async () => {
  const { viewer } = serve('secret12').connect();
  assert.equal(await viewer.open({ password: 'secret12' }), null);
});

test('refuses a wrong password with a reason and ends the connection', async () => {
  const { viewer, duplex } = serve('secret12').connect();
  assert.equal(await viewer.open({ password: 'wrong' }), 'Authentication failed');
  await ended(duplex);
});

for (const [name, encoding] of [
  ['raw', RAW],
  ['Tight', TIGHT],
] as const) {
  test(`sends the whole screen, ${name}`, async () => {
    const { display, viewer } = await opened([encoding]);
    display.write('\x1b[31mred\x1b[0m and \x1b[44mblue\x1b[0m\r\nplain');
    viewer.request(false);
    await viewer.update();
    assertShows(viewer, display);
  });

  test(`sends only what changed, ${name}`, async () => {
    const { display, viewer } = await opened([encoding]);
    viewer.request(false);
    await viewer.update();
    for (let line = 0; line < 12; line += 1) {
      viewer.request(true);
      display.write(`line ${line} \x1b[3${line % 8}mcolour\x1b[0m\r\n`);
      const { rects } = await viewer.update();
      assert.ok(rects.reduce((sum, rect) => sum + rect.width * rect.height, 0) < 720 * 64);
      assertShows(viewer, display);
    }
  });
}

test('answers a request for changes only when there is one', async () => {
  const { display, viewer } = await opened([RAW]);
  viewer.request(false);
  await viewer.update();
  viewer.request(true);
  const pending = viewer.update();
  let answered = false;
  void pending.then(() => (answered = true));
  viewer.key(0x61);
  while (display.keys.length < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(answered, false);
  display.write('x');
  await pending;
});

test('announces extended keys and the size of the screen to who can use them', async () => {
  const { viewer } = await opened([RAW, -258, -308]);
  viewer.request(false);
  const { encodings } = await viewer.update();
  assert.deepEqual(encodings, [-258, -308, RAW]);
});

test('a size that is asked for is passed on: the guest that follows is seen in it', async () => {
  const { display, viewer } = await opened([TIGHT, -308]);
  viewer.request(false);
  await viewer.update();
  display.follows = true;
  viewer.askForSize(640, 480);
  assert.deepEqual((await viewer.update()).resizes, [{ reason: 1, status: 4, width: 720, height: 400 }]);
  viewer.request(true);
  const { resizes, rects } = await viewer.update();
  assert.deepEqual(resizes, [{ reason: 0, status: 0, width: 640, height: 480 }]);
  assert.deepEqual(rects, [{ x: 0, y: 0, width: 640, height: 480 }]);
  assertShows(viewer, display);
});

test('a guest that does not follow keeps its size', async () => {
  const { display, viewer } = await opened([TIGHT, -308]);
  viewer.request(false);
  await viewer.update();
  viewer.askForSize(640, 480);
  await viewer.update();
  display.write('still here');
  viewer.request(true);
  assert.deepEqual((await viewer.update()).resizes, []);
  assertShows(viewer, display);
});

test('a viewer that knows no change of size is let go when the guest has another', async () => {
  const { display, viewer, duplex } = await opened([RAW]);
  viewer.request(false);
  await viewer.update();
  viewer.request(true);
  display.follows = true;
  display.monitorChanged(640, 480);
  await ended(duplex);
});

test('takes plain and extended key events', async () => {
  const { display, viewer, duplex } = await opened([RAW]);
  viewer.key(0x61);
  const extended = Buffer.from([255, 0, 0, 1, 0, 0, 0, 0x62, 0, 0, 0, 48]);
  duplex.write(extended);
  while (display.keys.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(display.keys[2], { down: true, keysym: 0x62, scancode: 48 });
});

test('a viewer that does not share sends the others away', async () => {
  const { connect } = serve();
  const first = connect();
  await first.viewer.open();
  const second = connect();
  await second.viewer.open({ shared: false });
  await ended(first.duplex);
});

test('viewers that share stay', async () => {
  const { connect, server } = serve();
  await connect().viewer.open();
  await connect().viewer.open();
  assert.equal(server.viewerCount, 2);
});

test('nonsense ends its own connection only', async () => {
  const { connect } = serve();
  const good = connect();
  await good.viewer.open();
  const bad = connect();
  await bad.viewer.open();
  bad.duplex.write(Buffer.from([77, 1, 2, 3]));
  await ended(bad.duplex);
  good.viewer.setEncodings([RAW]);
  good.viewer.request(false);
  await good.viewer.update();
});

test('an announced clipboard of 2 GiB ends the connection', async () => {
  const { viewer, duplex } = await opened([RAW]);
  assert.ok(viewer);
  duplex.write(Buffer.from([6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]));
  await ended(duplex);
});

test('nobody watches the screen any more when the viewer has gone', async () => {
  const { display, duplex } = await opened([RAW]);
  duplex.destroy();
  while (display.watchers > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('no bytes of a viewer, wise or not, do more than end its connection', async () => {
  const { connect } = serve();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const { duplex, viewer } = connect();
      await viewer.open();
      duplex.write(bytes);
      duplex.end();
      await ended(duplex);
    }),
    { numRuns: 50 },
  );
});
