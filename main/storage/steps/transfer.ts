import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { pause } from '../../hosts/clock.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { stepKind } from '../../jobs/engine/step-kinds.ts';
import { Pace } from '../pace.ts';
import { poolByUuid, volumeByName } from '../read.ts';
import { UploadState, uploadVolume } from '../upload.ts';
import { overLostLinks, type StorageStepDeps } from './deps.ts';
import { removeVolume } from './remove-volume.ts';
import { checkFree, existed, refuseUsed, theVolume, volumeLeft, volumeParams } from './volume.ts';

const POLL_MS = 500;

const copyParams = volumeParams.extend({
  xml: z.string(),
  from: z.object({ pool: z.string(), poolName: z.string(), name: z.string() }),
  /** What the copy will take, for the progress. */
  expectedBytes: z.number(),
});

export function transferSteps(deps: StorageStepDeps) {
  return [upload(deps), copy(deps)];
}

/** Fills a volume that this job made with a file of the laptop. Taken back with the volume. */
function upload(deps: StorageStepDeps) {
  return stepKind({
    name: 'volume.upload',
    params: volumeParams.extend({
      /** Id of the offered file; good in this process only. */
      file: z.string(),
    }),
    check: ({ file }) => {
      deps.files.file(file);
      return Promise.resolve();
    },
    async run(params, step) {
      const source = deps.files.file(params.file);
      const state = new UploadState();
      const pace = new Pace(deps.clock, source.sizeBytes, (now) => step.progress(now));
      const { signal } = step;
      const { host } = params;
      const sha256 = await overLostLinks(deps, { step, host }, async () => {
        const client = await step.session(host).bulkClient();
        const vol = await theVolume(client, params);
        const progress = (bytes: number): void => pace.at(bytes);
        return uploadVolume(client, { vol, source, sparse: true, signal, progress }, state);
      });
      step.log(`SHA-256 of ${source.name}: ${sha256}`);
      return { sha256 };
    },
    // The file cannot be read any more by another process, and nobody knows what of it has arrived.
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

/** Makes a volume from another one of the host (virStorageVolCreateXMLFrom): copies, converts, flattens. */
function copy({ clock }: StorageStepDeps) {
  return stepKind({
    name: 'volume.copy',
    params: copyParams,
    async check(params, step) {
      await checkFree(params, step);
      await refuseUsed({ ...params.from, host: params.host }, step, 'copied');
    },
    async run(params, step) {
      const { host, pool, name, xml, from, expectedBytes } = params;
      const client = await step.session(host).bulkClient();
      const ref = await poolByUuid(client, pool);
      const clonevol = await theVolume(client, from);
      const over = new AbortController();
      const pace = new Pace(clock, expectedBytes, (now) => step.progress(now));
      const watch = async (): Promise<void> => {
        while (!over.signal.aborted) {
          await pause(clock, POLL_MS, over.signal);
          const bytes = await allocated(step.client(host), { pool, name }).catch(refusal);
          if (bytes !== null) pace.at(bytes);
        }
      };
      const cancelled = (): void =>
        step.log('Cancelling: libvirt cannot stop a copy, what it has made is removed when it is done');
      step.signal.addEventListener('abort', cancelled, { once: true });
      const watching = watch().catch(() => undefined);
      try {
        const { vol } = await client.remote
          .storageVolCreateXmlFrom({ pool: ref, xml, clonevol, flags: 0 }, { timeoutMs: 0 })
          .catch(existed);
        step.signal.throwIfAborted();
        return { key: vol.key };
      } finally {
        over.abort();
        step.signal.removeEventListener('abort', cancelled);
        await watching;
      }
    },
    settle: () => Promise.resolve({ done: false }),
    async undo({ host, pool, name }, result, step) {
      const client = step.client(host);
      const volume = { pool, name };
      await removeVolume({ client, clock, signal: step.signal, volume, refresh: result === null });
    },
    leaves: (params) => volumeLeft(params),
  });
}

async function allocated(
  client: LibvirtClient,
  volume: { pool: string; name: string },
): Promise<number | null> {
  const vol = await volumeByName(client, volume);
  return vol === null ? null : Number((await client.remote.storageVolGetInfo({ vol })).allocation);
}

/** While libvirt works on it, it may not answer; the copy itself says how it ended. */
function refusal(error: unknown): null {
  if (error instanceof LibvirtError) return null;
  throw error;
}
