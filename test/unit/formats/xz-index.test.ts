import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import {
  XZ_FOOTER_BYTES,
  XzError,
  xzIndexBytes,
  xzUnpackedBytes,
} from '../../../drivers/formats/xz-index.ts';

/** `head -c 300000 /dev/zero | xz -9` of XZ Utils 5.4. */
const ZEROS = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM5JPfAG9dAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m44wjEVPgWRjFdYrid/i2lH8MasDedElk4ulcU7IE2PdEDKtfDW1G6eXDdoi3llestk3haR1v+0uIEGw1jEDBAAAAH58pcZX/q9AAAYsB4KcSAHhj/vixxGf7AgAAAAAEWVo=',
  'base64',
);

function unpackedBytes(file: Uint8Array): number {
  const end = file.length - XZ_FOOTER_BYTES;
  const length = xzIndexBytes(file.subarray(end));
  return xzUnpackedBytes(file.subarray(end - length, end), file.length);
}

suite('the index of a file of xz', () => {
  test('says how much is in it', () => assert.equal(unpackedBytes(ZEROS), 300_000));

  test('several streams, another file, and damage are refused', () => {
    const refused = (file: Buffer, words: RegExp): void =>
      assert.throws(
        () => unpackedBytes(file),
        (error) => error instanceof XzError && words.test(error.message),
      );
    refused(Buffer.concat([ZEROS, ZEROS]), /several/);
    refused(Buffer.from('no such file at all'), /does not end/);
    for (let at = ZEROS.length - 1; at >= ZEROS.length - XZ_FOOTER_BYTES - 8; at -= 1) {
      const damaged = Buffer.from(ZEROS);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
      assert.throws(() => unpackedBytes(damaged), XzError, `byte ${at}`);
    }
  });
});
