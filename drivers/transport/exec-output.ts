import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Exec, ExecOptions, ExecResult } from './exec.ts';

/** Chunks that may wait for the reader. */
const WAITING = 2;

/**
 * What a program prints, while it runs; who reads sets the pace. Ends when it does, with what it said. Whoever stops reading ends the program.
 * @throws TransportError as Exec; what was read until then is right
 */
export async function* execOutput(
  exec: Exec,
  argv: readonly string[],
  { signal, stdin }: Omit<ExecOptions, 'onStdout'>,
): AsyncGenerator<Buffer, ExecResult, void> {
  const left = new AbortController();
  const until = AbortSignal.any([signal, left.signal]);
  // In object mode nothing is put together by copying.
  const pipe = new PassThrough({ objectMode: true, highWaterMark: WAITING });
  const onStdout = (chunk: Buffer): Promise<unknown> | null =>
    pipe.write(chunk) ? null : once(pipe, 'drain', { signal: until });
  const ended = exec(argv, { signal: until, onStdout, ...(stdin === undefined ? {} : { stdin }) });
  // Its error is told to whoever reads.
  void ended.then(
    () => pipe.end(),
    (error: unknown) => pipe.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    yield* pipe as AsyncIterable<Buffer>;
    return await ended;
  } finally {
    left.abort();
    await ended.catch(() => undefined);
  }
}
