import { FILE_REQUEST_BYTES } from '../../main/contract/file.ts';
import { filePartHead } from '../../main/contract/file-parts.ts';
import type { Pipe, PipeEnd } from '../consoles/pipe.ts';
import { openPipe } from '../consoles/pipe-carriers.ts';
import { api } from './client.ts';
import { isZero } from './zeros.ts';

/** Read from the file at once, and held until it is on its way. */
const PIECE_BYTES = 1 << 20;

/** What a File of the browser is to this: Blob's own words. */
export interface ReadableFile {
  readonly name: string;
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** A file that the core may read. */
export interface ServedFile {
  /** What methods of the contract take as a file. */
  readonly file: string;
  /** Resolves when the core cannot read it any more: `lost` with the link, `closed` from this side, or as it could not be read. */
  readonly ended: Promise<PipeEnd>;
  /** The core cannot read it any more. */
  close(): void;
}

/** Lets the core read a file until `close` is called. Rejects as the call does, or with PipeError. */
export async function offerFile(file: ReadableFile, signal: AbortSignal): Promise<ServedFile> {
  const offered = await api.file.offer({ name: file.name, sizeBytes: file.size }, { signal });
  const pipe = await openPipe(offered.token, signal);
  return { file: offered.file, ended: serveFile(pipe, file), close: () => pipe.close() };
}

/** Whether it is still as it was when it was chosen. */
export async function isReadable(file: ReadableFile): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/**
 * Answers the requests of contract/file.ts, one after the other. A file that cannot be read, or has changed, ends the pipe. Resolves with
 * the pipe's end.
 */
export function serveFile(pipe: Pipe, file: ReadableFile): Promise<PipeEnd> {
  let before = new Uint8Array(0);
  let turn: Promise<void> = Promise.resolve();
  const onChunk = (chunk: Uint8Array<ArrayBuffer>): void => {
    pipe.consumed(chunk.length);
    const bytes = new Uint8Array(before.length + chunk.length);
    bytes.set(before);
    bytes.set(chunk, before.length);
    let at = 0;
    for (; at + FILE_REQUEST_BYTES <= bytes.length; at += FILE_REQUEST_BYTES) {
      const request = readRequest(bytes, at);
      turn = turn.then(() => answer(pipe, file, request)).catch(() => pipe.close());
    }
    before = bytes.slice(at);
  };
  return new Promise((onEnd) => pipe.listen({ onChunk, onEnd }));
}

interface FileRequest {
  readonly offset: number;
  readonly length: number;
}

function readRequest(bytes: Uint8Array, at: number): FileRequest {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FILE_REQUEST_BYTES);
  return { offset: Number(view.getBigUint64(0)), length: Number(view.getBigUint64(8)) };
}

async function answer(pipe: Pipe, file: ReadableFile, { offset, length }: FileRequest): Promise<void> {
  const end = offset + length;
  for (let at = offset; at < end && pipe.ended === null; at += PIECE_BYTES) {
    const to = Math.min(at + PIECE_BYTES, end);
    const piece = new Uint8Array(await file.slice(at, to).arrayBuffer());
    if (piece.length !== to - at) throw new Error(`${file.name} is shorter than it was`);
    const empty = isZero(piece);
    pipe.send(filePartHead(piece.length, empty));
    if (!empty) pipe.send(piece);
    await pipe.sent();
  }
}
