import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DesktopDisplay } from '../../../drivers/simulator/guest/desktop.ts';
import type { GuestFacts, GuestMachine } from '../../../drivers/simulator/guest/facts.ts';
import { Guest } from '../../../drivers/simulator/guest/guest.ts';
import { Keyboard } from '../../../drivers/simulator/guest/keys.ts';
import { TextDisplay } from '../../../drivers/simulator/guest/text-display.ts';
import { TextScreen } from '../../../drivers/simulator/guest/text-screen.ts';

const FACTS: GuestFacts = {
  hostname: 'web-01',
  kind: 'linux',
  osName: 'Debian GNU/Linux 12',
  kernel: '6.1.0',
  vcpus: 2,
  memoryKiB: 2_097_152,
  nics: [{ device: 'enp1s0', mac: '52:54:00:00:00:01', address: '10.0.0.5', prefix: 24 }],
  disks: [{ device: 'vda', capacityBytes: 40 * 2 ** 30, usedBytes: 10 * 2 ** 30 }],
  services: ['nginx'],
  leftOpen: false,
};

class FakeMachine implements GuestMachine {
  time = 1_700_000_000_000;
  boot = this.time;
  running = true;
  readonly did: string[] = [];

  now = () => this.time;
  bootedAt = () => this.boot;
  isRunning = () => this.running;
  load = () => ({ cpu: 0.25, memoryUsedKiB: 500_000, cacheKiB: 300_000 });
  reboot = () => void this.did.push('reboot');
  powerOff = () => void this.did.push('powerOff');
}

function booted() {
  const machine = new FakeMachine();
  const display = new TextDisplay(FACTS, machine, () => false);
  machine.time += 60_000;
  display.version();
  return { machine, display };
}

function type(display: TextDisplay | DesktopDisplay, text: string): void {
  for (const character of text) {
    const keysym = character === '\n' ? 0xff0d : character.charCodeAt(0);
    display.key({ down: true, keysym, scancode: null });
    display.key({ down: false, keysym, scancode: null });
  }
}

function loggedIn() {
  const guest = booted();
  type(guest.display, 'root\nsecret\n');
  return guest;
}

describe('a Linux guest', () => {
  test('shows its firmware first, its kernel later and a login prompt in the end', () => {
    const machine = new FakeMachine();
    const display = new TextDisplay(FACTS, machine, () => false);
    display.version();
    assert.match(display.screen.text(), /demo firmware/);
    assert.doesNotMatch(display.screen.text(), /Linux version/);
    machine.time += 1500;
    display.version();
    assert.match(display.screen.text(), /Linux version 6\.1\.0/);
    machine.time += 10_000;
    display.version();
    assert.match(display.screen.text(), /web-01 login:/);
  });

  test('does not show the password', () => {
    const { display } = loggedIn();
    assert.doesNotMatch(display.screen.text(), /secret/);
  });

  test('shows and runs what is typed', () => {
    const { display } = loggedIn();
    type(display, 'echo "Hello, World! @#$%"\n');
    assert.match(display.screen.text(), /\nHello, World! @#\$%\n/);
  });

  test('says so of a command it does not know', () => {
    const { display } = loggedIn();
    type(display, 'constructor\n');
    assert.match(display.screen.text(), /constructor: command not found/);
  });

  for (const [line, pattern] of [
    ['hostname', /\nweb-01\n/],
    ['free', /Mem: {11,}1987/],
    ['ip a', /inet 10\.0\.0\.5\/24/],
    ['df', /\/dev\/vda1 .*40G.*25%/],
    ['uptime', /load average: 0\.50/],
    ['nproc; whoami', /\n2\nroot\n/],
    ['cat /etc/hostname', /\nweb-01\n/],
  ] as const)
    test(`answers ${line}`, () => {
      const { display } = loggedIn();
      type(display, `${line}\n`);
      assert.match(display.screen.text(), pattern);
    });

  test('runs top until q', () => {
    const { display } = loggedIn();
    type(display, 'top\n');
    assert.match(display.screen.text(), /%Cpu\(s\)/);
    type(display, 'qecho after\n');
    assert.match(display.screen.text(), /\nafter\n/);
  });

  test('reboots and powers off its machine', () => {
    const first = loggedIn();
    type(first.display, 'reboot\n');
    const second = loggedIn();
    type(second.display, 'poweroff\n');
    assert.deepEqual([...first.machine.did, ...second.machine.did], ['reboot', 'powerOff']);
  });

  test('reboots at Ctrl+Alt+Del', () => {
    const { display, machine } = booted();
    for (const keysym of [0xffe3, 0xffe9, 0xffff]) display.key({ down: true, keysym, scancode: null });
    assert.deepEqual(machine.did, ['reboot']);
  });

  test('takes no key while it is paused', () => {
    const { display, machine } = loggedIn();
    const before = display.screen.text();
    machine.running = false;
    type(display, 'echo lost\n');
    assert.equal(display.screen.text(), before);
  });

  test('edits the line: backspace, cursor keys, history', () => {
    const { display } = loggedIn();
    type(display, 'echp');
    display.key({ down: true, keysym: 0xff08, scancode: null });
    type(display, 'o ac');
    display.key({ down: true, keysym: 0xff51, scancode: null });
    type(display, 'b\n');
    assert.match(display.screen.text(), /\nabc\n/);
    display.key({ down: true, keysym: 0xff52, scancode: null });
    type(display, 'd\n');
    assert.match(display.screen.text(), /\nabcd\n/);
  });

  test('says on its serial port what its screen sends there', () => {
    const machine = new FakeMachine();
    const guest = new Guest(FACTS, machine);
    machine.time += 60_000;
    let heard = '';
    const client = {
      data: (bytes: Uint8Array) => (heard += Buffer.from(bytes).toString()),
      end: () => {},
      displaced: () => {},
    };
    const port = guest.serial?.connect(client);
    assert.ok(guest.display instanceof TextDisplay);
    type(guest.display, 'root\n\necho seen > /dev/ttyS0\n');
    port?.dispose();
    assert.match(heard, /web-01 login: .*seen\r\n$/s);
  });
});

describe('the screen of a guest', () => {
  test('moves by itself only while somebody watches', async () => {
    const machine = new FakeMachine();
    machine.now = () => Date.now();
    machine.boot = Date.now();
    const display = new TextDisplay(FACTS, machine, () => false);
    await new Promise<void>((resolve) => {
      const watch = display.watch(() => {
        watch.dispose();
        resolve();
      });
    });
    assert.notEqual(display.screen.text().trim(), '');
  });

  test('scrolls', () => {
    const screen = new TextScreen();
    for (let line = 0; line < 40; line += 1) screen.write(`line ${line}\r\n`);
    assert.equal(screen.line(0), 'line 16');
    assert.equal(screen.line(23), 'line 39');
  });

  test('swallows sequences it does not know, cut anywhere', () => {
    const screen = new TextScreen();
    for (const character of 'a\x1b[?25lb\x1b]c\x1b[5;5;5zd') screen.write(character);
    assert.equal(screen.line(0), 'abcd');
  });

  test('of Windows takes notes', () => {
    const machine = new FakeMachine();
    const display = new DesktopDisplay({ ...FACTS, kind: 'windows' }, machine);
    machine.time += 60_000;
    const before = display.version();
    type(display, 'Hi\nthere');
    assert.equal(display.notes, 'Hi\nthere');
    assert.notEqual(display.version(), before);
    assert.equal(display.render().pixels.length, 1024 * 768);
  });
});

describe('the keyboard', () => {
  const press = (keys: Keyboard, keysym: number, scancode: number | null = null) =>
    keys.press({ down: true, keysym, scancode });

  test('takes a keysym as it is, Shift being in it', () => {
    const keys = new Keyboard();
    press(keys, 0xffe1, 42);
    assert.deepEqual(press(keys, 0x41, 30), { text: 'A' });
  });

  test('keeps the characters of a German keyboard: Shift+7 is a slash', () => {
    const keys = new Keyboard();
    press(keys, 0xffe1, 42);
    assert.deepEqual(press(keys, 0x2f, 8), { text: '/' });
  });

  test('shifts for a viewer that types by scancodes', () => {
    const keys = new Keyboard();
    press(keys, 0xffe1, 42);
    assert.deepEqual(press(keys, 0x37, 8), { text: '&' });
    assert.deepEqual(press(keys, 0x61, 30), { text: 'A' });
  });

  test('turns Ctrl+C into the control character', () => {
    const keys = new Keyboard();
    press(keys, 0xffe3);
    assert.deepEqual(press(keys, 0x63), { text: '\x03' });
  });
});
