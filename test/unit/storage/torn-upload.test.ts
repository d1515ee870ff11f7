import assert from 'node:assert/strict';
import { test } from 'node:test';
import { volumeXml } from '../../../drivers/libvirt/model/index.ts';
import { bufferSource } from '../../../main/storage/byte-source.ts';
import { openDigest } from '../../../main/storage/digest.ts';
import { downloadVolume } from '../../../main/storage/download.ts';
import { uploadVolume, UploadState } from '../../../main/storage/upload.ts';
import { bytesOf } from '../../../main/storage/zero-bytes.ts';
import { connectFleet } from '../simulator/fleet-client.ts';

const MIB = 1 << 20;
const SIZE = 12 * MIB + 512;
const KEPT = 2 * MIB + 4096;

for (const [what, isCut] of [
  ['and the host cuts the file there', true],
  ['and the host does not say that it has cut the file', false],
] as const)
  test(`a program that died has written further than is known: all of that counts no more, ${what}`, async (context) => {
    const { client } = await connectFleet(context);
    const { remote } = client;
    const { pool } = await remote.storagePoolLookupByName({ name: 'default' });
    const xml = volumeXml({ name: 'torn.raw', capacityBytes: SIZE, allocationBytes: 0, format: 'raw' });
    const { vol } = await remote.storageVolCreateXml({ pool, xml, flags: 0 });
    const { signal } = new AbortController();
    let sent = 0;
    const upload = (bytes: Uint8Array, state: UploadState): Promise<string> => {
      const progress = (): void => undefined;
      return uploadVolume(
        client,
        { vol, source: bufferSource(bytes), sparse: true, signal, progress, segmentBytes: MIB },
        state,
      );
    };
    const stateOf = (): UploadState => new UploadState(openDigest(null, SIZE, signal));
    const content = Buffer.alloc(SIZE, 7);
    await upload(content, stateOf());
    const describe = remote.storageVolGetXmlDesc.bind(remote);
    context.mock.method(remote, 'storageVolGetXmlDesc', async (args: Parameters<typeof describe>[0]) => {
      const { xml: told } = await describe(args);
      return { xml: isCut ? told : told.replace(/<physical [^]*<.physical>/, '') };
    });
    const openStream = client.openStream.bind(client);
    context.mock.method(client, 'openStream', async (...asked: Parameters<typeof openStream>) => {
      const opened = await openStream(...asked);
      const write = opened.stream.write.bind(opened.stream);
      opened.stream.write = (part: unknown) => {
        if (part instanceof Uint8Array) sent += part.length;
        return write(part);
      };
      return opened;
    });
    // All of it is zeros by now, but for the end.
    content.fill(0, KEPT, SIZE - 3);
    const state = stateOf();
    state.confirmedBytes = KEPT;
    state.tornTo = Infinity;
    await upload(content, state);
    const found: Uint8Array[] = [];
    const all = downloadVolume(client, { vol, offset: 0, length: 0, sparse: true, signal });
    for await (const part of bytesOf(all)) found.push(part);
    assert.ok(Buffer.concat(found).equals(content), 'what the source has is what the volume has');
    // Zeros go as bytes where old bytes may be in the way, and not where none can be.
    if (isCut) assert.ok(sent <= 2 * MIB, `${sent} bytes were sent`);
    else assert.equal(sent, SIZE - KEPT);
  });
