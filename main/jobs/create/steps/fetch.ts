import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import { assertImage, IMAGE_USES } from '../../../storage/image.ts';
import { poolByUuid } from '../../../storage/read.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { fillVolume } from '../../../storage/steps/fill.ts';
import { noteWhole, volumeNoteOf } from '../../../storage/steps/own-volume.ts';
import { removeVolume } from '../../../storage/steps/remove-volume.ts';
import {
  checkFree,
  clearHalf,
  InUse,
  ownVolume,
  refreshPool,
  takeBack,
  volumeAt,
  volumeLeft,
  volumeParams,
  whenIdle,
} from '../../../storage/steps/volume-calls.ts';
import { assertArrived } from '../../../storage/volume-image.ts';
import { NothingDone, type StepContext, type StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { checksumIn, fetchChecksum } from '../catalogue.ts';
import { fetchWay, type FetchWay } from '../fetch-way.ts';
import { openHttpSource } from '../http-source.ts';
import { simulatedFile } from '../simulated-web.ts';
import { openXzSource } from '../xz-source.ts';
import { hasMark, makeMark, markOf } from './fetch-mark.ts';
import {
  clearWork,
  fetchOnHost,
  imageOnHost,
  OutOfReach,
  placeOnHost,
  stampPlaced,
  stampUnplaced,
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
  stepKind<FetchParams, { whole: true }>({
    name: 'create.fetch',
    params: fetchParams,
    asks: ({ address }) => [address],
    check: (params, step) => checkFree(params, step),
    async run(params, step) {
      // One that fails stays in the list until it is taken back.
      fetching.add(fetchKey(params));
      const { way } = params;
      if (way.kind !== 'host') await throughApp(params, step, wait);
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
      return { whole: true };
    },
    async settle(params, step) {
      await notePlaced(params, step, wait);
      await clearHostWork(params, step);
      // Its mark goes when it is whole and checked.
      if (volumeNoteOf(step)?.state === 'whole' && !(await hasMark(step, params.host, markOf(params)))) {
        if ((await ownVolume(params, step)) !== null) return { done: true, result: { whole: true } };
      }
      const settled = await clearHalf(params, step, wait);
      await removeMark(step, params, wait);
      return settled;
    },
    async undo(params, result, step) {
      await notePlaced(params, step, wait);
      await clearHostWork(params, step);
      try {
        await takeBack(params, step, { clock: wait.clock, shared: true });
      } catch (error) {
        if (!(error instanceof InUse) || result === null) throw error;
        step.log(`It is whole, and stays. ${error.failure.message}`);
      }
      // Last, so that at no time a half volume looks whole.
      await removeMark(step, params, wait);
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
  await overLostLinks(wait, { step, hosts: [host] }, async () => {
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
    // It gets its name in an instant; whether it has, the answer tells, or what the file of that name is. Null: it may have it already.
    const stamp = await stampUnplaced(step, fetch);
    const wanted = { capacityBytes: null, format: null, empty: false };
    if (stamp !== null || volumeNoteOf(step)?.state !== 'asked')
      await step.note({ state: 'asked', wanted, ...(stamp === null ? {} : { stamp }) });
    await placeOnHost(step, fetch);
    const client = step.client(host);
    const pool = await poolByUuid(client, params.pool);
    await whenIdle(step, wait, () => refreshPool(client, pool, step.signal));
    const vol = await volumeAt(client, params);
    await noteWhole(step, client, vol);
    await assertArrived(step, params, { vol, use: params.use });
  });
}

/** The mark tells other programs that the volume is not whole; libvirt can give a volume no other name. */
async function throughApp(params: FetchParams, step: StepContext, wait: HostWait): Promise<void> {
  const simulated = params.way.kind === 'simulated';
  if (simulated)
    step.log(`The host is simulated: ${params.url} is not fetched, and what stands for it has no checksum`);
  const expected = simulated ? null : await expectedDigest(params, step);
  const file = simulated
    ? simulatedFile(params.use === 'disk')
    : await openHttpSource(await addressOf(params, step), step.signal);
  const algorithm = params.checksum?.algorithm ?? 'sha256';
  const { signal } = step;
  const packed =
    simulated || params.compression === null
      ? null
      : await openXzSource(file, { name: params.url, algorithm, signal });
  await makeMark(step, params.host, markOf(params));
  const fill = { ...params, source: packed ?? file, algorithm, wait };
  const written = await fillVolume(step, fill).catch(async (error: unknown) => {
    // Nobody takes the step back then.
    if (error instanceof NothingDone) await removeMark(step, params, wait);
    throw error;
  });
  // Published is the sum of the file as it is on the server.
  const digest = packed === null ? written : await packed.digest();
  if (!simulated) compare(params, step, { expected, digest });
  await overLostLinks(wait, { step, hosts: [params.host] }, async () => {
    const vol = await volumeAt(step.client(params.host), params);
    await assertArrived(step, params, { vol, use: params.use });
  });
  await overLostLinks(wait, { step, hosts: [params.host] }, () => removeMark(step, params, wait));
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

/** What the host gave its name, and whose end nobody saw: it was whole before. */
async function notePlaced(params: FetchParams, step: StepContext, wait: HostWait): Promise<void> {
  const { host, way } = params;
  const noted = volumeNoteOf(step);
  if (way.kind !== 'host' || noted?.state !== 'asked' || noted.stamp === undefined) return;
  if ((await stampPlaced(step, { ...params, ...way })) !== noted.stamp) return;
  const client = step.client(host);
  const pool = await poolByUuid(client, params.pool);
  await whenIdle(step, wait, () => refreshPool(client, pool, step.signal));
  await noteWhole(step, client, await volumeAt(client, params));
}

/** What a host has half fetched. */
async function clearHostWork(params: FetchParams, step: StepContext): Promise<void> {
  if (params.way.kind === 'host') await clearWork(step, { ...params, ...params.way });
}

async function removeMark(step: StepContext, params: FetchParams, { clock }: HostWait): Promise<void> {
  const { signal } = step;
  const volume = markOf(params);
  // Its name is this job's alone.
  await removeVolume({ client: step.client(params.host), clock, signal, volume, refresh: true });
}
