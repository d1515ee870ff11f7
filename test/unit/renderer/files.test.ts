import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILE_PART_BYTES, FilePartReader, filePartHead } from '../../../main/contract/file-parts.ts';
import { CREDIT_STEP_BYTES, INITIAL_CREDIT_BYTES } from '../../../main/contract/pipe.ts';
import { fileSink, savePipe, type FileSink } from '../../../renderer/api/file-saver.ts';
import { isReadable, serveFile, type ReadableFile } from '../../../renderer/api/file-server.ts';
import { Pipe } from '../../../renderer/consoles/pipe.ts';
import { until } from '../../support/wait.ts';

function requests(...ranges: readonly [offset: number, length: number][]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ranges.length * 16);
  const view = new DataView(bytes.buffer);
  ranges.forEach(([offset, length], index) => {
    view.setBigUint64(index * 16, BigInt(offset));
    view.setBigUint64(index * 16 + 8, BigInt(length));
  });
  return bytes;
}

function servedPipe(file: ReadableFile): { pipe: Pipe; sent: () => Uint8Array; closed: () => boolean } {
  const chunks: Uint8Array[] = [];
  let closed = false;
  const pipe = new Pipe({
    sendChunk: (chunk) => chunks.push(chunk),
    sendControl: () => undefined,
    close: () => {
      closed = true;
    },
  });
  void serveFile(pipe, file);
  return { pipe, sent: () => Buffer.concat(chunks), closed: () => closed };
}

/** The parts that were sent, zeros in place of runs. */
function answered(sent: Uint8Array): Buffer {
  const reader = new FilePartReader();
  return Buffer.concat(
    reader.push(sent).map((part) => (part instanceof Uint8Array ? part : Buffer.alloc(part.zeros))),
  );
}

const part = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([...filePartHead(bytes.length, false), ...bytes]);

const someBytes = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, index) => (index * 7) % 251);

test('ranges of a file are answered in order, however the requests are cut', async () => {
  const bytes = someBytes(5000);
  const { pipe, sent } = servedPipe(new File([bytes], 'disk.img'));
  const asked = requests([4000, 1000], [0, 10], [5000, 0]);
  pipe.receive(asked.slice(0, 5));
  pipe.receive(asked.slice(5, 40));
  pipe.receive(asked.slice(40));
  await until(() => answered(sent()).length === 1010, 'both answers');
  assert.deepEqual(answered(sent()), Buffer.concat([bytes.subarray(4000), bytes.subarray(0, 10)]));
});

test('a large range is read in pieces, no faster than the core takes it', async () => {
  const size = INITIAL_CREDIT_BYTES * 4;
  const read: number[] = [];
  const blob = new Blob([someBytes(size)]);
  const file = {
    name: 'disk.img',
    size,
    slice: (start: number, end: number) => {
      read.push(end - start);
      return blob.slice(start, end);
    },
  };
  const { pipe, sent } = servedPipe(file);
  pipe.receive(requests([0, size]));
  await until(() => read.length === 1 && sent().length > 0, 'the first piece to be sent');
  assert.ok(sent().length <= INITIAL_CREDIT_BYTES);
  while (answered(sent()).length < size) {
    const before = sent().length;
    pipe.receiveControl({ type: 'credit', bytes: CREDIT_STEP_BYTES * 4 });
    await until(() => sent().length > before, 'more bytes');
  }
  assert.deepEqual(answered(sent()), Buffer.from(someBytes(size)));
});

test('pieces of zeros are named and not sent', async () => {
  const bytes = new Uint8Array(3 << 20);
  bytes[(2 << 20) + 5] = 1;
  const { pipe, sent } = servedPipe(new File([bytes], 'disk.img'));
  pipe.receive(requests([0, bytes.length]));
  pipe.receiveControl({ type: 'credit', bytes: CREDIT_STEP_BYTES });
  await until(() => answered(sent()).length === bytes.length, 'the whole file');
  assert.equal(sent().length, (1 << 20) + 3 * FILE_PART_BYTES);
  assert.deepEqual(answered(sent()), Buffer.from(bytes));
});

test('a file that became shorter ends the pipe', async () => {
  const { pipe, closed } = servedPipe(new File([someBytes(100)], 'disk.img'));
  pipe.receive(requests([50, 100]));
  await until(closed, 'the pipe to close');
});

interface Written {
  readonly position: number | null | undefined;
  readonly bytes: number;
}

function recordedFile(): {
  sink: FileSink;
  written: Written[];
  ends: string[];
} {
  const written: Written[] = [];
  const ends: string[] = [];
  const sink = fileSink({
    write: (part) => {
      if (typeof part === 'object' && 'position' in part && part.data instanceof Uint8Array)
        written.push({ position: part.position, bytes: part.data.length });
      return Promise.resolve();
    },
    truncate: (size) => Promise.resolve(void ends.push(`truncate ${size}`)),
    close: () => Promise.resolve(void ends.push('close')),
    abort: () => Promise.resolve(void ends.push('abort')),
  });
  return { sink, written, ends };
}

const silentPipe = (): Pipe =>
  new Pipe({ sendChunk: () => undefined, sendControl: () => undefined, close: () => undefined });

test('a download leaves out zeros and has its whole length at the end', async () => {
  const { sink, written, ends } = recordedFile();
  const pipe = silentPipe();
  const saved = savePipe(pipe, sink);
  pipe.receive(part(new Uint8Array(4096)));
  pipe.receive(part(someBytes(10)));
  pipe.receive(filePartHead(4000, true));
  pipe.receive(part(new Uint8Array(99)));
  pipe.receiveControl({ type: 'close', code: 'ended', reason: '' });
  await saved;
  assert.deepEqual(written, [{ position: 4096, bytes: 10 }]);
  assert.deepEqual(ends, ['truncate 8205', 'close']);
});

test('of a download that is cut off nothing is kept', async () => {
  const { sink, ends } = recordedFile();
  const pipe = silentPipe();
  const saved = savePipe(pipe, sink);
  pipe.receive(part(someBytes(10)));
  pipe.receiveControl({ type: 'close', code: 'lost', reason: 'The link to kvm-a was lost.' });
  await assert.rejects(saved, /The link to kvm-a was lost/);
  assert.deepEqual(ends, ['abort']);
});

test('a byte that is not zero anywhere in a chunk is written', async () => {
  for (const at of [0, 7, 8, 15, 16, 20]) {
    const { sink, written } = recordedFile();
    const chunk = new Uint8Array(21);
    chunk[at] = 1;
    await sink.write(chunk);
    assert.equal(written.length, 1, `byte ${at}`);
  }
});

test('whoever serves a file learns whether the link went, or the file cannot be read', async () => {
  const carrier = { sendChunk: () => undefined, sendControl: () => undefined, close: () => undefined };
  const link = new Pipe(carrier);
  const lost = serveFile(link, new File(['x'], 'disk.img'));
  link.carrierLost();
  assert.equal((await lost).code, 'lost');
  const pipe = new Pipe(carrier);
  const unread = { arrayBuffer: () => Promise.reject(new Error('it changed')) };
  const changed = { name: 'disk.img', size: 1, slice: () => unread };
  const ended = serveFile(pipe, changed);
  pipe.receive(requests([0, 1]));
  assert.equal((await ended).code, 'closed');
  assert.equal(await isReadable(changed), false);
});
