import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretNotKept } from '../../../main/service/host-keeping.ts';
import { Notices } from '../../../main/service/notices.ts';

const ids = (notices: readonly { id: string }[] | undefined): string[] => (notices ?? []).map(({ id }) => id);

test('who watches gets what is there, and all again after each new one', async () => {
  const notices = new Notices();
  notices.add({ id: 'a', message: 'A.' });
  const abort = new AbortController();
  const watching = notices.watch(abort.signal);
  assert.deepEqual(ids((await watching.next()).value ?? undefined), ['a']);
  const next = watching.next();
  notices.add({ id: 'a', message: 'A again.' });
  notices.add({ id: 'b', message: 'B.' });
  assert.deepEqual(ids((await next).value ?? undefined), ['a', 'b']);
  const last = watching.next();
  abort.abort();
  assert.equal((await last).done, true);
});

test('there are at most so many: what comes beyond is not kept', async () => {
  const notices = new Notices();
  for (let number = 0; number < 1000; number += 1) notices.add({ id: `${number}`, message: 'Word.' });
  const { value } = await notices.watch(new AbortController().signal).next();
  assert.deepEqual(
    ids(value ?? undefined),
    Array.from({ length: 20 }, (_, number) => `${number}`),
  );
});

test('a keychain that fails for every host is told of once, and every time in the log', async () => {
  const notices = new Notices();
  const faults: string[] = [];
  const onFault = (what: string): void => void faults.push(what);
  for (const reason of ['locked', 'disk full']) secretNotKept(new Error(reason), { notices, onFault });
  const { value } = await notices.watch(new AbortController().signal).next();
  assert.deepEqual(value, [
    {
      id: 'secret not kept',
      message: 'The password could not be kept: locked. It is asked for again at the next start.',
    },
  ]);
  assert.deepEqual(faults, ['secrets', 'secrets']);
});
