import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../../../drivers/formats/errors.ts';
import { IsoImage, writeIso, type IsoFile } from '../../../drivers/formats/iso9660/index.ts';
import { memorySource } from '../../../drivers/formats/random-source.ts';

const text = (content: string): Buffer => Buffer.from(content);
const SEED: IsoFile[] = [
  { path: 'user-data', content: text('#cloud-config\n') },
  { path: 'meta-data', content: text('instance-id: 1\n') },
  { path: 'empty', content: text('') },
];

// oxlint-disable-next-line no-control-regex
const NOT_ON_A_CD = /[\u0000-\u001f*/:;?\\\u007f]/;

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((value) => value !== '.' && value !== '..' && !NOT_ON_A_CD.test(value));

/** Files with paths that are told apart by their letters, not by small and capital ones. */
const files = fc
  .uniqueArray(
    fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
      content: fc.uint8Array({ maxLength: 5000 }),
    }),
    { selector: ({ path }) => path.toLowerCase(), maxLength: 12 },
  )
  .filter((all) =>
    all.every(({ path }) =>
      all.every((other) => !other.path.toLowerCase().startsWith(`${path.toLowerCase()}/`)),
    ),
  );

function codeOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    return error instanceof FormatError ? error.code : String(error);
  }
}

test('what is written is read again, by the names it was given', async () => {
  await fc.assert(
    fc.asyncProperty(files, async (all) => {
      const image = await IsoImage.open(memorySource(writeIso({ volumeId: 'cidata', files: all })));
      assert.equal(image.descriptor.volumeId, 'cidata');
      for (const { path, content } of all)
        assert.ok((await image.readFile(path, 5000)).equals(content), path);
    }),
    { numRuns: 60 },
  );
});

test('the same input gives the same bytes', () => {
  const write = (): Buffer => writeIso({ volumeId: 'cidata', files: SEED });
  assert.ok(write().equals(write()));
});

test('a folder of more records than a sector holds is read whole', async () => {
  const many = Array.from({ length: 300 }, (_, index) => ({
    path: `packages/a long name of package ${index}.deb`,
    content: text(String(index)),
  }));
  const image = await IsoImage.open(memorySource(writeIso({ volumeId: 'MANY', files: many })));
  assert.equal((await image.list('packages')).length, 300);
  assert.equal((await image.readFile('packages/a long name of package 299.deb', 10)).toString(), '299');
  assert.equal((await image.stat('packages')).kind, 'folder');
});

test('a file of several pieces, as those of 4 GiB and more are, is read as one', async () => {
  const bytes = writeIso({
    volumeId: 'X',
    files: ['a', 'b'].map((path) => ({ path, content: Buffer.alloc(2048, path) })),
  });
  // The record of `a` in the Joliet folder says that the next one goes on with it, and that has its name.
  const [first, second] = [bytes.indexOf('\x02\0a', 0, 'latin1'), bytes.indexOf('\x02\0b', 0, 'latin1')];
  bytes[first - 7] = 0x80;
  bytes[second + 2] = 'a'.charCodeAt(0);
  const image = await IsoImage.open(memorySource(bytes));
  assert.deepEqual(await image.list(''), [{ name: 'a', kind: 'file', sizeBytes: 4096 }]);
  assert.equal((await image.readFile('a', 4096)).toString(), 'a'.repeat(2048) + 'b'.repeat(2048));
});

test('a name that a CD cannot hold, one given twice and a file that is a folder are refused', () => {
  const write = (...paths: string[]) =>
    codeOf(() => writeIso({ volumeId: 'X', files: paths.map((path) => ({ path, content: text('') })) }));
  for (const path of ['', 'a//b', '../x', 'a:b', 'a\nb', '/etc', 'a\ud800'])
    assert.equal(write(path), 'BAD_VALUE', path);
  assert.equal(write('a', 'a'), 'BAD_VALUE');
  assert.equal(write('a', 'a/b'), 'BAD_VALUE');
  assert.equal(write('a/b', 'a'), 'BAD_VALUE');
  assert.equal(write('x'.repeat(65)), 'TOO_LARGE');
  assert.equal(write('1/2/3/4/5/6/7/8/9'), 'UNSUPPORTED');
});

test('a label of another alphabet or of more than 16 characters is refused', () => {
  for (const volumeId of ['', 'Ä', 'a\n', 'x'.repeat(17)])
    assert.equal(
      codeOf(() => writeIso({ volumeId, files: [] })),
      'BAD_VALUE',
    );
});

test('what is not there is said to be not there', async () => {
  const image = await IsoImage.open(memorySource(writeIso({ volumeId: 'cidata', files: SEED })));
  await assert.rejects(image.readFile('vendor-data', 10), { name: 'FormatError', code: 'NOT_FOUND' });
  await assert.rejects(image.list('user-data'), { code: 'NOT_FOUND' });
  await assert.rejects(image.readFile('user-data', 3), { code: 'TOO_LARGE' });
  assert.equal((await image.readFile('USER-DATA', 100)).toString(), '#cloud-config\n');
});

test('other bytes are another format', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(100_000), Buffer.alloc(100_000, 0xff)])
    await assert.rejects(IsoImage.open(memorySource(bytes)), { code: 'OTHER_FORMAT' });
});

test('however an image is damaged or cut, reading ends with an error that has a place, or with what is left', async () => {
  const whole = writeIso({
    volumeId: 'cidata',
    files: [...SEED, { path: 'a/b/c.txt', content: text('content') }],
  });
  const damage = fc.array(
    fc.record({ at: fc.integer({ min: 16 * 2048, max: 30 * 2048 }), value: fc.nat(255) }),
    { minLength: 1, maxLength: 20 },
  );
  const walk = async (image: IsoImage, path: string, depth: number): Promise<void> => {
    for (const { name: child, kind } of (await image.list(path)).slice(0, 50)) {
      if (kind === 'folder' && depth < 5) await walk(image, `${path}/${child}`, depth + 1);
      if (kind === 'file') await image.readFile(`${path}/${child}`, 1 << 20);
    }
  };
  await fc.assert(
    fc.asyncProperty(damage, fc.integer({ min: 0, max: whole.length }), async (changes, length) => {
      const bytes = Buffer.from(whole);
      for (const { at, value } of changes) bytes[at] = value;
      try {
        await walk(await IsoImage.open(memorySource(bytes.subarray(0, length))), '', 0);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

/** An image whose root is a folder of `bytes`, filled with records of one file each. */
function crowded(bytes: number, flags: number, systemUse: Buffer): Buffer {
  const small = writeIso({ volumeId: 'X', files: [] });
  const image = Buffer.concat([small, Buffer.alloc(bytes)]);
  for (const descriptor of [16, 17]) {
    image.writeUInt32LE(small.length / 2048, descriptor * 2048 + 158);
    image.writeUInt32LE(bytes, descriptor * 2048 + 166);
  }
  const record = Buffer.alloc(36 + systemUse.length);
  record[0] = record.length;
  record.writeUInt32LE(20, 2);
  record[25] = flags;
  record[32] = 2;
  record.write('A', 34);
  systemUse.copy(record, 36);
  for (let sector = small.length; sector < image.length; sector += 2048)
    for (let at = 0; at + record.length <= 2048; at += record.length) record.copy(image, sector + at);
  return image;
}

test('a file of pieces without end is not put together', async () => {
  const image = await IsoImage.open(memorySource(crowded(1 << 20, 0x80, Buffer.alloc(0))));
  await assert.rejects(image.list(''), { code: 'TOO_LARGE' });
});

test('a folder whose names are all elsewhere on the image is not read in as many pieces', async () => {
  // Rock Ridge: SP says that it is there, CE that more follows in sector 20.
  const sp = Buffer.from('SP\x07\x01\xbe\xef\x00', 'latin1');
  const ce = Buffer.alloc(29);
  ce.write('CE\x1c\x01', 'latin1');
  ce.writeUInt32LE(20, 4);
  ce.writeUInt32LE(8, 20);
  const bytes = crowded(1 << 20, 0, Buffer.concat([sp, ce]));
  let reads = 0;
  const source = memorySource(bytes);
  const image = await IsoImage.open({
    read: (offset, length) => {
      reads += 1;
      return source.read(offset, length);
    },
  });
  await assert.rejects(image.list(''), { code: 'TOO_LARGE' });
  assert.ok(reads < 5000, `${reads} reads`);
});

test('short names of files that begin alike are told apart', async () => {
  const files = Array.from({ length: 1200 }, (_, index) => ({
    path: `same beginning ${index}.txt`,
    content: text(''),
  }));
  const bytes = writeIso({ volumeId: 'X', files });
  const names = bytes.toString('latin1').match(/SAME[A-Z0-9_]{0,4}\.TXT;1/g) ?? [];
  assert.equal(new Set(names).size, 1200);
});
