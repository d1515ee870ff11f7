import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FormatError } from '../../../drivers/formats/errors.ts';
import { openImage } from '../../../drivers/formats/open-image.ts';
import { pieces } from '../../support/byte-pieces.ts';

const CLUSTER = 512;
const CLUSTERS = 9;
/** What lies behind the last cluster: fewer bytes than one. */
const DEVICE = CLUSTERS * CLUSTER + 200;

function header(change: (bytes: Buffer) => void = () => undefined): Buffer {
  const bytes = Buffer.alloc(56);
  bytes.write('\0ntfsclone-image', 0, 'latin1');
  bytes.writeUInt8(10, 16);
  bytes.writeUInt8(1, 17);
  bytes.writeUInt32LE(CLUSTER, 18);
  bytes.writeBigUInt64LE(BigInt(DEVICE), 22);
  bytes.writeBigUInt64LE(BigInt(CLUSTERS), 30);
  bytes.writeBigUInt64LE(4n, 38);
  bytes.writeUInt32LE(56, 46);
  change(bytes);
  return bytes;
}

const cluster = (fill: string, length = CLUSTER): Buffer =>
  Buffer.concat([Buffer.from([1]), Buffer.alloc(length, fill)]);

function gap(count: bigint): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeBigInt64LE(count, 1);
  return bytes;
}

const BODY = [cluster('a'), cluster('b'), gap(5n), cluster('c'), gap(1n), cluster('boot', 200)];
const IMAGE = Buffer.concat([header(), ...BODY]);
const RESTORED = Buffer.concat([
  Buffer.alloc(CLUSTER, 'a'),
  Buffer.alloc(CLUSTER, 'b'),
  Buffer.alloc(5 * CLUSTER),
  Buffer.alloc(CLUSTER, 'c'),
  Buffer.alloc(CLUSTER),
  Buffer.alloc(200, 'boot'),
]);

async function restored(bytes: Uint8Array, size?: number): Promise<Buffer> {
  const image = await openImage(pieces(bytes, size));
  assert.equal(image.format, 'ntfsclone');
  const device = Buffer.alloc(image.deviceBytes ?? 0);
  for await (const { offset, data } of image.runs) device.set(data, offset);
  return device;
}

const refused = (bytes: Uint8Array, words: RegExp): Promise<void> =>
  assert.rejects(restored(bytes), (error) => error instanceof FormatError && words.test(error.message));

suite('images of ntfsclone', () => {
  test('give the device, with what lies behind the last cluster', async () => {
    for (const size of [1, 100, IMAGE.length]) assert.ok((await restored(IMAGE, size)).equals(RESTORED));
    const image = await openImage(pieces(IMAGE));
    assert.deepEqual(
      { ...image, runs: null },
      {
        format: 'ntfsclone',
        fileSystem: 'NTFS',
        deviceBytes: DEVICE,
        usedBytes: 4 * CLUSTER,
        checked: 'none',
        runs: null,
      },
    );
  });

  test('those of version 10.0 and before have no more than the clusters', async () => {
    const short = Buffer.concat([RESTORED.subarray(0, CLUSTERS * CLUSTER), Buffer.alloc(200)]);
    const before = BODY.slice(0, -1);
    assert.ok((await restored(Buffer.concat([header(), ...before]))).equals(short));
    const old = header((bytes) => bytes.writeUInt8(3, 16)).subarray(0, 46);
    assert.ok((await restored(Buffer.concat([old, ...before]))).equals(short));
  });

  test('cut anywhere else, or with more behind, are refused', async () => {
    const whole = IMAGE.length - 201;
    for (let length = 34; length < IMAGE.length; length += 1)
      if (length !== whole) await refused(IMAGE.subarray(0, length), /end within|cut off/);
    await refused(Buffer.concat([IMAGE, Buffer.alloc(1)]), /Bytes follow/);
  });

  const headers: readonly [words: RegExp, change: (bytes: Buffer) => void][] = [
    [/format 11\.1/, (bytes) => bytes.writeUInt8(11, 16)],
    [/0 bytes/, (bytes) => bytes.writeUInt32LE(0, 18)],
    [/513 bytes/, (bytes) => bytes.writeUInt32LE(513, 18)],
    [/4194304 bytes/, (bytes) => bytes.writeUInt32LE(4 * 1024 ** 2, 18)],
    [/size of the device is -1/, (bytes) => bytes.writeBigInt64LE(-1n, 22)],
    [/do not fit/, (bytes) => bytes.writeBigUInt64LE(10n, 30)],
    [/11 clusters would be in use/, (bytes) => bytes.writeBigUInt64LE(11n, 38)],
    [/header would have 49 bytes/, (bytes) => bytes.writeUInt32LE(49, 46)],
    [/header would have 70000 bytes/, (bytes) => bytes.writeUInt32LE(70_000, 46)],
  ];
  for (const [words, change] of headers)
    test(`a header is refused: ${words.source}`, () =>
      refused(Buffer.concat([header(change), ...BODY]), words));

  const bodies: readonly [words: RegExp, body: Buffer][] = [
    [/2 is no command/, Buffer.from([2])],
    [/0 clusters are left out/, gap(0n)],
    [/10 clusters are left out after 0 of 9/, gap(10n)],
    [/metadata alone/, gap(-1n)],
  ];
  for (const [words, body] of bodies)
    test(`what follows the header is refused: ${words.source}`, () =>
      refused(Buffer.concat([header(), body]), words));
});

test('anything else is a device’s own bytes', async () => {
  const bytes = Buffer.alloc(3000, 'plain');
  const image = await openImage(pieces(bytes, 999));
  assert.deepEqual(
    { ...image, runs: null },
    { format: 'dd', fileSystem: null, deviceBytes: null, usedBytes: null, checked: 'none', runs: null },
  );
  let end = 0;
  for await (const { offset, data } of image.runs) {
    assert.equal(offset, end);
    assert.ok(bytes.subarray(offset, offset + data.length).equals(data));
    end += data.length;
  }
  assert.equal(end, bytes.length);
});
