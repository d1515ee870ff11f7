import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { memorySource } from '../../../drivers/formats/random-source.ts';
import { readVolume, volumeXml } from '../../../drivers/libvirt/model/index.ts';
import { assertPlain } from '../../../main/jobs/p2v/plain-disk.ts';
import { bufferSource } from '../../../main/storage/byte-source.ts';
import { openDigest } from '../../../main/storage/digest.ts';
import { imageProblem, readImage, type ImageUse } from '../../../main/storage/image.ts';
import { uploadVolume, UploadState } from '../../../main/storage/upload.ts';
import { assertSource, claimProblem, readVolumeImage } from '../../../main/storage/volume-image.ts';
import { connectFleet } from '../simulator/fleet-client.ts';

function qcow2({ version = 3, backing = '', features = 0n } = {}): Buffer {
  const head = Buffer.alloc(65_536);
  head.write('QFI\u00fb', 0, 'latin1');
  head.writeUInt32BE(version, 4);
  head.writeBigUInt64BE(backing === '' ? 0n : 512n, 8);
  head.writeUInt32BE(backing.length, 16);
  head.writeUInt32BE(16, 20);
  head.writeBigUInt64BE(1n << 30n, 24);
  head.writeBigUInt64BE(features, 72);
  head.writeUInt32BE(104, 100);
  head.write(backing, 512);
  return head;
}

async function problem(bytes: Buffer, use: ImageUse): Promise<string | null> {
  return imageProblem('x', await readImage(memorySource(bytes), bytes.length), use);
}
const begins = (magic: string): Buffer => Buffer.from(magic.padEnd(1024, '\0'), 'latin1');
const ends = (magic: string): Buffer =>
  Buffer.concat([Buffer.alloc(4096), Buffer.from(magic.padEnd(512, '\0'), 'latin1')]);

let made = 0;

/** A volume of a simulated host that holds these bytes, and is raw to its pool. */
async function volumeOf(context: TestContext, bytes: Buffer) {
  const { client } = await connectFleet(context);
  const { pools } = await client.remote.connectListAllStoragePools({ needResults: 1, flags: 0 });
  const pool = pools.find(({ name }) => name === 'default') ?? assert.fail();
  const name = `disk-${(made += 1)}.img`;
  const xml = volumeXml({ name, capacityBytes: bytes.length, allocationBytes: 0, format: 'raw' });
  const { vol } = await client.remote.storageVolCreateXml({ pool, xml, flags: 0 });
  const { signal } = new AbortController();
  const source = bufferSource(bytes);
  await uploadVolume(
    client,
    { vol, source, sparse: false, signal, progress: () => undefined },
    new UploadState(openDigest(null, bytes.length, signal)),
  );
  const told = await client.remote.storageVolGetXmlDesc({ vol, flags: 0 });
  return { host: { bulkClient: () => Promise.resolve(client) }, vol, model: readVolume(told.xml) };
}

suite('what an image is', () => {
  test('qcow2 tells the size of its disk', async () => {
    const bytes = qcow2();
    const seen = { is: 'qcow2', capacityBytes: 1 << 30, backingFile: null, dataFile: null, damage: null };
    assert.deepEqual(await readImage(memorySource(bytes), bytes.length), seen);
    assert.equal(await problem(bytes, 'disk'), null);
  });

  test('what names another file is refused for every use', async () => {
    for (const use of ['disk', 'file'] as const) {
      assert.match((await problem(qcow2({ backing: '/etc/shadow' }), use)) ?? '', /needs \/etc\/shadow/);
      assert.match((await problem(qcow2({ features: 4n }), use)) ?? '', /needs a data file/);
      // What it lies on does not hide the other.
      const both = await problem(qcow2({ backing: '/p/base', features: 4n }), use);
      assert.match(both ?? '', /needs a data file/);
      assert.match((await problem(qcow2({ version: 1 }), use)) ?? '', /of another kind/);
      assert.match((await problem(begins('QFI\u00fb'), use)) ?? '', /qcow2/);
    }
    // Version 2 knows no features: what is there means something else.
    assert.equal(await problem(qcow2({ version: 2, features: 4n }), 'disk'), null);
  });

  test('disks of other programs are named and refused, by their beginnings and their ends', async () => {
    const foreign = [
      [begins('KDMV'), /VMDK/],
      [begins('COWD'), /VMDK/],
      [begins('QED\0'), /QED/],
      [begins('OOOM'), /COW/],
      [begins('WithoutFreeSpace'), /Parallels/],
      [begins('vhdxfile'), /VHDX/],
      [ends('conectix'), /VHD/],
      [ends('koly'), /DMG/],
    ] as const;
    for (const [bytes, name] of foreign)
      for (const use of ['disk', 'cd', 'archive', 'file'] as const)
        assert.match((await problem(bytes, use)) ?? '', name);
  });

  test('each use has its own list', async () => {
    const taken = async (bytes: Buffer): Promise<ImageUse[]> => {
      const uses = ['disk', 'cd', 'archive', 'file'] as const;
      const told = await Promise.all(uses.map((use) => problem(bytes, use)));
      return uses.filter((_, index) => told[index] === null);
    };
    assert.deepEqual(await taken(Buffer.alloc(100)), ['disk', 'cd', 'file']);
    assert.deepEqual(await taken(qcow2()), ['disk', 'file']);
    assert.deepEqual(await taken(begins('\u001f\u008b\u0008')), ['archive', 'file']);
    assert.deepEqual(await taken(begins('LUKS\u00ba\u00be')), ['file']);
  });
});

suite('as what a volume may be opened', () => {
  test('a data file is refused also where what the volume lies on is in a pool', async (context) => {
    const { host, vol, model } = await volumeOf(context, qcow2({ backing: '/p/base', features: 4n }));
    const told = { ...model, format: 'qcow2', backingPath: vol.key };
    const { signal } = new AbortController();
    const { problem } = await readVolumeImage(host, vol, told, signal);
    assert.match(problem ?? '', /not whole by itself: it needs a data file/);
  });

  test('what is raw to its pool must not begin as what the pool may take it for next', async (context) => {
    const { signal } = new AbortController();
    for (const bytes of [qcow2(), begins('KDMV'), begins('LUKS\u00ba\u00be')]) {
      const { host, vol } = await volumeOf(context, bytes);
      await assert.rejects(
        assertSource(host, vol, { claims: [], signal }),
        /is raw to its pool, and begins as/,
      );
    }
    for (const bytes of [begins('\u001f\u008b\u0008'), Buffer.alloc(100)]) {
      const { host, vol } = await volumeOf(context, bytes);
      assert.equal((await assertSource(host, vol, { claims: [], signal })).name, vol.name);
    }
  });

  test('a disk that is to be converted must be plain bytes', async () => {
    const { signal } = new AbortController();
    await assertPlain('sda', bufferSource(begins('\u00eb\u003c')), signal);
    for (const [bytes, name] of [
      [qcow2(), /^sda begins as a qcow2 disk does: .*Make the new disk raw/],
      [begins('vhdxfile'), /a VHDX disk/],
      [begins(`${'\0'.repeat(64)}\u007f\u0010\u00da\u00be`), /a VDI disk/],
    ] as const)
      await assert.rejects(assertPlain('sda', bufferSource(bytes), signal), { message: name });
  });

  const seen = { path: '/p/x', format: 'qcow2', backing: null, problem: null };

  test('a machine’s word counts more than what a pool sees', () => {
    assert.equal(claimProblem('x', seen, []), null);
    assert.equal(claimProblem('x', seen, [{ machine: 'm', format: 'qcow2' }]), null);
    assert.match(claimProblem('x', seen, [{ machine: 'm', format: 'raw' }]) ?? '', /raw to m/);
    assert.match(claimProblem('x', seen, [{ machine: 'm', format: null }]) ?? '', /raw to m/);
    assert.equal(claimProblem('x', { ...seen, format: 'raw' }, [{ machine: 'm', format: null }]), null);
  });

  test('what it lies on must be in a pool, unless a machine has it so', () => {
    const outside = { ...seen, backing: { path: '/srv/secret', inPool: false } };
    assert.match(claimProblem('x', outside, []) ?? '', /\/srv\/secret, which is in no active pool/);
    assert.equal(claimProblem('x', outside, [{ machine: 'm', format: 'qcow2' }]), null);
    assert.equal(claimProblem('x', { ...seen, backing: { path: '/p/base', inPool: true } }, []), null);
  });
});
