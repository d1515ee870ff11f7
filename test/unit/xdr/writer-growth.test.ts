import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XdrReader } from '../../../drivers/xdr/reader.ts';
import { XdrWriter } from '../../../drivers/xdr/writer.ts';

test('a number that makes the block grow is written into the new block', () => {
  for (const lead of [4088, 4092, 4096]) {
    const writer = new XdrWriter();
    writer.skip(lead);
    writer.uhyper(0x0102_0304_0506_0708n);
    writer.uint(7);
    const reader = new XdrReader(writer.take().subarray(lead));
    assert.equal(reader.uhyper(), 0x0102_0304_0506_0708n);
    assert.equal(reader.uint(), 7);
  }
});
