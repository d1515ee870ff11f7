import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';

/** Where the core tells of its own faults. Texts hold no secrets: nobody logs answers to prompts, XML or arguments of calls. */
export interface Logger {
  error(what: string, error: unknown): void;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

const MAX_BYTES = 1024 * 1024;

/** `core.log` in the data folder; one older file is kept beside it. A disk that is full or read-only makes it silent, not harmful. */
export function fileLogger(dataDir: string): Logger {
  const file = path.join(dataDir, 'core.log');
  let writes = Promise.resolve();
  const write = async (text: string): Promise<void> => {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    if (size > MAX_BYTES) await rename(file, `${file}.1`);
    await appendFile(file, text, { mode: 0o600 });
  };
  return {
    error(what, error) {
      const text = `${new Date().toISOString()} ${what}: ${described(error)}\n`;
      writes = writes.then(() => write(text)).catch(() => undefined);
    },
    close: () => writes,
  };
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n  caused by ${described(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
