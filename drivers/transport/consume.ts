import { finished, type Readable } from 'node:stream';

/** Takes a chunk; whoever is given a promise waits before there are more. */
export type Take = (bytes: Buffer) => Promise<unknown> | null | undefined | void;

/**
 * Gives out what a stream brings, chunk by chunk: reading it as an async iterable would put chunks together by copying them. Where `take`
 * answers with a promise, the stream stands still until that is done.
 * @throws what `take` threw, after which the stream is left as it is; the stream's error
 */
export function consume(stream: Readable, take: Take): Promise<void> {
  return new Promise((resolve, reject) => {
    let taking: Promise<unknown> | null = null;
    const stop = finished(stream, { writable: false }, (error) => {
      if (error != null) reject(error);
      else Promise.resolve(taking).then(() => resolve(), failed);
    });
    const failed = (error: unknown): void => {
      stop();
      // Whoever ends it now is told by `reject`: an error that comes later is nobody's.
      stream.on('error', () => undefined);
      stream.off('data', onData);
      reject(error);
    };
    const onData = (bytes: Buffer): void => {
      try {
        taking = take(bytes) ?? null;
        if (taking === null) return;
        stream.pause();
        taking.then(() => stream.resume(), failed);
      } catch (error) {
        failed(error);
      }
    };
    stream.on('data', onData);
  });
}
