import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import { LinkError } from '../../drivers/rpc/errors.ts';
import type { ByteSource } from '../../main/storage/byte-source.ts';
import { downloadVolume } from '../../main/storage/download.ts';
import { openDigest, type Digest } from '../../main/storage/digest.ts';
import { bytesOf } from '../../main/storage/zero-bytes.ts';
import { SEGMENT_BYTES, UploadState, uploadVolume } from '../../main/storage/upload.ts';
import type { Lab } from '../lab/lab.ts';
import { VolumeHost } from './volume-host.ts';

const MIB = 1 << 20;
const CHUNK = 64 * 1024;
const POOL = 'transfer';
const FOLDER = '/var/lib/libvirt/images/transfer';

/** Bytes that are the same at every reading: every 16th MiB holds data, the rest are zeros. */
function pattern(sizeBytes: number, onRead: (offset: number) => void = () => undefined): ByteSource {
  const data = createHash('sha512').update('virtlane').digest();
  const filled = Buffer.alloc(CHUNK, data);
  const empty = Buffer.alloc(CHUNK);
  return {
    sizeBytes,
    async *read(offset, length) {
      for (let at = offset; at < offset + length; at += CHUNK) {
        onRead(at);
        const chunk = Math.floor(at / MIB) % 16 === 3 ? filled : empty;
        yield chunk.subarray(0, Math.min(CHUNK, offset + length - at));
      }
    },
  };
}

const never = new AbortController().signal;
const digests: Digest[] = [];

/** Hashes in a thread. */
function newState(): UploadState {
  const digest = openDigest('sha256', 4096 * MIB, never);
  digests.push(digest);
  return new UploadState(digest);
}

async function sha256(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytesOf(source.read(0, source.sizeBytes, new AbortController().signal)))
    hash.update(chunk);
  return hash.digest('hex');
}

suite('bytes of volumes over SSH', { timeout: 600_000 }, () => {
  let host: VolumeHost;
  let lab: Lab;
  let client: LibvirtClient;

  before(async () => {
    host = await VolumeHost.open(POOL);
    ({ lab, client } = host);
  });
  after(async () => {
    for (const digest of digests) digest.close();
    await host.close();
  });
  beforeEach(() => host.sh('rm -f *'));

  async function volume(name: string, bytes: number): Promise<StorageVolRef> {
    const { pool } = await client.remote.storagePoolLookupByName({ name: POOL });
    const xml = `<volume><name>${name}</name><capacity>${bytes}</capacity><allocation>0</allocation><target><format type='raw'/></target></volume>`;
    return (await client.remote.storageVolCreateXml({ pool, xml, flags: 0 })).vol;
  }
  const onHost = async (name: string): Promise<string> =>
    (await lab.exec(1, 'openssl', 'dgst', '-sha256', '-r', path.join(FOLDER, name))).slice(0, 64);
  const request = (vol: StorageVolRef, source: ByteSource) => ({
    vol,
    source,
    sparse: true,
    signal: new AbortController().signal,
    progress: () => undefined,
  });

  test('4 GiB with few data: bytes equal, holes stay holes, memory bounded', async () => {
    const source = pattern(4096 * MIB + 512);
    const vol = await volume('sparse.raw', source.sizeBytes);
    let peak = 0;
    const before = process.memoryUsage().rss;
    const progress = (): void => {
      peak = Math.max(peak, process.memoryUsage.rss());
    };
    const digest = await uploadVolume(client, { ...request(vol, source), progress }, newState());
    assert.equal(digest, await sha256(source));
    assert.equal(await onHost('sparse.raw'), digest);
    const [size, blocks] = (await lab.exec(1, 'stat', '-c', '%s %b', path.join(FOLDER, 'sparse.raw'))).split(
      ' ',
    );
    assert.equal(Number(size), source.sizeBytes);
    assert.ok(Number(blocks) * 512 < 300 * MIB, `${Number(blocks) * 512} bytes are allocated`);
    assert.ok(peak - before < 200 * MIB, `${(peak - before) / MIB} MiB more memory`);
  });

  test('a link that is lost in the middle: goes on from the last piece the host confirmed', async () => {
    let cut = false;
    const source = pattern(2 * SEGMENT_BYTES + 5 * MIB, (offset) => {
      if (cut || offset < SEGMENT_BYTES + 100 * MIB) return;
      cut = true;
      void broken.close();
    });
    const vol = await volume('cut.raw', source.sizeBytes);
    const broken = await host.openLink();
    const first = await host.openClient(broken);
    const state = newState();
    await assert.rejects(uploadVolume(first, request(vol, source), state), (error) => {
      assert.ok(error instanceof LinkError, String(error));
      return true;
    });
    assert.equal(state.confirmedBytes, SEGMENT_BYTES);
    const digest = await uploadVolume(client, request(vol, source), state);
    assert.equal(digest, await sha256(source));
    assert.equal(await onHost('cut.raw'), digest);
  });

  test('what a program that died has written behind the confirmed bytes is taken away, and holes stay holes', async () => {
    const size = 300 * MIB + 512;
    const kept = 16 * MIB;
    const old: ByteSource = {
      sizeBytes: size,
      async *read(offset, length) {
        for (let at = offset; at < offset + length; at += CHUNK)
          yield Buffer.alloc(Math.min(CHUNK, offset + length - at), 7);
      },
    };
    const vol = await volume('torn.raw', size);
    await uploadVolume(client, request(vol, old), newState());
    const source: ByteSource = {
      sizeBytes: size,
      read: (offset, length) => (offset < kept ? old : pattern(size)).read(offset, length, never),
    };
    const whole: ByteSource = {
      sizeBytes: size,
      async *read() {
        yield* source.read(0, kept, never);
        yield* source.read(kept, size - kept, never);
      },
    };
    const state = newState();
    state.confirmedBytes = kept;
    state.tornTo = Infinity;
    await uploadVolume(client, { ...request(vol, source), segmentBytes: 32 * MIB }, state);
    assert.equal(await onHost('torn.raw'), await sha256(whole));
    const blocks = Number(await lab.exec(1, 'stat', '-c', '%b', path.join(FOLDER, 'torn.raw')));
    assert.ok(blocks * 512 < 100 * MIB, `${blocks * 512} bytes are allocated`);
  });

  test('cancelled: the stream is aborted at once, and the connection serves on', async () => {
    const abort = new AbortController();
    const source = pattern(1024 * MIB, (offset) => {
      if (offset > 64 * MIB) abort.abort();
    });
    const vol = await volume('cancelled.raw', source.sizeBytes);
    const work = uploadVolume(client, { ...request(vol, source), signal: abort.signal }, newState());
    await assert.rejects(work, { name: 'AbortError' });
    await client.remote.storageVolDelete({ vol, flags: 0 });
  });

  test('a full disk is libvirt’s own error', async () => {
    await lab.exec(1, 'mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', FOLDER);
    try {
      await lab.exec(1, 'virsh', 'pool-refresh', POOL);
      const filled: ByteSource = {
        sizeBytes: 64 * MIB,
        async *read(_, length) {
          for (let at = 0; at < length; at += CHUNK) yield Buffer.alloc(CHUNK, 1);
        },
      };
      const vol = await volume('full.raw', filled.sizeBytes);
      const work = uploadVolume(client, { ...request(vol, filled), sparse: false }, newState());
      await assert.rejects(work, /No space left on device/);
    } finally {
      await lab.exec(1, 'umount', FOLDER);
    }
  });

  test('a download gives the bytes and the holes back, and can begin anywhere', async () => {
    const source = pattern(300 * MIB + 512);
    const vol = await volume('back.raw', source.sizeBytes);
    await uploadVolume(client, request(vol, source), newState());
    const signal = new AbortController().signal;
    const hash = createHash('sha256');
    let sent = 0;
    let holes = 0;
    const zeros = Buffer.alloc(MIB);
    for await (const part of downloadVolume(client, { vol, offset: 0, length: 0, sparse: true, signal })) {
      if (part instanceof Uint8Array) {
        sent += part.length;
        hash.update(part);
      } else {
        holes += part.zeros;
        for (let left = part.zeros; left > 0; left -= MIB)
          hash.update(zeros.subarray(0, Math.min(left, MIB)));
      }
    }
    assert.equal(hash.digest('hex'), await sha256(source));
    assert.ok(sent <= 20 * MIB, `${sent} bytes were sent`);
    assert.equal(sent + holes, source.sizeBytes);
    const piece: Buffer[] = [];
    const range = { vol, offset: 3 * MIB + 7, length: 1000, sparse: false, signal };
    for await (const part of downloadVolume(client, range))
      if (part instanceof Uint8Array) piece.push(Buffer.from(part));
    const whole = await host.bytes('back.raw');
    assert.ok(Buffer.concat(piece).equals(whole.subarray(3 * MIB + 7, 3 * MIB + 1007)));
  });
});
