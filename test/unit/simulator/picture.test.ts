import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { CELL_HEIGHT, glyphRow } from '../../../drivers/simulator/vnc/font.ts';
import { changedRects, createFrame, drawText, fillRect } from '../../../drivers/simulator/vnc/frame.ts';
import { encodePng } from '../../../drivers/simulator/vnc/png.ts';

const rows = (code: number) =>
  Array.from({ length: CELL_HEIGHT }, (_, row) => glyphRow(code, row).toString(16)).join(' ');

test('every printable character has a glyph of its own', () => {
  const glyphs = Array.from({ length: 95 }, (_, index) => rows(0x20 + index));
  assert.equal(new Set(glyphs).size, 95);
});

test('other characters are shown as a box', () => {
  assert.equal(rows(0xe9), rows(0x4e2d));
  assert.notEqual(rows(0xe9), rows(0x20));
});

test('drawing outside of a frame changes nothing and throws nothing', () => {
  const frame = createFrame(20, 20);
  drawText(frame, 'far', { x: 500, y: 500, colour: 7 });
  drawText(frame, 'far', { x: -50, y: -50, colour: 7 });
  fillRect(frame, { x: 30, y: 30, width: 5, height: 5 }, 7);
  fillRect(frame, { x: -9, y: -9, width: 5, height: 5 }, 7);
  assert.ok(frame.pixels.every((pixel) => pixel === 0));
});

test('all that differs lies within the changed rectangles, and equal frames have none', () => {
  const area = fc.record({
    x: fc.integer({ min: 0, max: 99 }),
    y: fc.integer({ min: 0, max: 69 }),
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(fc.array(area, { maxLength: 6 }), (areas) => {
      const before = createFrame(100, 70);
      const after = createFrame(100, 70);
      for (const rect of areas) fillRect(after, rect, 3);
      for (const rect of changedRects(before, after)) {
        assert.ok(rect.x + rect.width <= 100 && rect.y + rect.height <= 70);
        fillRect(after, rect, 0);
      }
      assert.deepEqual(after.pixels, before.pixels);
      assert.deepEqual(changedRects(before, after), []);
    }),
  );
});

test('a PNG holds the pixels of its frame, and its chunks their checksums', () => {
  const frame = createFrame(90, 40);
  drawText(frame, 'Picture', { x: 4, y: 8, colour: 10 });
  const png = Buffer.from(encodePng(frame));
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 8, at + 8 + length);
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(png.subarray(at + 4, at + 8 + length)));
    chunks.set(png.toString('latin1', at + 4, at + 8), body);
    at += length + 12;
  }
  const data = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  const pixels = Array.from({ length: 40 }, (_, row) => data.subarray(row * 91 + 1, (row + 1) * 91));
  assert.ok(Buffer.concat(pixels).equals(frame.pixels));
});
