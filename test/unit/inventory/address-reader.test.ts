import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AddressReader } from '../../../main/inventory/address-reader.ts';
import { FakeClock, settle } from '../hosts/fake-clock.ts';

/** A host that answers when it is told to. */
function bench(t: TestContext) {
  const clock = new FakeClock();
  const open: { uuid: string; answer: (found: boolean) => void }[] = [];
  const reader = new AddressReader({
    clock,
    read: (uuid) => new Promise((resolve) => open.push({ uuid, answer: resolve })),
  });
  t.after(() => reader.dispose());
  const answer = async (found: boolean): Promise<void> => {
    for (const one of open.splice(0)) one.answer(found);
    await settle();
  };
  return { clock, reader, open, answer };
}

test('machines that start together are asked two at a time, as a list is', async (t) => {
  const { clock, reader, open, answer } = bench(t);
  const asked: string[] = [];
  for (let i = 0; i < 20; i += 1) reader.follow(`vm-${i}`);
  await clock.advance(3000);
  while (open.length > 0) {
    assert.ok(open.length <= 2, `${open.length} at once`);
    asked.push(...open.map(({ uuid }) => uuid));
    await answer(true);
  }
  assert.equal(new Set(asked).size, 20);
  assert.equal(clock.pending, 0);
});

test('a machine that stops before its turn is not asked', async (t) => {
  const { clock, reader, open, answer } = bench(t);
  for (const uuid of ['a', 'b', 'c']) reader.follow(uuid);
  await clock.advance(3000);
  reader.forget('c');
  await answer(true);
  assert.deepEqual(open, []);
  assert.equal(clock.pending, 0);
});

test('after the end nobody is asked', async (t) => {
  const { clock, reader, open, answer } = bench(t);
  for (const uuid of ['a', 'b', 'c']) reader.follow(uuid);
  await clock.advance(3000);
  reader.dispose();
  await answer(false);
  assert.deepEqual(open, []);
  assert.equal(clock.pending, 0);
});
