import { FilePartReader } from '../../main/contract/file-parts.ts';
import type { Pipe } from '../consoles/pipe.ts';
import { download } from '../charts/download.ts';
import { isZero } from './zeros.ts';

/** Where the bytes of a download go. */
export interface FileSink {
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  /** So many zeros. */
  skip(zeros: number): Promise<void>;
  /** Everything is there: the file is the person's now. */
  finish(): Promise<void>;
  /** Nothing of it is kept. */
  drop(): Promise<void>;
}

/** What Chromium and Electron have (File System Access); TypeScript's DOM does not know it yet. */
interface PickerWindow {
  showSaveFilePicker(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
}

function canPick(scope: object): scope is PickerWindow {
  return 'showSaveFilePicker' in scope;
}

/**
 * Asks where the file is to be, in a browser that can write to it piece by piece; another one gathers it in its own store and hands it
 * to its downloads at the end. Null: the person closed the question.
 */
export async function openSink(name: string): Promise<FileSink | null> {
  if (!canPick(window)) return blobSink(name);
  try {
    const handle = await window.showSaveFilePicker({ suggestedName: name });
    return fileSink(await handle.createWritable());
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
}

/** Zeros are not written: where the laptop's file system can, they take no room. */
export function fileSink(
  file: Pick<FileSystemWritableFileStream, 'write' | 'truncate' | 'close' | 'abort'>,
): FileSink {
  let position = 0;
  return {
    write: async (data) => {
      if (!isZero(data)) await file.write({ type: 'write', position, data });
      position += data.length;
    },
    skip: (zeros) => {
      position += zeros;
      return Promise.resolve();
    },
    finish: async () => {
      await file.truncate(position);
      await file.close();
    },
    drop: () => file.abort(),
  };
}

const GATHERED_BYTES = 1 << 24;

/** A browser keeps what a Blob holds on its disk when it is much. */
function blobSink(name: string): FileSink {
  let parts: Blob[] = [];
  let gathered: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const gather = (): void => {
    parts.push(new Blob(gathered));
    gathered = [];
    bytes = 0;
  };
  const add = (chunk: Uint8Array<ArrayBuffer>): void => {
    gathered.push(chunk);
    bytes += chunk.length;
    if (bytes >= GATHERED_BYTES) gather();
  };
  return {
    write: (chunk) => {
      add(chunk);
      return Promise.resolve();
    },
    skip: (zeros) => {
      const empty = new Uint8Array(Math.min(zeros, GATHERED_BYTES));
      for (let left = zeros; left > 0; left -= empty.length) add(empty.subarray(0, left));
      return Promise.resolve();
    },
    finish: () => {
      gather();
      download(new Blob(parts), name);
      return Promise.resolve();
    },
    drop: () => {
      parts = [];
      gathered = [];
      return Promise.resolve();
    },
  };
}

/** The bytes ended before the last one: whoever sends them knows why. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

/**
 * Writes what comes through a pipe until it ends; what is not written yet holds up the host. Rejects with CutOff when the pipe ended
 * otherwise than with its last byte, or with what writing failed with; then nothing is kept.
 */
export async function savePipe(pipe: Pipe, sink: FileSink): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      let turn: Promise<void> = Promise.resolve();
      const parts = new FilePartReader<Uint8Array<ArrayBuffer>>();
      pipe.listen({
        onChunk: (chunk) => {
          turn = turn.then(async () => {
            for (const part of parts.push(chunk))
              await (part instanceof Uint8Array ? sink.write(part) : sink.skip(part.zeros));
            pipe.consumed(chunk.length);
          });
          turn.catch((error: unknown) => {
            pipe.close();
            reject(error instanceof Error ? error : new Error(String(error)));
          });
        },
        onEnd: ({ code, reason }) => {
          if (code === 'ended') turn.then(resolve, reject);
          else reject(new CutOff(reason));
        },
      });
    });
    await sink.finish();
  } catch (error) {
    await sink.drop().catch(() => undefined);
    throw error;
  }
}
