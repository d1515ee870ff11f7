import type { Watch } from '../../jobs/p2v/restore.ts';
import { CliError } from '../errors.ts';
import { percent, rate } from '../format.ts';
import type { Output } from '../output.ts';

/** What a person ends a command with. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SHOW_EVERY_MS = 100;

/** Shows on a terminal how far it is. Told to end, it takes away what it has made before it does. */
export async function watched<T>(output: Output, work: (watch: Watch) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let ending: NodeJS.Signals | null = null;
  const stop = (signal: NodeJS.Signals): void => {
    ending = signal;
    abort.abort(new CliError({ code: 'CANCELLED', message: 'Ended by a signal.' }));
  };
  const began = Date.now();
  let shown = began;
  for (const signal of ENDING) process.once(signal, stop);
  try {
    return await work({
      signal: abort.signal,
      onProgress: ({ what, doneBytes, totalBytes }) => {
        const now = Date.now();
        if (now - shown < SHOW_EVERY_MS) return;
        shown = now;
        const perSecond = (1000 * doneBytes) / (now - began);
        output.progress(
          `${what}, ${percent((100 * doneBytes) / Math.max(1, totalBytes))}, ${rate(perSecond)} read`,
        );
      },
    });
  } finally {
    output.progress('');
    for (const signal of ENDING) process.off(signal, stop);
    if (ending !== null) process.kill(process.pid, ending);
  }
}
