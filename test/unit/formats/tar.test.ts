import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../../../drivers/formats/errors.ts';
import { memorySource } from '../../../drivers/formats/random-source.ts';
import { readTarIndex } from '../../../drivers/formats/tar.ts';

interface Header {
  readonly name: string;
  readonly type?: string;
  readonly content?: string;
  /** In place of the content's own. */
  readonly size?: Buffer;
  readonly prefix?: string;
}

function entry({ name, type = '0', content = '', size, prefix = '' }: Header): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  (size ?? Buffer.from(Buffer.byteLength(content).toString(8).padStart(11, '0'))).copy(header, 124);
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const padded = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
  padded.write(content);
  return Buffer.concat([header, padded]);
}

const END = Buffer.alloc(1024);
const index = (...parts: Buffer[]) => readTarIndex(memorySource(Buffer.concat([...parts, END])));
const read = async (...parts: Buffer[]) => (await index(...parts)).files;
const pax = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  const length = bytes + String(bytes + 2).length;
  return `${length}${rest}`;
};

test('a second name of the same file has its bytes', async () => {
  const second = entry({ name: 'img/b', type: '1' });
  second.write('img/a', 157);
  second.fill(' ', 148, 156);
  const sum = second.reduce((total, byte) => total + byte, 0);
  second.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const found = await read(entry({ name: 'img/a', content: 'x' }), second);
  assert.deepEqual(found[1], { name: 'img/b', offset: 512, size: 1 });
  await assert.rejects(read(second), /img\/b is a second name of img\/a, which is not before it/);
});

test('links, devices and pipes are named', async () => {
  const kinds = ['2', '3', '4', '5', '6'].map((type) => entry({ name: `img/${type}`, type }));
  const { files, others } = await index(...kinds, entry({ name: 'img/a', content: 'x' }));
  assert.deepEqual(others, ['img/2', 'img/3', 'img/4', 'img/6']);
  assert.deepEqual(
    files.map(({ name }) => name),
    ['img/a'],
  );
});

test('regular files, with names of every kind', async () => {
  const long = `${'x'.repeat(120)}/file`;
  const found = await read(
    entry({ name: 'img/', type: '5' }),
    entry({ name: 'img/disk', content: 'sda\n' }),
    entry({ name: 'img/link', type: '2', size: Buffer.from('00000001000') }),
    entry({ name: '././@LongLink', type: 'L', content: `${long}\0` }),
    entry({ name: 'short', content: 'a'.repeat(513) }),
    entry({ name: 'pax', type: 'x', content: pax('path', 'img/ä') + pax('mtime', '1.5') }),
    entry({ name: 'img/a', content: 'b' }),
    entry({ name: 'last', prefix: 'img', content: '' }),
  );
  assert.deepEqual(
    found.map(({ name, offset, size }) => [name, offset, size]),
    [
      ['img/disk', 1024, 4],
      [long, 3584, 513],
      ['img/ä', 6144, 1],
      ['img/last', 7168, 0],
    ],
  );
});

test('a file beyond 8 GiB, as GNU writes its size', async () => {
  const size = Buffer.alloc(12);
  size[0] = 0x80;
  size.writeBigUInt64BE(2n ** 33n, 4);
  const header = entry({ name: 'big', size });
  const source = {
    read: (at: number, length: number) => Promise.resolve(at === 0 ? header : Buffer.alloc(length)),
  };
  assert.deepEqual((await readTarIndex(source)).files, [{ name: 'big', offset: 512, size: 2 ** 33 }]);
});

test('what is no tar, cut, changed or stored with holes is an error of the format', async () => {
  const good = entry({ name: 'img/disk', content: 'sda' });
  for (let at = 0; at < 512; at += 1) {
    if (at >= 148 && at < 156) continue;
    const changed = Buffer.from(good);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await assert.rejects(read(changed), FormatError, `byte ${at}`);
  }
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(100), good.subarray(0, 600), good])
    await assert.rejects(readTarIndex(memorySource(bytes)), FormatError);
  await assert.rejects(read(entry({ name: 'x', type: 'S' })), /stored with holes/);
  await assert.rejects(
    read(entry({ name: 'p', type: 'x', content: pax('GNU.sparse.major', '1') }), good),
    /with holes/,
  );
  const huge = Buffer.alloc(12, 0xff);
  huge[0] = 0x80;
  await assert.rejects(read(entry({ name: 'x', size: huge })), FormatError);
  await assert.rejects(
    read(entry({ name: 'x', type: 'L', size: Buffer.from('77777777777') })),
    /name of 8589934591/,
  );
});
