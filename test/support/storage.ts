import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { serveReads } from '../../main/cli/serve-file.ts';
import type { Zeros } from '../../drivers/formats/zero-runs.ts';
import { FilePartReader } from '../../main/contract/file-parts.ts';
import type { HiddenVolumes, Pool, StorageMessage, Volume } from '../../main/contract/storage.ts';
import type { TestCore } from './core.ts';
import { jobWhere } from './job-watch.ts';
import { until } from './wait.ts';

const MIB = 1 << 20;
const CHUNK = 64 * 1024;

/** Bytes that are the same at every reading: every 16th MiB holds data, the rest are zeros. */
export async function* sparsePattern(offset: number, length: number): AsyncGenerator<Uint8Array, void, void> {
  const filled = Buffer.alloc(CHUNK, createHash('sha512').update('virtlane').digest());
  const empty = Buffer.alloc(CHUNK);
  for (let at = offset; at < offset + length;) {
    const within = at % CHUNK;
    const take = Math.min(CHUNK - within, offset + length - at);
    yield (Math.floor(at / MIB) % 16 === 3 ? filled : empty).subarray(within, within + take);
    at += take;
  }
}

export async function sha256Of(sizeBytes: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of sparsePattern(0, sizeBytes)) hash.update(bytes);
  return hash.digest('hex');
}

/** Takes what comes through a pipe of a file apart. */
export async function* partsOf(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array | Zeros, void, void> {
  const reader = new FilePartReader();
  for await (const chunk of stream) yield* reader.push(chunk);
}

export type Read = (offset: number, length: number) => AsyncIterable<Uint8Array>;

/** Offers a file over the bridge; answers with its id and a way to take it away. */
export async function offer(core: TestCore, name: string, sizeBytes: number, read: Read = sparsePattern) {
  const { file, token } = await core.client.file.offer({ name, sizeBytes });
  const { stream } = await core.connection.openPipe(token);
  const served = serveReads(stream, read);
  return {
    file,
    close: async () => {
      stream.destroy();
      await served;
    },
  };
}

/** What a watch has told so far. */
export class StorageWatch {
  readonly pools = new Map<string, Pool>();
  readonly volumes = new Map<string, readonly Volume[]>();
  readonly hidden = new Map<string, HiddenVolumes>();
  readonly #abort = new AbortController();
  #over: Promise<void> = Promise.resolve();

  static async open(core: TestCore, host: string): Promise<StorageWatch> {
    const watch = new StorageWatch();
    const messages = await core.client.pool.watch({ host }, { signal: watch.#abort.signal });
    watch.#over = watch.#read(messages);
    return watch;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#over;
  }

  pool(name: string): Promise<Pool> {
    return until(() => [...this.pools.values()].find((pool) => pool.name === name), `pool ${name}`);
  }

  volume(pool: string, name: string, holds: (volume: Volume) => boolean = () => true): Promise<Volume> {
    return until(
      () => this.volumes.get(pool)?.find((volume) => volume.name === name && holds(volume)),
      `volume ${name} as it is wanted`,
    );
  }

  async #read(messages: AsyncIterable<StorageMessage>): Promise<void> {
    try {
      for await (const message of messages) this.#take(message);
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  #take(message: StorageMessage): void {
    switch (message.type) {
      case 'pools':
        this.pools.clear();
        this.volumes.clear();
        for (const pool of message.pools) this.pools.set(pool.uuid, pool);
        break;
      case 'pool':
        this.pools.set(message.pool.uuid, message.pool);
        break;
      case 'poolRemoved':
        this.pools.delete(message.uuid);
        this.volumes.delete(message.uuid);
        break;
      case 'volumes':
        this.volumes.set(message.pool, message.volumes);
        this.hidden.set(message.pool, message.hidden);
        break;
    }
  }
}

/** Waits until a step of the job is begun, or over. */
export async function stepRuns(core: TestCore, id: string, step: string): Promise<void> {
  await jobWhere(core, id, `for ${step} to begin`, ({ steps, finishedAt }) => {
    const begun = steps.some((one) => one.id === step && one.startedAt !== null);
    assert.ok(begun || finishedAt === null, `the job is over, and ${step} was never begun`);
    return begun;
  });
}
