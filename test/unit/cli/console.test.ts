import assert from 'node:assert/strict';
import { PassThrough, type Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { connectDirectly } from '../../../main/cli/direct.ts';
import { localPlace } from '../../../main/jobs/p2v/local-place.ts';
import { runCli } from '../../../main/cli/program.ts';
import { endless, standsStill } from '../../support/endless.ts';
import { until } from '../../support/wait.ts';
import { FakeFleet } from './fake-fleet.ts';
import { domainFixture, hostFixture } from './fixtures.ts';

const CTRL_RIGHT_BRACKET = '\x1d';
const MiB = 1 << 20;

/** A terminal's screen. While it is `full` it says so to each write. */
class Screen {
  text = '';
  writes = 0;
  #full = false;
  #drained: () => void = () => undefined;
  readonly isTTY: boolean;

  constructor(isTTY = true) {
    this.isTTY = isTTY;
  }

  write(text: string | Uint8Array): boolean {
    this.text += typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
    this.writes += 1;
    return !this.#full;
  }

  once(_event: 'drain', listener: () => void): void {
    this.#drained = listener;
  }

  fill(): void {
    this.#full = true;
  }

  drain(): void {
    this.#full = false;
    this.#drained();
  }
}

interface Opened {
  readonly keyboard: PassThrough;
  readonly code: Promise<number>;
  /** What the command said on standard error. */
  readonly said: () => string;
}

/** `virtlane console` on a machine whose serial port is `serial`. */
function opened(serial: Duplex, screen: Screen): Opened {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true });
  const fleet = new FakeFleet({
    hosts: [hostFixture('kvm-a')],
    domains: [domainFixture('kvm-a', 'm', { state: 'running' })],
    serial,
  });
  let err = '';
  const code = runCli(['console', 'm'], {
    version: '1.2.3',
    stdin: keyboard,
    stdout: screen,
    stderr: { isTTY: true, write: (text) => (err += String(text)) },
    openCore: async () => {
      const connection = connectDirectly(fleet.core());
      return { connection, place: () => localPlace, close: async () => connection.close() };
    },
  });
  return { keyboard, code, said: () => err };
}

suite('the serial console in a terminal', () => {
  for (const { isTTY, screenIs } of [
    { isTTY: true, screenIs: 'a terminal that is as before afterwards' },
    { isTTY: false, screenIs: 'a file, which gets what the guest said and no more' },
  ])
    test(`keys go to the guest, its words to ${screenIs}; Ctrl+] leaves`, async () => {
      const [guest, serial] = memoryPair();
      const screen = new Screen(isTTY);
      const { keyboard, code, said: aside } = opened(serial, screen);
      keyboard.write('ls\r');
      await until(() => String(guest.read() ?? '') === 'ls\r', 'the keys to arrive');
      const said = '\x1b[?25l\x1b[31mred';
      guest.write(said);
      await until(() => screen.text.includes(said), 'the guest to be shown');
      keyboard.write(`${CTRL_RIGHT_BRACKET}more`);
      assert.equal(await code, 0);
      assert.match(aside(), /Leave with Ctrl\+\]/);
      assert.equal(guest.read(), null, 'what is typed after Ctrl+] is not sent');
      const after = screen.text.slice(said.length);
      if (!isTTY) return assert.equal(after, '');
      for (const [what, sequence] of [
        ['colours', '\x1b[0m'],
        ['the cursor', '\x1b[?25h'],
        ['the other screen', '\x1b[?1047l'],
        ['the mouse', '\x1b[?1000l'],
        ['marked pastes', '\x1b[?2004l'],
      ] as const)
        assert.ok(after.includes(sequence), what);
      return undefined;
    });

  test('what is typed while the guest reads nothing is bounded, and Ctrl+] is still read', async () => {
    const [guest, serial] = memoryPair();
    const { keyboard, code } = opened(serial, new Screen());
    for (let typed = 0; typed < 16; typed += 1)
      await new Promise((resolve) => keyboard.write(Buffer.alloc(MiB, 'x'), resolve));
    await until(() => keyboard.readableLength === 0, 'the keys to be taken');
    let arrived = 0;
    guest.on('data', (chunk: Buffer) => (arrived += chunk.length));
    await standsStill(() => arrived, 16 * MiB);
    assert.ok(arrived >= MiB, `${arrived} bytes arrived`);
    assert.ok(arrived < 8 * MiB, `${arrived} bytes arrived`);
    keyboard.write(CTRL_RIGHT_BRACKET);
    assert.equal(await code, 0);
  });

  test('a screen that is full holds the guest, and goes on when it has room', async () => {
    const { stream, said } = endless(64 * 1024);
    const screen = new Screen();
    screen.fill();
    const { keyboard, code } = opened(stream, screen);
    await until(() => screen.writes > 0, 'the guest to be shown');
    const held = await standsStill(said, 32 * MiB);
    assert.ok(held < 4 * MiB, `${held} bytes wait`);
    assert.equal(screen.writes, 1);
    screen.drain();
    await until(() => screen.text.length > 8 * MiB, 'it to go on');
    keyboard.write(CTRL_RIGHT_BRACKET);
    assert.equal(await code, 0);
  });

  test('a guest’s last words are shown, on a screen that is full as well', async () => {
    const [guest, serial] = memoryPair();
    const screen = new Screen();
    screen.fill();
    const { code, said } = opened(serial, screen);
    guest.write('going ');
    await until(() => screen.text === 'going ', 'the guest to be shown');
    guest.end('down');
    await until(() => serial.destroyed, 'the machine to end');
    screen.drain();
    assert.equal(await code, 0);
    assert.match(said(), /closed by the machine/);
    assert.ok(screen.text.startsWith('going down'), screen.text);
  });
});
