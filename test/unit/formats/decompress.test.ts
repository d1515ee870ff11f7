import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ByteStream } from '../../../drivers/formats/byte-stream.ts';
import { decompress } from '../../../drivers/formats/compression/decompress.ts';
import { compressionOf, UnsupportedCompression } from '../../../drivers/formats/compression/kinds.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import { damagedAt, gathered, pieces } from '../../support/byte-pieces.ts';
import { PACKED_SAMPLES, UNPACKED } from '../../support/packed-samples.ts';

/** The bytes, or null where they are refused as damaged; any other failure fails the test. */
async function unpacked(kind: Parameters<typeof decompress>[0], stream: ByteStream): Promise<Buffer | null> {
  try {
    return await gathered(decompress(kind, stream));
  } catch (error) {
    if (error instanceof FormatError || error instanceof UnsupportedCompression) return null;
    throw error;
  }
}

for (const { command, kind, isChecked, bytes } of PACKED_SAMPLES)
  suite(`what ${command} packs`, () => {
    test('is told by its first bytes', () => assert.equal(compressionOf(bytes.subarray(0, 16)), kind));

    test('is unpacked, in pieces of any size', async () => {
      for (const size of [1, 7, 100, bytes.length])
        assert.ok(
          (await gathered(decompress(kind, pieces(bytes, size)))).equals(UNPACKED),
          `pieces of ${size}`,
        );
    });

    test('comes out twice where two follow each other, if the format has that', async () => {
      const twice = await unpacked(kind, pieces(Buffer.concat([bytes, bytes]), 50));
      if (kind === 'lzma') assert.equal(twice, null);
      else assert.ok(twice?.equals(Buffer.concat([UNPACKED, UNPACKED])));
    });

    test('is refused where it is cut, anywhere', async () => {
      // A file of lz4 -l has no end: one without blocks is empty.
      const whole = command === 'lz4 -l' ? 4 : bytes.length;
      for (let length = 0; length < bytes.length; length += 1)
        if (length !== whole)
          assert.equal(await unpacked(kind, pieces(bytes.subarray(0, length))), null, `${length} bytes`);
    });

    test('is refused where other bytes follow', async () => {
      for (const size of [64, bytes.length, bytes.length + 9])
        assert.equal(
          await unpacked(kind, pieces(Buffer.concat([bytes, Buffer.from('something')]), size)),
          null,
        );
    });

    test(isChecked ? 'is refused, or the same, with any byte changed' : 'may be changed unseen', async () => {
      for (let at = 0; at < bytes.length; at += 1) {
        const found = await unpacked(kind, pieces(damagedAt(bytes, at)));
        if (isChecked) assert.ok(found === null || found.equals(UNPACKED), `byte ${at}`);
      }
    });
  });

suite('packed files', () => {
  test('zeros behind gzip and xz are padding', async () => {
    for (const { kind, bytes } of PACKED_SAMPLES.filter((sample) => ['gzip', 'xz'].includes(sample.kind)))
      for (const size of [bytes.length, 64, 4096]) {
        const padded = Buffer.concat([bytes, Buffer.alloc(1024)]);
        assert.ok((await gathered(decompress(kind, pieces(padded, size)))).equals(UNPACKED));
      }
  });

  test('an error says where in the packed bytes', async () => {
    for (const { kind, bytes, command } of PACKED_SAMPLES)
      await assert.rejects(
        gathered(decompress(kind, pieces(bytes.subarray(0, 200)))),
        (error) => error instanceof FormatError && error.offset !== null && error.offset <= 200,
        command,
      );
  });

  test('what zlib says of damage is told, and the place alone is in brackets', async () => {
    const { kind, bytes } =
      PACKED_SAMPLES.find((sample) => sample.kind === 'gzip') ?? assert.fail('no sample');
    await assert.rejects(
      gathered(decompress(kind, pieces(damagedAt(bytes, bytes.length - 8)))),
      /: The packed bytes are damaged, as zlib tells: incorrect data check \(at byte \d+\)$/,
    );
  });

  test('a source that fails is told as it failed, and one that is left is let go', async () => {
    for (const { kind, bytes, command } of PACKED_SAMPLES) {
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, 100);
        throw new Error('the disk is gone');
      };
      await assert.rejects(gathered(decompress(kind, failing())), /the disk is gone/, command);
      let isLetGo = false;
      const watched = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield bytes;
        } finally {
          isLetGo = true;
        }
      };
      for await (const piece of decompress(kind === 'lzma' ? 'none' : kind, watched())) {
        assert.ok(piece.length > 0);
        break;
      }
      assert.ok(isLetGo, command);
    }
  });

  test('lrzip is refused by its name, and what is not packed is told from what is unknown', async () => {
    const lrzip = Buffer.from('LRZI\0\x06\x0c\x0c\0\0\0\0\0\0\0\0', 'latin1');
    assert.equal(compressionOf(lrzip), 'lrzip');
    await assert.rejects(
      gathered(decompress('lrzip', pieces(lrzip))),
      (error) => error instanceof UnsupportedCompression && error.compression === 'lrzip',
    );
    assert.equal(compressionOf(Buffer.from('partclone-image\0')), 'none');
    assert.equal(compressionOf(Buffer.from('\0ntfsclone-image')), 'none');
    assert.equal(compressionOf(Buffer.from('BZh is how it begins')), null);
    assert.equal(compressionOf(Buffer.alloc(16)), null);
    assert.equal(compressionOf(Buffer.alloc(0)), null);
    assert.ok((await gathered(decompress('none', pieces(UNPACKED, 9)))).equals(UNPACKED));
  });

  test('a frame of Zstandard that is to be skipped is', async () => {
    const skipped = Buffer.from('\x55\x2a\x4d\x18\x03\0\0\0abc', 'latin1');
    for (const { bytes } of PACKED_SAMPLES.filter(({ kind }) => kind === 'zstd')) {
      const file = Buffer.concat([skipped, bytes, skipped]);
      assert.equal(compressionOf(file.subarray(0, 16)), 'zstd');
      assert.ok((await gathered(decompress('zstd', pieces(file, 5)))).equals(UNPACKED));
    }
  });

  test('what would need too much memory is refused', async () => {
    const xz = PACKED_SAMPLES.find(({ command }) => command === 'lzip');
    const lzip = Buffer.from(xz?.bytes ?? []);
    lzip[5] = 29;
    await assert.rejects(
      gathered(decompress('lzip', pieces(lzip))),
      /lzip cannot be decompressed here: .* 512 MiB/,
    );
    const zstd = Buffer.from('\x28\xb5\x2f\xfd\0\x90\0\0\0', 'latin1');
    await assert.rejects(gathered(decompress('zstd', pieces(zstd))), UnsupportedCompression);
  });
});
