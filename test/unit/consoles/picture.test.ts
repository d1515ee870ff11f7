import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { crc32 } from '../../../main/consoles/crc32.ts';
import { writePng } from '../../../main/consoles/png.ts';
import { PictureError, readPpm, type Picture } from '../../../main/consoles/ppm.ts';

/** Reads what `writePng` writes: 8-bit RGB, no filter, one IDAT. */
function readPng(png: Buffer): Picture {
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(body));
    chunks.set(body.toString('latin1', 0, 4), body.subarray(4));
    at += length + 12;
  }
  const header = chunks.get('IHDR') ?? Buffer.alloc(0);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  assert.deepEqual([...header.subarray(8)], [8, 2, 0, 0, 0]);
  const rows = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  const pixels: Buffer[] = [];
  for (let row = 0; row < height; row++) {
    const at = row * (width * 3 + 1);
    assert.equal(rows[at], 0);
    pixels.push(rows.subarray(at + 1, at + 1 + width * 3));
  }
  assert.ok(chunks.has('IEND'));
  return { width, height, rgb: Buffer.concat(pixels) };
}

const picture = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
  .chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      rgb: fc.uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 }),
    }),
  );

suite('pictures', () => {
  test('CRC-32 of the known word', () => assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926));

  test('a PPM becomes a PNG with the same pixels', async () => {
    await fc.assert(
      fc.asyncProperty(picture, async ({ width, height, rgb }) => {
        const ppm = Buffer.concat([Buffer.from(`P6\n# QEMU\n${width} ${height}\n255\n`), rgb]);
        const back = readPng(await writePng(readPpm(ppm)));
        assert.equal(back.width, width);
        assert.equal(back.height, height);
        assert.ok(Buffer.from(rgb).equals(Buffer.from(back.rgb)));
      }),
      { numRuns: 50 },
    );
  });

  for (const [name, bytes] of [
    ['nothing', ''],
    ['text instead of pixels (P3)', 'P3\n1 1\n255\n0 0 0'],
    ['16 bits a channel', 'P6\n1 1\n65535\n000000'],
    ['too few pixels', 'P6\n2 2\n255\n000'],
    ['no pixels at all', 'P6\n0 0\n255\n'],
    ['a bomb', 'P6\n99999 99999\n255\n'],
  ] as const)
    test(`refuses ${name}`, () => assert.throws(() => readPpm(Buffer.from(bytes)), PictureError));
});
