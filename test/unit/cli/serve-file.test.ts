import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FileReader, withOfferedFile } from '../../../main/cli/serve-file.ts';

const MIB = 1 << 20;

test('a file is read as it is, its holes told as zeros, whatever was read before', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'serve-file-'));
  const expected = Buffer.alloc(9 * MIB + 17);
  // Data that begins and ends within what is read at once after a hole, one byte of it, and at the end.
  for (const [at, length] of [
    [0, 300_000],
    [2 * MIB + 5, 700_001],
    [5 * MIB, 1],
    [7 * MIB - 3, 2 * MIB],
    [9 * MIB + 16, 1],
  ] as const)
    randomBytes(length)
      .map((byte) => byte || 1)
      .forEach((byte, index) => (expected[at + index] = byte));
  const handle = await open(path.join(folder, 'disk.raw'), 'w+');
  try {
    await handle.write(expected);
    const reader = new FileReader(handle);
    for (const [offset, length] of [
      [0, expected.length],
      [MIB, 6 * MIB + 1],
      [9 * MIB, 17],
    ] as const) {
      const parts: Uint8Array[] = [];
      let zeros = 0;
      for await (const part of reader.read(offset, length)) {
        if ('zeros' in part) zeros += part.zeros;
        parts.push('zeros' in part ? Buffer.alloc(part.zeros) : part);
      }
      assert.ok(Buffer.concat(parts).equals(expected.subarray(offset, offset + length)), `from ${offset}`);
      if (length > MIB) assert.ok(zeros > MIB, `${zeros} bytes were told as zeros`);
    }
  } finally {
    await handle.close();
    await rm(folder, { recursive: true });
  }
});

test('a file that is not there is told by its name', async () => {
  const never = () => assert.fail('it was offered');
  const session = { client: {} as Parameters<typeof withOfferedFile>[0]['client'], openFilePipe: never };
  await assert.rejects(
    withOfferedFile(session, '/nowhere/disk.qcow2', never),
    /^CliError: \/nowhere\/disk\.qcow2 is not there\.$/,
  );
});
