import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import { assertImage, IMAGE_USES } from '../../../storage/image.ts';
import { readVolumes, poolByUuid } from '../../../storage/read.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { fillVolume } from '../../../storage/steps/fill.ts';
import {
  checkFree,
  clearHalf,
  takeBack,
  volumeAt,
  volumeLeft,
  volumeParams,
} from '../../../storage/steps/volume-calls.ts';
import { assertArrived } from '../../../storage/volume-image.ts';
import type { StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { checksumIn, fetchChecksum } from '../catalogue.ts';
import { fetchWay, type FetchWay } from '../fetch-way.ts';
import { openHttpSource } from '../http-source.ts';
import { openXzSource } from '../xz-source.ts';
import { makeMark, markOf } from './fetch-mark.ts';
import {
  clearWork,
  fetchOnHost,
  imageOnHost,
  OutOfReach,
  placeOnHost,
  textOnHost,
  unpackOnHost,
} from './host-fetch.ts';

const algorithm = z.enum(['sha256', 'sha512']);

const fetchParams = volumeParams.extend({
  /** As everybody may see it. */
  url: z.string(),
  /** The secret that holds all of the URL; null: there is nothing in it to hide. */
  address: z.string().nullable().default(null),
  checksum: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('known'), algorithm, hex: z.string() }),
      z.object({ kind: z.literal('published'), algorithm, url: z.string(), file: z.string() }),
    ])
    .nullable(),
  way: fetchWay.default({ kind: 'app', reason: '' }),
  /** Of this job alone: what it has half done is told from that of others by it. */
  token: z.string().default(''),
  /** How what is fetched is packed; the volume holds it unpacked. */
  compression: z.literal('xz').nullable().default(null),
  /** What the volume is for. */
  use: z.enum(IMAGE_USES).default('file'),
});
export type FetchParams = z.infer<typeof fetchParams>;

/** Volumes that are not whole yet, by `fetchKey`: nothing may be made from them. */
export type Fetching = Set<string>;

type HostFetchWay = Extract<FetchWay, { kind: 'host' }>;

export function fetchKey({ host, pool, name }: { host: string; pool: string; name: string }): string {
  return `${host}/${pool}/${name}`;
}

/** Makes a volume of a file of the web, checked against its digest: the host fetches it itself where it can. */
export const fetchStep = (fetching: Fetching, wait: HostWait): StepKind =>
  stepKind<FetchParams, null>({
    name: 'create.fetch',
    params: fetchParams,
    check: (params, step) => checkFree(params, step),
    async run(params, step) {
      // One that fails stays in the list until it is taken back.
      fetching.add(fetchKey(params));
      const { way } = params;
      if (way.kind === 'app') await throughApp(params, step, wait);
      else
        try {
          await byHost({ ...params, ...way }, step, wait);
        } catch (error) {
          if (!(error instanceof OutOfReach)) throw error;
          step.log(
            `The host does not reach ${params.url}: it is fetched through this computer\n${error.message}`,
          );
          await clearWork(step, { ...params, ...way });
          await throughApp(params, step, wait);
        }
      fetching.delete(fetchKey(params));
      return null;
    },
    async settle(params, step) {
      await clearParts(params, step, wait);
      // Another job has laid a disk on it since, and saw it whole: `check` refuses it.
      return (await isBase(params, step)) ? { done: false } : clearHalf(params, step, wait);
    },
    async undo(params, _result, step) {
      await clearParts(params, step, wait);
      // It is shared: another job may have laid a disk on it since.
      if (!(await isBase(params, step))) await takeBack(params, step, { clock: wait.clock, seen: false });
      fetching.delete(fetchKey(params));
    },
    leaves: (params) => volumeLeft(params),
  });

async function addressOf({ url, address }: FetchParams, step: StepContext): Promise<string> {
  return address === null ? url : step.secret(address);
}

async function byHost(params: FetchParams & HostFetchWay, step: StepContext, wait: HostWait): Promise<void> {
  const { host } = params;
  const url = await addressOf(params, step);
  const fetch = { ...params, url, algorithm: params.checksum?.algorithm ?? ('sha256' as const) };
  const expected = await expectedDigest(params, step);
  let digest: string | null = null;
  let seen = false;
  await overLostLinks(wait, { step, host }, async () => {
    if (digest === null) {
      digest = await fetchOnHost(step, fetch);
      compare(params, step, { expected, digest });
    }
    if (!seen) {
      await unpackOnHost(step, fetch);
      // Before it has its name: others take what has one.
      assertImage(params.url, await imageOnHost(step, fetch), params.use);
      seen = true;
    }
    await placeOnHost(step, fetch);
    const client = step.client(host);
    const pool = await poolByUuid(client, params.pool);
    await client.remote.storagePoolRefresh({ pool, flags: 0 }, { timeoutMs: 0, signal: step.signal });
    const vol = await volumeAt(client, params);
    await assertArrived(step, params, { vol, use: params.use });
  });
}

/** The mark tells other programs that the volume is not whole; libvirt can give a volume no other name. */
async function throughApp(params: FetchParams, step: StepContext, wait: HostWait): Promise<void> {
  const expected = await expectedDigest(params, step);
  const file = await openHttpSource(await addressOf(params, step), step.signal);
  const algorithm = params.checksum?.algorithm ?? 'sha256';
  const { signal } = step;
  const packed =
    params.compression === null ? null : await openXzSource(file, { name: params.url, algorithm, signal });
  const mark = markOf(params);
  await makeMark(step, params.host, mark);
  const written = await fillVolume(step, {
    ...params,
    source: packed ?? file,
    algorithm,
    clock: wait.clock,
    wait,
  });
  // Published is the sum of the file as it is on the server.
  const digest = packed === null ? written : await packed.digest();
  compare(params, step, { expected, digest });
  await overLostLinks(wait, { step, host: params.host }, async () => {
    const vol = await volumeAt(step.client(params.host), params);
    await assertArrived(step, params, { vol, use: params.use });
  });
  await takeBack({ host: params.host, ...mark }, step, { clock: wait.clock, seen: true });
}

function compare(
  { url, name, checksum }: FetchParams,
  step: StepContext,
  { expected, digest }: { expected: string | null; digest: string },
): void {
  if (expected !== null && expected !== digest)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${url} is not what was asked for: its checksum is another one.`,
      detail: `expected ${expected}\nfound    ${digest}`,
    });
  step.log(`${(checksum?.algorithm ?? 'sha256').toUpperCase()} of ${name}: ${digest}`);
}

/** Asked for before anything is fetched. */
async function expectedDigest(
  { host, checksum, way }: FetchParams,
  step: StepContext,
): Promise<string | null> {
  if (checksum === null) return null;
  if (checksum.kind === 'known') return checksum.hex.toLowerCase();
  const text = way.kind === 'host' ? await textOnHost(step, { host, tool: way.tool }, checksum.url) : '';
  return text === '' ? fetchChecksum(checksum, step.signal) : checksumIn(text, checksum);
}

/** What is left of one that ended in the middle, beside the volume itself. */
async function clearParts(params: FetchParams, step: StepContext, { clock }: HostWait): Promise<void> {
  if (params.way.kind === 'host') await clearWork(step, { ...params, ...params.way });
  await takeBack({ host: params.host, ...markOf(params) }, step, { clock, seen: true });
}

async function isBase({ host, pool, name }: FetchParams, step: StepContext): Promise<boolean> {
  const client = step.client(host);
  const volumes = await readVolumes(client, await poolByUuid(client, pool));
  const path = volumes.find((volume) => volume.name === name)?.path ?? null;
  return path !== null && volumes.some(({ backingPath }) => backingPath === path);
}
