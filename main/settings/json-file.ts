import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { FailureError } from '../hosts/failures.ts';
import { replaceFile } from './replace-file.ts';

/** A file that could not be read as what it should be, and where it was put so that nothing of it is lost. */
export interface BrokenFile {
  file: string;
  keptAs: string;
  reason: string;
  /** A newer version wrote it: it stays where it is, and is not written. */
  newer: boolean;
}

export interface JsonFileOptions<T> {
  path: string;
  /** Of the content under `data`. */
  schema: z.ZodType<T>;
  /** Raised when the form of the content changes; a file of a newer version is not touched. */
  version: number;
  fallback: () => T;
  onBroken?: (broken: BrokenFile) => void;
}

/** A settings file is small; anything larger is not ours. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * One settings file: `{ "version": 1, "data": … }`. Checked when read; a file that is broken is renamed beside itself
 * (`hosts.json.broken-<time>`) and reported, never overwritten. Written whole to a temporary file (mode 0600) and renamed, so that
 * a crash leaves the old or the new content. Writes are done in the order of the calls.
 */
export class JsonFile<T> {
  readonly #options: JsonFileOptions<T>;
  /** Writes, and looks for what others wrote, one after the other. */
  #turns: Promise<void> = Promise.resolve();
  /** What file it was when `readIfChanged` read it last. */
  #seen: string | null = null;

  constructor(options: JsonFileOptions<T>) {
    this.#options = options;
  }

  /** @throws the file system's error when the file is there and cannot be read at all. */
  async read(): Promise<T> {
    let text: string;
    try {
      text = await readFile(this.#options.path, 'utf8');
    } catch (error) {
      if (isMissing(error)) return this.#options.fallback();
      throw error;
    }
    const parsed = this.#parse(text);
    if (parsed.ok) return parsed.data;
    if (parsed.newer === true) {
      this.#options.onBroken?.({
        file: this.#options.path,
        keptAs: this.#options.path,
        reason: parsed.reason,
        newer: true,
      });
      return this.#options.fallback();
    }
    const keptAs = `${this.#options.path}.broken-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    await rename(this.#options.path, keptAs);
    this.#options.onBroken?.({ file: this.#options.path, keptAs, reason: parsed.reason, newer: false });
    return this.#options.fallback();
  }

  /**
   * The content, where the file is another one than when this read it last; null: it is not, or it cannot be read, which is tried again at the
   * next call. It is read after the writes that were asked for before, and before those that are asked for later.
   */
  readIfChanged(): Promise<T | null> {
    return this.#inTurn(async () => {
      const { path: file } = this.#options;
      const found = await stat(file).catch(() => null);
      if (found === null || found.size > MAX_BYTES) return null;
      const now = `${found.ino} ${found.size} ${found.mtimeMs}`;
      if (now === this.#seen) return null;
      const parsed = this.#parse(await readFile(file, 'utf8').catch(() => ''));
      if (!parsed.ok) return null;
      this.#seen = now;
      return parsed.data;
    });
  }

  /**
   * Applies a change to what is in the file now, which another instance of the app may have written; to `known` when there is nothing
   * in it, and not at all when that is null. A change that answers with the same object is not written.
   * @throws the file system's error when the file is there and cannot be read: what is in it would be lost.
   */
  update(known: T | null, change: (content: T) => T): Promise<void> {
    return this.#inTurn(async () => {
      const text = await readFile(this.#options.path, 'utf8').catch((error: unknown) => {
        if (!isMissing(error)) throw error;
        return '';
      });
      const parsed = this.#parse(text);
      if (!parsed.ok && parsed.newer === true)
        throw new FailureError({
          code: 'CONFLICT',
          message:
            'The settings were not saved: a newer version of Virtlane wrote them, and this one would lose what it added.',
          detail: `${this.#options.path}: ${parsed.reason}`,
        });
      const before = parsed.ok ? parsed.data : known;
      if (before === null) return;
      const after = change(before);
      if (after !== before) await this.#replace(after);
    });
  }

  /** Resolves when every write asked for so far is done or has failed. */
  settled(): Promise<void> {
    return this.#turns;
  }

  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#turns.then(work);
    // A failed write is the caller's to know; the next one is tried all the same.
    this.#turns = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  #parse(text: string): { ok: true; data: T } | { ok: false; reason: string; newer?: boolean } {
    if (text.length > MAX_BYTES) return { ok: false, reason: 'the file is too large' };
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : 'not JSON' };
    }
    if (typeof value !== 'object' || value === null) return { ok: false, reason: 'not an object' };
    const { version, data } = value as { version?: unknown; data?: unknown };
    if (typeof version === 'number' && version > this.#options.version)
      return { ok: false, newer: true, reason: `version ${version} is newer than ${this.#options.version}` };
    if (version !== this.#options.version)
      return { ok: false, reason: `version ${JSON.stringify(version)} is not known` };
    const checked = this.#options.schema.safeParse(data);
    if (checked.success) return { ok: true, data: checked.data };
    const issue = checked.error.issues[0];
    return {
      ok: false,
      reason: issue === undefined ? 'wrong content' : `${issue.path.join('.')}: ${issue.message}`,
    };
  }

  async #replace(data: T): Promise<void> {
    const target = this.#options.path;
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify({ version: this.#options.version, data }, null, 2)}\n`);
      await handle.sync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    try {
      await replaceFile(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
