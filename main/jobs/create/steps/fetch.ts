import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import { readVolumes, poolByUuid } from '../../../storage/read.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import type { StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { fetchChecksum } from '../catalogue.ts';
import { openHttpSource } from '../http-source.ts';
import { fillVolume } from './fill.ts';
import { assertNoVolume, clearHalf, deleteVolume } from './host-calls.ts';

const algorithm = z.enum(['sha256', 'sha512']);

const fetchParams = z.object({
  host: z.string(),
  pool: z.string(),
  poolName: z.string(),
  name: z.string(),
  url: z.string(),
  checksum: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('known'), algorithm, hex: z.string() }),
      z.object({ kind: z.literal('published'), algorithm, url: z.string(), file: z.string() }),
    ])
    .nullable(),
});
export type FetchParams = z.infer<typeof fetchParams>;

/** Volumes that are not whole yet, by `fetchKey`: nothing may be made from them. */
export type Fetching = Set<string>;

export function fetchKey({ host, pool, name }: { host: string; pool: string; name: string }): string {
  return `${host}/${pool}/${name}`;
}

/** Makes a volume of a file of the web, checked against its digest, through this computer. */
export const fetchStep = (fetching: Fetching, wait: HostWait): StepKind =>
  stepKind<FetchParams, null>({
    name: 'create.fetch',
    params: fetchParams,
    check: (params, step) => assertNoVolume(step, params.host, params),
    async run(params, step) {
      const { checksum } = params;
      // One that fails stays in the list until it is taken back.
      fetching.add(fetchKey(params));
      const expected = await expectedDigest(params, step.signal);
      const source = await openHttpSource(params.url, step.signal);
      const kind = checksum?.algorithm ?? 'sha256';
      const digest = await fillVolume(step, { ...params, source, algorithm: kind, wait });
      if (expected !== null && expected !== digest)
        throw new FailureError({
          code: 'CONFLICT',
          message: `${params.url} is not what was asked for: its checksum is another one.`,
          detail: `expected ${expected}\nfound    ${digest}`,
        });
      step.log(`${kind.toUpperCase()} of ${params.name}: ${digest}`);
      fetching.delete(fetchKey(params));
      return null;
    },
    async settle(params, step) {
      // Another job has laid a disk on it since, and saw it whole: `check` refuses it.
      return (await isBase(params, step)) ? { done: false } : clearHalf(step, params.host, params);
    },
    async undo(params, _, step) {
      // It is shared: another job may have laid a disk on it since.
      if (!(await isBase(params, step))) await deleteVolume(step, params.host, params);
      fetching.delete(fetchKey(params));
    },
    leaves: ({ name, poolName }) => `volume ${name} in pool ${poolName}`,
  });

/** Asked for before anything is fetched. */
async function expectedDigest({ checksum }: FetchParams, signal: AbortSignal): Promise<string | null> {
  if (checksum === null) return null;
  return checksum.kind === 'known' ? checksum.hex.toLowerCase() : fetchChecksum(checksum, signal);
}

async function isBase({ host, pool, name }: FetchParams, step: StepContext): Promise<boolean> {
  const client = step.client(host);
  const volumes = await readVolumes(client, await poolByUuid(client, pool));
  const path = volumes.find((volume) => volume.name === name)?.path ?? null;
  return path !== null && volumes.some(({ backingPath }) => backingPath === path);
}
