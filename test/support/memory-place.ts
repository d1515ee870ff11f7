import type { Place } from '../../main/jobs/p2v/place.ts';

/** A computer that has these files, and no directories. */
export function memoryPlace(files: Readonly<Record<string, Uint8Array>>): Place {
  return {
    look: (path) => Promise.resolve(files[path] === undefined ? 'nothing' : 'file'),
    openFolder: (path) => Promise.reject(new Error(`${path} is no directory`)),
    openFile(path) {
      const bytes = files[path] ?? new Uint8Array();
      return Promise.resolve({
        sizeBytes: bytes.length,
        read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
        async *stream(offset, length) {
          yield await Promise.resolve(bytes.subarray(offset, offset + length));
        },
        close: () => Promise.resolve(),
      });
    },
    top: '/',
    isWhole: (path) => path.startsWith('/'),
  };
}
