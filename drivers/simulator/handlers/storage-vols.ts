import { Readable } from 'node:stream';
import {
  virStorageVolDownloadFlags,
  virStorageVolResizeFlags,
  virStorageVolType,
  virStorageVolUploadFlags,
} from '../../libvirt/constants/index.ts';
import type { StorageVolRef } from '../../libvirt/protocol/structs.ts';
import { StreamHole } from '../../rpc/stream.ts';
import { readVolume } from '../../libvirt/model/index.ts';
import { volumeXml } from '../descriptions/storage.ts';
import { failure } from '../failures.ts';
import type { HostState } from '../host/host-state.ts';
import { volumeRef } from '../host/storage.ts';
import type { Handlers } from './table.ts';

const ZEROS = Buffer.alloc(64 * 1024);

function volumeInfo(host: HostState, ref: StorageVolRef) {
  const volume = host.storage.volume(ref);
  return {
    type: virStorageVolType.VIR_STORAGE_VOL_FILE,
    capacity: BigInt(volume.capacityBytes),
    allocation: BigInt(volume.allocationBytes),
  };
}

/** As bytes, for a client that knows no holes. */
function* withZeros(parts: Iterable<Uint8Array | StreamHole>): Generator<Uint8Array, void, void> {
  for (const part of parts) {
    if (part instanceof StreamHole)
      for (let left = Number(part.length); left > 0; left -= ZEROS.length)
        yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
    else yield part;
  }
}

/** What libvirtd says when more is written than was announced. */
function full(): Error {
  return failure(
    'VIR_ERR_SYSTEM_ERROR',
    'cannot write to stream: No space left on device',
    'VIR_FROM_STREAMS',
  );
}

/** Volumes. */
export const storageVolHandlers: Handlers = {
  storageVolLookupByName: ({ pool: ref, name }, { host }) => {
    const pool = host.storage.activePool(ref);
    return { vol: volumeRef(pool, host.storage.volume({ pool: pool.name, name })) };
  },
  storageVolLookupByKey: ({ key }, { host }) => ({ vol: host.storage.volumeByPath(key, 'key') }),
  storageVolLookupByPath: ({ path }, { host }) => ({ vol: host.storage.volumeByPath(path, 'path') }),
  storageVolGetInfo: ({ vol }, { host }) => volumeInfo(host, vol),
  storageVolGetInfoFlags: ({ vol }, { host }) => volumeInfo(host, vol),
  storageVolGetXmlDesc: ({ vol }, { host }) => ({ xml: volumeXml(host.storage.volume(vol)) }),
  storageVolGetPath: ({ vol }, { host }) => ({ name: host.storage.volume(vol).path }),
  storageVolCreateXml: ({ pool: ref, xml }, { host }) => {
    const pool = host.storage.activePool(ref);
    return { vol: volumeRef(pool, host.storage.createVolume(pool, xml)) };
  },
  storageVolCreateXmlFrom: ({ pool: ref, xml, clonevol }, { host }) => {
    const pool = host.storage.activePool(ref);
    const from = host.storage.volume(clonevol);
    const { name } = readVolume(xml);
    if (pool.volumes.has(name))
      throw failure(
        'VIR_ERR_INTERNAL_ERROR',
        `storage volume name '${name}' already in use.`,
        'VIR_FROM_STORAGE',
      );
    const volume = host.storage.createVolume(pool, xml);
    try {
      host.storage.copy(volume, from);
    } catch (error) {
      host.storage.deleteVolume(pool, volume);
      throw error;
    }
    return { vol: volumeRef(pool, volume) };
  },
  storageVolDelete: ({ vol }, { host }) =>
    host.storage.deleteVolume(host.storage.poolByName(vol.pool), host.storage.volume(vol)),
  storageVolWipe: ({ vol }, { host }) => {
    const volume = host.storage.volume(vol);
    volume.content?.clear();
    volume.allocationBytes = 0;
    host.storage.touch(volume);
  },
  storageVolUpload: ({ vol, offset, length, flags }, { host, context }) => {
    const volume = host.storage.volume(vol);
    const sparse = (flags & virStorageVolUploadFlags.VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM) !== 0;
    const stream = context.openStream({ sparse });
    let at = Number(offset);
    const end = length === 0n ? Number.POSITIVE_INFINITY : at + Number(length);
    stream.on('error', () => {});
    stream.on('data', (part: Uint8Array | StreamHole) => {
      const bytes = part instanceof StreamHole ? Number(part.length) : part.length;
      try {
        if (at + bytes > end) throw full();
        if (!(part instanceof StreamHole)) host.storage.write(volume, at, part);
        at += bytes;
        if (part instanceof StreamHole) host.storage.cut(volume, at);
      } catch (error) {
        stream.destroy(error instanceof Error ? error : full());
      }
    });
  },
  storageVolDownload: ({ vol, offset, length, flags }, { host, context }) => {
    const volume = host.storage.volume(vol);
    const sparse = (flags & virStorageVolDownloadFlags.VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM) !== 0;
    const size = volume.physicalBytes ?? volume.capacityBytes;
    const left = Math.max(0, size - Number(offset));
    const wanted = length === 0n ? left : Math.min(left, Number(length));
    const parts = volume.content?.read(Number(offset), wanted) ?? [new StreamHole(BigInt(wanted))];
    const stream = context.openStream({ sparse });
    stream.on('error', () => {});
    Readable.from(sparse ? parts : withZeros(parts)).pipe(stream);
  },
  storageVolResize: ({ vol, capacity, flags }, { host }) => {
    const volume = host.storage.volume(vol);
    if (Number(capacity) < volume.allocationBytes)
      throw failure(
        'VIR_ERR_INVALID_ARG',
        "can't shrink capacity below existing allocation",
        'VIR_FROM_STORAGE',
      );
    const shrinks = Number(capacity) < volume.capacityBytes;
    if (shrinks && (flags & virStorageVolResizeFlags.VIR_STORAGE_VOL_RESIZE_SHRINK) === 0)
      throw failure(
        'VIR_ERR_INVALID_ARG',
        "Can't shrink capacity below current capacity unless shrink flag explicitly specified",
        'VIR_FROM_STORAGE',
      );
    volume.capacityBytes = Number(capacity);
    host.storage.touch(volume);
  },
};
