import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { after, before, beforeEach, suite, test } from 'node:test';
import { isZeros, lengthOf, type Zeros } from '../../drivers/formats/zero-runs.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { Exec } from '../../drivers/transport/exec.ts';
import { DataDigest, type DataSum } from '../../main/storage/data-digest.ts';
import { hostBytes } from '../../main/storage/host-bytes.ts';
import { hostHolds } from '../../main/storage/host-data.ts';
import { hostDigest } from '../../main/storage/host-digest.ts';
import { VolumeReader } from '../../main/storage/volume-reader.ts';
import { bytesOf } from '../../main/storage/zero-bytes.ts';
import { VolumeHost } from './volume-host.ts';

const MIB = 1 << 20;
const SIZE = 80 * MIB + 512;
const OFFSET = MIB + 7;
const BLOCK = 1 << 18;
const NAME = 'disk.raw';
const never = new AbortController().signal;

/** Its programs have other words. */
const reworded =
  (from: string, to: string) =>
  (exec: Exec): Exec =>
  (argv, options) => {
    assert.ok(argv.some((word) => word.includes(from)));
    return exec(
      argv.map((word) => word.replaceAll(from, to)),
      options,
    );
  };

async function bytes(parts: AsyncIterable<Uint8Array | Zeros>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytesOf(parts)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

suite('a volume as programs of its host read it', { timeout: 600_000 }, () => {
  let host: VolumeHost;
  let whole: Buffer;

  before(async () => {
    host = await VolumeHost.open('host-bytes');
  });
  after(() => host.close());

  const asked = async (offset = 0) => ({
    vol: await host.volume(NAME),
    offset,
    length: SIZE - offset,
    signal: never,
  });
  const place = async () => {
    const { pool } = await host.client.remote.storagePoolLookupByName({ name: host.pool });
    return { pool: uuidToString(pool.uuid), poolName: host.pool, name: NAME };
  };

  suite('without holes', () => {
    beforeEach(async () => {
      await host.sh(`rm -f *; head -c ${SIZE} /dev/urandom >${NAME}`);
      whole = await host.bytes(NAME);
    });

    test('is read by a program, from anywhere', async () => {
      assert.ok((await bytes(hostBytes(host.reading(), await asked()))).equals(whole));
      const end = hostBytes(host.reading(), await asked(OFFSET));
      assert.ok((await bytes(end)).equals(whole.subarray(OFFSET)));
    });

    test('is not read from a file that is another than libvirt’s, only of the same size', async () => {
      await host.sh(`head -c ${SIZE} /dev/urandom >other.raw`);
      const other = host.reading(reworded(NAME, 'other.raw'));
      assert.equal((await bytes(hostBytes(other, await asked()))).length, 0);
      assert.ok((await bytes(new VolumeReader().read(other, await asked()))).equals(whole));
    });

    test('goes on by libvirt’s stream where the program ends early, or none may run', async () => {
      const early = host.reading((exec) => (argv, options) => {
        assert.equal(options.stdin, `0:${SIZE}\n`);
        return exec(argv, { ...options, stdin: `0:${100 * BLOCK}\n` });
      });
      assert.equal((await bytes(hostBytes(early, await asked()))).length, 100 * BLOCK);
      assert.ok((await bytes(new VolumeReader().read(early, await asked()))).equals(whole));
      const refused = new TransportError('EXEC', 'no programs here');
      const none = host.reading(() => () => Promise.reject(refused));
      const end = new VolumeReader().read(none, await asked(OFFSET));
      assert.ok((await bytes(end)).equals(whole.subarray(OFFSET)));
    });

    test('is digested by its host, with openssl and without', async () => {
      const wanted = createHash('sha256').update(whole).digest('hex');
      const digest = async (change?: (exec: Exec) => Exec): Promise<string | null> =>
        hostDigest(host.reading(change), await place(), { algorithm: 'sha256', signal: never });
      assert.equal(await digest(), wanted);
      assert.equal(await digest(reworded('openssl', 'no-openssl')), wanted);
    });
  });

  suite('with holes', () => {
    const WRITTEN = [
      [8 * MIB, 3],
      [16 * MIB + 4096, 1],
      [64 * MIB, 1],
    ] as const;

    beforeEach(async () => {
      const write = WRITTEN.map(
        ([at, mib]) =>
          `head -c ${mib}M /dev/urandom | dd of=${NAME} bs=64k iflag=fullblock oflag=seek_bytes seek=${at} conv=notrunc status=none`,
      );
      await host.sh([`rm -f *; truncate -s ${SIZE} ${NAME}`, ...write].join('; '));
      whole = await host.bytes(NAME);
    });

    async function parts(change?: (exec: Exec) => Exec, offset = 0): Promise<(Uint8Array | Zeros)[]> {
      const found: (Uint8Array | Zeros)[] = [];
      for await (const part of hostBytes(host.reading(change), await asked(offset))) found.push(part);
      return found;
    }
    async function* each(of: readonly (Uint8Array | Zeros)[]): AsyncGenerator<Uint8Array | Zeros> {
      for (const part of of) yield await Promise.resolve(part);
    }

    test('only its data is read, from anywhere', async () => {
      const found = await parts();
      assert.ok((await bytes(each(found))).equals(whole));
      const data = found.filter((part) => part instanceof Uint8Array);
      assert.equal(
        data.reduce((sum, { length }) => sum + length, 0),
        5 * MIB,
      );
      const within = 9 * MIB + 7;
      assert.ok((await bytes(each(await parts(undefined, within)))).equals(whole.subarray(within)));
    });

    test('all of it is a hole', async () => {
      await host.sh(`rm ${NAME}; truncate -s ${SIZE} ${NAME}`);
      assert.deepEqual(await parts(), [{ zeros: SIZE }]);
    });

    test('is left to libvirt where the host has no qemu-img, and where a range cannot be read', async () => {
      const none = reworded('qemu-img', 'no-qemu-img');
      assert.deepEqual(await parts(none), []);
      const read = new VolumeReader().read(host.reading(none), await asked());
      assert.ok((await bytes(read)).equals(whole));
      const broken = reworded('done', 'exit 1; done');
      const some = await parts(
        (exec) => (argv, options) => (options.stdin === undefined ? exec : broken(exec))(argv, options),
      );
      assert.equal(
        some.reduce((sum, part) => sum + lengthOf(part), 0),
        11 * MIB,
      );
      const rest = new VolumeReader().read(
        host.reading(
          (exec) => (argv, options) => (options.stdin === undefined ? exec : broken(exec))(argv, options),
        ),
        await asked(),
      );
      assert.ok((await bytes(rest)).equals(whole));
    });

    test('what comes after a range of which too little could be read is not taken for its end', async () => {
      // A read that fails in the middle of a block gives what is before that, and no error.
      const short = reworded('count="$length"', 'count="$((length - (at == 16781312) * 512))"');
      const change =
        (exec: Exec): Exec =>
        (argv, options) =>
          (options.stdin === undefined ? exec : short(exec))(argv, options);
      const found = await bytes(each(await parts(change)));
      assert.equal(found.length, 17 * MIB + 4096 - 512);
      assert.ok(found.equals(whole.subarray(0, found.length)));
      const read = new VolumeReader().read(host.reading(change), await asked());
      assert.ok((await bytes(read)).equals(whole));
    });

    test('a map that is not of all of the file is none', async () => {
      const change =
        (exec: Exec): Exec =>
        async (argv, options) => {
          const told = await exec(argv, options);
          return options.stdin === undefined
            ? { ...told, stdout: told.stdout.replace(/,\s*\{[^}]*\}\s*\]\s*$/, ']') }
            : told;
        };
      assert.deepEqual(await parts(change), []);
    });

    test('a thousand pieces, and an end within a sector', async () => {
      await host.sh(
        `rm ${NAME}; truncate -s 1001M ${NAME}; for i in $(seq 0 999); do echo $i | dd of=${NAME} bs=1M seek=$i conv=notrunc status=none; done; printf end | dd of=${NAME} bs=1M seek=1001 conv=notrunc status=none`,
      );
      const vol = await host.volume(NAME);
      const hash = createHash('sha256');
      let pieces = 0;
      for await (const part of hostBytes(host.reading(), {
        vol,
        offset: 0,
        length: 1001 * MIB + 3,
        signal: never,
      })) {
        if (part instanceof Uint8Array) pieces += 1;
        for await (const chunk of bytesOf(each([part]))) hash.update(chunk);
      }
      assert.ok(pieces > 1000, `${pieces} pieces`);
      const wanted = await hostDigest(host.reading(), await place(), { algorithm: 'sha256', signal: never });
      assert.equal(hash.digest('hex'), wanted);
    });

    suite('holds what was sent', () => {
      let sum: DataSum;

      beforeEach(async () => {
        const digest = new DataDigest('sha256', SIZE, never);
        try {
          for (const part of await parts()) await digest.add(part);
          sum = { sizeBytes: SIZE, algorithm: 'sha256', ranges: digest.ranges, digest: await digest.hex() };
        } finally {
          digest.close();
        }
        assert.equal(sum.ranges.length, 3);
      });

      const holds = async (change?: (exec: Exec) => Exec): Promise<boolean | null> =>
        hostHolds(host.reading(change), await place(), { sum, signal: never });
      async function write(at: number, value: number): Promise<void> {
        const file = await open(await host.file(NAME), 'r+');
        await file.write(Buffer.from([value]), 0, 1, at);
        await file.close();
      }

      test('with its holes', async () => {
        assert.equal(await holds(), true);
      });
      test('where the host has no qemu-img: then its zeros are read', async () => {
        assert.equal(await holds(reworded('qemu-img', 'no-qemu-img')), true);
      });
      test('where zeros are written into a hole', async () => {
        await write(40 * MIB, 0);
        assert.ok(isZeros((await host.bytes(NAME)).subarray(40 * MIB, 41 * MIB)));
        assert.equal(await holds(), true);
      });
      test('not where a byte of its data is another', async () => {
        await write(8 * MIB, (whole[8 * MIB] ?? 0) ^ 1);
        assert.equal(await holds(), false);
      });
      test('not where a byte in a hole is another, by the map and without one', async () => {
        await write(SIZE - 1, 1);
        assert.equal(await holds(), false);
        assert.equal(await holds(reworded('qemu-img', 'no-qemu-img')), false);
      });
      test('not where it has grown, or was cut', async () => {
        await host.sh(`truncate -s +512 ${NAME}`);
        assert.equal(await holds(), false);
        await host.sh(`truncate -s 79M ${NAME}`);
        assert.equal(await holds(), false);
      });
      test('nobody tells where the file cannot be read, or no program may run', async () => {
        assert.equal(await holds(reworded('if="$2"', 'if="$2.none"')), null);
        const refused = new TransportError('EXEC', 'no programs here');
        assert.equal(await holds(() => () => Promise.reject(refused)), null);
      });
    });
  });
});
