import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { Asker } from '../../../main/cli/ask.ts';
import type { Prompt, PromptAnswer } from '../../../main/contract/host.ts';

const HOST_KEY: Prompt = {
  kind: 'hostKey',
  id: '1',
  host: 'kvm-a',
  port: 22,
  keyType: 'ssh-ed25519',
  fingerprint: 'SHA256:abc',
};
const LOGIN = { user: 'root', host: 'kvm-a', address: '192.0.2.1', jump: false };
const PASSWORD: Prompt = { kind: 'password', id: '2', ...LOGIN, attempt: 1 };

/** Types `keys` at a terminal that asks `prompt`. */
async function ask(
  prompt: Prompt,
  keys: string[],
): Promise<{ answer: PromptAnswer; screen: string; raw: boolean[] }> {
  const raw: boolean[] = [];
  const keyboard = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => raw.push(on),
  });
  let screen = '';
  const asker = new Asker(keyboard, { isTTY: true, write: (text) => (screen += String(text)) });
  const answering = asker.answer(prompt, 'kvm1');
  for (const key of keys) {
    await new Promise(setImmediate);
    keyboard.write(key);
  }
  return { answer: await answering, screen, raw };
}

suite('questions at a terminal', () => {
  test('an unknown key is shown with its fingerprint', async () => {
    const { answer, screen, raw } = await ask(HOST_KEY, ['yes\r']);
    assert.deepEqual(answer, { kind: 'hostKey', accept: 'always' });
    assert.match(screen, /SHA256:abc \(ssh-ed25519\)/);
    assert.deepEqual(raw, [true, false]);
  });

  test('anything but yes, once and no is asked again', async () => {
    const { answer } = await ask(HOST_KEY, ['y\r', 'once\r']);
    assert.deepEqual(answer, { kind: 'hostKey', accept: 'once' });
  });

  test('Ctrl+C refuses a key and restores the terminal', async () => {
    const { answer, raw } = await ask(HOST_KEY, ['\x03']);
    assert.deepEqual(answer, { kind: 'hostKey', accept: 'no' });
    assert.deepEqual(raw, [true, false]);
  });

  test('a password is not shown', async () => {
    const { answer, screen } = await ask(PASSWORD, ['hun', 'ter2\r']);
    assert.deepEqual(answer, { kind: 'secrets', values: ['hunter2'], remember: false });
    assert.equal(screen, 'Password of root on kvm1 (192.0.2.1): \n');
  });

  test('a refused password is said to be refused', async () => {
    const { screen } = await ask({ ...PASSWORD, attempt: 2 }, ['x\r']);
    assert.equal(
      screen,
      'That password was not accepted. Try again.\nPassword of root on kvm1 (192.0.2.1): \n',
    );
  });

  test('a server on the way is called by its own name', async () => {
    const { screen } = await ask({ ...PASSWORD, host: 'bastion', address: '192.0.2.9:2222', jump: true }, [
      'x\r',
    ]);
    assert.equal(screen, 'Password of root on bastion (192.0.2.9:2222): \n');
  });

  test('a passphrase names the key file', async () => {
    const { screen } = await ask({ kind: 'passphrase', id: '4', keyFile: '/home/a/.ssh/id', attempt: 2 }, [
      'x\r',
    ]);
    assert.equal(
      screen,
      'That passphrase does not open the key. Try again.\nPassphrase of the key /home/a/.ssh/id: \n',
    );
  });

  test('Ctrl+C gives up a password', async () => {
    const { answer } = await ask(PASSWORD, ['\x03']);
    assert.deepEqual(answer, { kind: 'cancel' });
  });

  test('each field of keyboard-interactive is asked, shown if the host says so', async () => {
    const prompt: Prompt = {
      kind: 'keyboardInteractive',
      id: '3',
      ...LOGIN,
      attempt: 2,
      title: 'Two factors',
      instructions: '\x1b[2JLook at your phone',
      fields: [
        { label: 'Password: ', echo: false },
        { label: 'Code: ', echo: true },
      ],
    };
    const { answer, screen } = await ask(prompt, ['secret\r', '123', '456\r']);
    assert.deepEqual(answer, { kind: 'secrets', values: ['secret', '123456'], remember: false });
    assert.ok(!screen.includes('secret') && !screen.includes('\x1b[2J'));
    // What the server says is not to be taken for Virtlane's own words.
    assert.ok(
      screen.startsWith(
        'That was not accepted. Try again.\n' +
          'Login of root on kvm1 (192.0.2.1). The server says:\n  Two factors\n  \\x1b[2JLook at your phone\n  Password: ',
      ),
      screen,
    );
    assert.match(screen, /Code: 123/);
  });

  test('without a terminal nothing can be asked', () => {
    const asker = new Asker(new PassThrough(), { write: () => undefined });
    assert.equal(asker.canAsk, false);
  });
});
