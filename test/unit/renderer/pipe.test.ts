import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CREDIT_STEP_BYTES,
  INITIAL_CREDIT_BYTES,
  MAX_CHUNK_BYTES,
  type PipeControl,
} from '../../../main/contract/pipe.ts';
import { PipeCredit } from '../../../renderer/consoles/pipe-credit.ts';
import { Pipe, readControl, type PipeEnd } from '../../../renderer/consoles/pipe.ts';
import { RawChannel } from '../../../renderer/consoles/raw-channel.ts';

interface Recorded {
  readonly pipe: Pipe;
  readonly chunks: Uint8Array[];
  readonly controls: PipeControl[];
  readonly closed: () => number;
}

function recordedPipe(): Recorded {
  const chunks: Uint8Array[] = [];
  const controls: PipeControl[] = [];
  let closed = 0;
  const pipe = new Pipe({
    sendChunk: (chunk) => chunks.push(chunk),
    sendControl: (control) => controls.push(control),
    close: () => {
      closed += 1;
    },
  });
  return { pipe, chunks, controls, closed: () => closed };
}

const sum = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((total, { length }) => total + length, 0);

test('nothing is sent beyond the credit, and the rest goes when more is granted', () => {
  const { pipe, chunks } = recordedPipe();
  pipe.send(new Uint8Array(INITIAL_CREDIT_BYTES + MAX_CHUNK_BYTES));
  assert.equal(sum(chunks), INITIAL_CREDIT_BYTES);
  pipe.receiveControl({ type: 'credit', bytes: CREDIT_STEP_BYTES });
  assert.equal(sum(chunks), INITIAL_CREDIT_BYTES + MAX_CHUNK_BYTES);
});

test('bytes are sent as copies, in order, in chunks of the largest size', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (pieces) => {
      const { pipe, chunks } = recordedPipe();
      const buffer = new Uint8Array(300);
      for (const piece of pieces) {
        buffer.set(piece);
        pipe.send(buffer.subarray(0, piece.length));
      }
      assert.deepEqual(Buffer.concat(chunks), Buffer.concat(pieces));
      assert.ok(chunks.every(({ length }) => length <= MAX_CHUNK_BYTES));
    }),
  );
});

test('what was consumed is granted again in steps', () => {
  const { pipe, controls } = recordedPipe();
  pipe.consumed(CREDIT_STEP_BYTES - 1);
  assert.deepEqual(controls, []);
  pipe.consumed(5);
  assert.deepEqual(controls, [{ type: 'credit', bytes: CREDIT_STEP_BYTES + 4 }]);
});

test('the sum of all grants is never more than what was consumed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 400_000 }), { maxLength: 50 }), (amounts) => {
      const credit = new PipeCredit();
      let consumed = 0;
      let granted = 0;
      for (const amount of amounts) {
        consumed += amount;
        granted += credit.consumed(amount);
        assert.ok(granted <= consumed && consumed - granted < CREDIT_STEP_BYTES);
      }
    }),
  );
});

test('bytes that come before anybody listens are kept in order', () => {
  const { pipe } = recordedPipe();
  const seen: number[] = [];
  pipe.receive(Uint8Array.of(1, 2));
  pipe.receive(Uint8Array.of(3));
  pipe.listen({ onChunk: (chunk) => seen.push(...chunk), onEnd: () => undefined });
  pipe.receive(Uint8Array.of(4));
  assert.deepEqual(seen, [1, 2, 3, 4]);
});

test('closing tells the other end once and frees the carrier once', () => {
  const { pipe, controls, closed } = recordedPipe();
  const ends: PipeEnd[] = [];
  pipe.listen({ onChunk: () => undefined, onEnd: (end) => ends.push(end) });
  pipe.close();
  pipe.close();
  pipe.carrierLost();
  assert.deepEqual(controls, [{ type: 'close', code: 'closed', reason: '' }]);
  assert.deepEqual(ends, [{ code: 'closed', reason: '' }]);
  assert.equal(closed(), 1);
});

test('an end that came before anybody listens is told', () => {
  const { pipe } = recordedPipe();
  const ends: PipeEnd[] = [];
  pipe.receiveControl({ type: 'close', code: 'taken', reason: 'Another session.' });
  pipe.listen({ onChunk: () => undefined, onEnd: (end) => ends.push(end) });
  assert.deepEqual(ends, [{ code: 'taken', reason: 'Another session.' }]);
});

test('after its end a pipe neither sends nor receives', () => {
  const { pipe, chunks } = recordedPipe();
  const seen: Uint8Array[] = [];
  pipe.listen({ onChunk: (chunk) => seen.push(chunk), onEnd: () => undefined });
  pipe.carrierLost();
  pipe.send(Uint8Array.of(1));
  pipe.receive(Uint8Array.of(2));
  assert.deepEqual([chunks, seen], [[], []]);
});

test('control messages of a wrong form are nothing', () => {
  const wrong = [
    null,
    3,
    'credit',
    {},
    { type: 'credit' },
    { type: 'close', code: 'x' },
    { type: 'credit', bytes: '9' },
  ];
  assert.deepEqual(
    wrong.map((value) => readControl(value)),
    wrong.map(() => null),
  );
});

test('credit that is no positive whole number is ignored', () => {
  const credit = new PipeCredit();
  for (const bytes of [-1, 0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) credit.granted(bytes);
  assert.equal(credit.sendable, INITIAL_CREDIT_BYTES);
});

test('a raw channel has every key that noVNC looks for as its own', () => {
  const channel = new RawChannel(recordedPipe().pipe);
  const keys = Object.keys(channel);
  for (const key of [
    'send',
    'close',
    'binaryType',
    'onerror',
    'onmessage',
    'onopen',
    'protocol',
    'readyState',
  ])
    assert.ok(keys.includes(key), key);
});

test('a raw channel hands over bytes that were there before noVNC listened', async () => {
  const { pipe } = recordedPipe();
  pipe.receive(Uint8Array.of(82, 70, 66));
  const channel = new RawChannel(pipe);
  const got = new Promise<ArrayBuffer>((resolve) => {
    channel.onmessage = ({ data }) => resolve(data);
  });
  assert.deepEqual([...new Uint8Array(await got)], [82, 70, 66]);
});

test('a raw channel answers its own close later, as a socket does', async () => {
  const { pipe } = recordedPipe();
  const channel = new RawChannel(pipe);
  await Promise.resolve();
  let within = true;
  const told = new Promise<boolean>((resolve) => {
    channel.onclose = () => resolve(within);
  });
  channel.close();
  within = false;
  assert.equal(await told, false);
  assert.equal(channel.readyState, 'closed');
});

test('a raw channel whose viewer throws at what it received ends, and says why', async () => {
  const { pipe, controls } = recordedPipe();
  const channel = new RawChannel(pipe);
  await Promise.resolve();
  channel.onmessage = () => {
    throw new Error('Receive queue buffer exceeded 41943040 bytes');
  };
  pipe.receive(Uint8Array.of(3));
  assert.deepEqual(controls, [{ type: 'close', code: 'closed', reason: '' }]);
  assert.deepEqual(pipe.ended, { code: 'failed', reason: 'Receive queue buffer exceeded 41943040 bytes' });
});

test('whoever sends more than the credit learns when all of it is on its way, and when the pipe ends before', async () => {
  const { pipe, chunks } = recordedPipe();
  pipe.send(new Uint8Array(10));
  await pipe.sent();
  pipe.send(new Uint8Array(INITIAL_CREDIT_BYTES));
  let sent = false;
  const waiting = pipe.sent().then(() => (sent = true));
  await Promise.resolve();
  assert.equal(sent, false);
  pipe.receiveControl({ type: 'credit', bytes: MAX_CHUNK_BYTES });
  await waiting;
  assert.equal(sum(chunks), INITIAL_CREDIT_BYTES + 10);
  pipe.send(new Uint8Array(INITIAL_CREDIT_BYTES));
  const cut = pipe.sent();
  pipe.close();
  await cut;
});
