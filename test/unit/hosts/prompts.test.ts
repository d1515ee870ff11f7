import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Prompt, PromptAnswer } from '../../../main/contract/host.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { PromptDesk } from '../../../main/hosts/prompts.ts';
import { MemorySecrets } from '../../../main/settings/secrets.ts';
import { settle } from './fake-clock.ts';

const LOGIN = { user: 'root', host: 'h', address: '192.0.2.1' };

function bench() {
  const prompts: (Prompt | null)[] = [];
  const notKept: unknown[] = [];
  const secrets = new MemorySecrets();
  const desk = new PromptDesk({
    secrets,
    account: 'qemu+ssh://root@h/system',
    server: 'h',
    onPrompt: (prompt) => prompts.push(prompt),
    onNotKept: (error) => notKept.push(error),
  });
  const answer = async (value: PromptAnswer): Promise<void> => {
    await settle();
    desk.answer(prompts.at(-1)?.id ?? '', value);
  };
  const { signal } = new AbortController();
  const password = (attempt: number) => desk.asks.password({ ...LOGIN, attempt, signal });
  return { prompts, notKept, secrets, desk, answer, password, signal };
}

/** What the secret is kept under: the account too, as two hosts behind one address differ by their ports alone. */
const PASSWORD_KEY = 'password:root@h qemu+ssh://root@h/system';

const typed = (values: string[], remember = false): PromptAnswer => ({ kind: 'secrets', values, remember });

test('a password is remembered when the login worked, and answers by itself next time', async () => {
  const { desk, answer, password, prompts } = bench();
  const asked = password(1);
  await answer(typed(['hunter2'], true));
  assert.equal(await asked, 'hunter2');
  await desk.loggedIn();
  prompts.length = 0;
  assert.equal(await password(1), 'hunter2');
  assert.deepEqual(prompts, []);
});

test('a password of a login that failed is not remembered', async () => {
  const { desk, answer, password, secrets } = bench();
  const asked = password(1);
  await answer(typed(['wrong'], true));
  await asked;
  desk.failed(true);
  await desk.loggedIn();
  assert.equal(await secrets.get(PASSWORD_KEY), null);
});

test('a remembered password that is wrong is forgotten and asked for', async () => {
  const { answer, password, secrets } = bench();
  await secrets.set(PASSWORD_KEY, 'old');
  assert.equal(await password(1), 'old');
  const again = password(2);
  await answer(typed(['new']));
  assert.equal(await again, 'new');
  assert.equal(await secrets.get(PASSWORD_KEY), null);
});

test('a remembered password that ended a login is not sent again unseen', async () => {
  const { desk, answer, password, secrets } = bench();
  await secrets.set(PASSWORD_KEY, 'old');
  assert.equal(await password(1), 'old');
  // the server ended the login at the first wrong one: there was no second question
  desk.failed(true);
  const asked = password(1);
  await answer(typed(['new'], true));
  assert.equal(await asked, 'new');
  await desk.loggedIn();
  assert.equal(await password(1), 'new');
});

test('a link that breaks during the login casts no doubt on the password', async () => {
  const { desk, password, secrets, prompts } = bench();
  await secrets.set(PASSWORD_KEY, 'right');
  assert.equal(await password(1), 'right');
  desk.failed(false);
  assert.equal(await password(1), 'right');
  assert.deepEqual(prompts, []);
});

test('a keychain that cannot be written does not undo a login, and is told', async () => {
  const { desk, answer, password, secrets, notKept } = bench();
  const full = new Error('disk full');
  secrets.set = () => Promise.reject(full);
  const asked = password(1);
  await answer(typed(['hunter2'], true));
  await asked;
  await desk.loggedIn();
  assert.deepEqual(notKept, [full]);
});

test('a question says who logs in where, and whether that is on the way', async () => {
  const { desk, answer, prompts, signal } = bench();
  const asked = desk.asks.password({ ...LOGIN, attempt: 1, signal });
  await settle();
  const { id: _first, ...question } = prompts.at(-1) ?? { id: '' };
  assert.deepEqual(question, { kind: 'password', ...LOGIN, jump: false, attempt: 1 });
  await answer(typed(['x']));
  await asked;
  const jump = { user: 'ann', host: 'bastion', address: '192.0.2.9:2222' };
  void desk.asks.keyboardInteractive({
    ...jump,
    title: 'T',
    instructions: 'I',
    fields: [{ label: 'Code: ', echo: true }],
    attempt: 2,
    signal,
  });
  await settle();
  const { id: _id, ...prompt } = prompts.at(-1) ?? { id: '' };
  assert.deepEqual(prompt, {
    kind: 'keyboardInteractive',
    ...jump,
    jump: true,
    title: 'T',
    instructions: 'I',
    fields: [{ label: 'Code: ', echo: true }],
    attempt: 2,
  });
});

test('codes that are good once are never remembered', async () => {
  const { desk, answer, signal, prompts } = bench();
  const ask = () =>
    desk.asks.keyboardInteractive({
      ...LOGIN,
      title: '',
      instructions: '',
      fields: [{ label: 'Verification code: ', echo: false }],
      attempt: 1,
      signal,
    });
  const asked = ask();
  await answer(typed(['123456'], true));
  assert.deepEqual(await asked, ['123456']);
  await desk.loggedIn();
  void ask();
  await settle();
  assert.equal(prompts.at(-1)?.kind, 'keyboardInteractive');
});

test('cancelling gives up', async () => {
  const { answer, password } = bench();
  const asked = password(1);
  await answer({ kind: 'cancel' });
  assert.equal(await asked, null);
});

test('an answer to another question is refused, and the question stays open', async () => {
  const { desk, password, prompts, answer } = bench();
  const asked = password(1);
  await settle();
  const id = prompts.at(-1)?.id ?? '';
  assert.throws(() => desk.answer('other', typed(['x'])), FailureError);
  assert.throws(() => desk.answer(id, { kind: 'hostKey', accept: 'always' }), FailureError);
  await answer(typed(['x']));
  assert.equal(await asked, 'x');
  assert.throws(() => desk.answer(id, typed(['x'])), FailureError);
});

test('an answer with the wrong number of fields gives up the login', async () => {
  const { desk, answer, signal } = bench();
  const fields = [
    { label: 'a', echo: true },
    { label: 'b', echo: false },
  ];
  const asked = desk.asks.keyboardInteractive({
    ...LOGIN,
    title: '',
    instructions: '',
    fields,
    attempt: 1,
    signal,
  });
  await answer(typed(['only one']));
  assert.equal(await asked, null);
});

test('a link that comes back uses what worked, and a person who disconnected is asked again', async () => {
  const { desk, answer, password, prompts } = bench();
  const asked = password(1);
  await answer(typed(['hunter2']));
  await asked;
  await desk.loggedIn();
  assert.equal(await password(1), 'hunter2');
  desk.forget();
  prompts.length = 0;
  const again = password(1);
  await answer(typed(['hunter2']));
  await again;
  assert.equal(prompts[0]?.kind, 'password');
});

test('a password that PAM asks for by the keyboard is remembered for its own login only', async () => {
  const { desk, answer, secrets, signal } = bench();
  const fields = [{ label: 'Password: ', echo: false }];
  const question = { ...LOGIN, title: '', instructions: '', fields, attempt: 1, signal };
  const asked = desk.asks.keyboardInteractive(question);
  await answer(typed(['hunter2'], true));
  await asked;
  await desk.loggedIn();
  const prompts: (Prompt | null)[] = [];
  const again = new PromptDesk({
    secrets,
    account: 'qemu+ssh://root@h/system',
    server: 'h',
    onPrompt: (prompt) => prompts.push(prompt),
    onNotKept: (error) => assert.fail(String(error)),
  });
  assert.deepEqual(await again.asks.keyboardInteractive(question), ['hunter2']);
  const other = new PromptDesk({
    secrets,
    account: 'qemu+ssh://ann@h/system',
    server: 'h',
    onPrompt: (prompt) => prompts.push(prompt),
    onNotKept: (error) => assert.fail(String(error)),
  });
  void other.asks.keyboardInteractive(question);
  await settle();
  assert.equal(prompts.length, 1);
});
