import path from 'node:path/posix';
import type { Exec, ExecResult } from '../../../../drivers/transport/exec.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { readImage, type Image } from '../../../storage/image.ts';
import type { StepContext } from '../../engine/step.ts';
import { programsOf } from '../../host-commands.ts';
import { withoutUrlSecrets } from '../shown-url.ts';
import { endOf, fetchCommand, leftTheWeb } from './fetch-tools.ts';
import { CLEAR, GET, PLACE, PREPARE, READ, STATUS, UNPACK } from './host-fetch-scripts.ts';
import { progressOf } from './progress.ts';

/** Folders of this beginning in a pool hold what is being fetched. */
const BEGINNING = '.virtlane-fetch';
/** A server that ends too early is asked for the rest so often. */
const CUTS = 4;
/** Left free in the pool. */
const RESERVE_BYTES = 16 * 1024 ** 2;
/** A list of checksums, and what else is read as text. */
const MAX_TEXT_BYTES = '1048576';

export interface HostFetch {
  readonly host: string;
  readonly url: string;
  readonly folder: string;
  readonly name: string;
  readonly tool: 'curl' | 'wget';
  /** Of this job alone: where its bytes are until they are whole. */
  readonly token: string;
  readonly compression: 'xz' | null;
  readonly algorithm: 'sha256' | 'sha512';
}

/** The host does not reach the server, and has fetched nothing: another may. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach';
}

function execOn(step: StepContext, host: string): Exec {
  return programsOf(step.session(host));
}

/** Where a job's bytes are until they are whole. */
export function workOf({ folder, token, name }: Pick<HostFetch, 'folder' | 'token' | 'name'>): string {
  return path.join(folder, `${BEGINNING}.${token}.${name}`);
}

/** Ends and removes what a fetch has left; does nothing when nothing is there. */
export async function clearWork(
  step: StepContext,
  fetch: Pick<HostFetch, 'host' | 'folder' | 'token' | 'name'>,
): Promise<void> {
  await clear(step, fetch, 'remove');
}

async function clear(
  step: StepContext,
  fetch: Pick<HostFetch, 'host' | 'folder' | 'token' | 'name'>,
  how: 'keep' | 'remove',
) {
  const stdin = `${workOf(fetch)}\n`;
  const ended = await execOn(step, fetch.host)(['sh', '-c', CLEAR, 'sh', how], {
    stdin,
    signal: step.signal,
  });
  if (ended.status !== 0) throw failed(`${workOf(fetch)} could not be removed.`, ended);
}

/**
 * Fetches a file by the host itself, so far that only its name is missing. It goes on where an earlier call with the same token stood.
 * @returns the digest of what the server has, in hex
 * @throws OutOfReach before a byte has come; FailureError; TransportError CLOSED when the link went
 */
export async function fetchOnHost(step: StepContext, fetch: HostFetch): Promise<string> {
  await clear(step, fetch, 'keep');
  const { freeBytes, haveBytes } = await prepare(step, fetch);
  const limitBytes = freeBytes + haveBytes;
  const work = workOf(fetch);
  const progress = progressOf(step);
  let from = await validator(step, fetch);
  let cuts = 0;
  for (;;) {
    const { end, bytes, words } = await attempt(step, fetch, { limitBytes, from, progress });
    if (end === 'done') break;
    if (end === 'unreachable' && bytes === 0 && cuts === 0) throw new OutOfReach(words);
    cuts += 1;
    if (!['cut', 'changed'].includes(end) || cuts > CUTS) throw refusal(fetch, end, words);
    from = end === 'changed' ? undefined : await validator(step, fetch);
    step.log(
      from === undefined
        ? `${withoutUrlSecrets(fetch.url)}: the server ended too early, it is asked for all of it again`
        : `${withoutUrlSecrets(fetch.url)}: the server ended too early, it is asked for the rest`,
    );
  }
  if (fetch.tool === 'wget' && leftTheWeb(await headOf(step, fetch)))
    throw refusal(fetch, 'refused', 'The server sends elsewhere than to http or https.');
  const sum = await execOn(step, fetch.host)([`${fetch.algorithm}sum`, path.join(work, 'part')], {
    signal: step.signal,
  });
  const digest = /^\\?([0-9a-f]{64,128}) /.exec(sum.stdout)?.[1];
  if (digest === undefined) throw failed(`The checksum of ${fetch.name} could not be made.`, sum);
  return digest;
}

/** Unpacks what was fetched, where it is packed. */
export async function unpackOnHost(step: StepContext, fetch: HostFetch): Promise<void> {
  if (fetch.compression === null) return;
  step.log(`${fetch.name} is unpacked on the host`);
  const { freeBytes } = await prepare(step, fetch);
  const argv = ['sh', '-c', UNPACK, 'sh', workOf(fetch), String(freeBytes)];
  const ended = await execOn(step, fetch.host)(argv, { signal: step.signal });
  if (ended.status === STATUS.NO_ROOM) throw noRoom(fetch);
  if (ended.status !== 0) throw failed(`${withoutUrlSecrets(fetch.url)} could not be unpacked.`, ended);
}

/** What the file is, by its bytes on the host. */
export async function imageOnHost(step: StepContext, fetch: HostFetch): Promise<Image> {
  const exec = execOn(step, fetch.host);
  const file = path.join(workOf(fetch), wholeOf(fetch));
  const { signal } = step;
  const size = await exec(['stat', '-c', '%s', file], { signal });
  if (size.status !== 0) throw failed(`${file} could not be read.`, size);
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const ended = await exec(['sh', '-c', READ, 'sh', file, String(offset + 1), String(length)], { signal });
    if (ended.status !== 0) throw failed(`${file} could not be read.`, ended);
    return Buffer.from(ended.stdout, 'base64');
  };
  return readImage({ read }, Number(size.stdout));
}

function wholeOf({ compression }: HostFetch): string {
  return compression === null ? 'part' : 'unpacked';
}

/**
 * What a file of the host keeps when it gets another name, and no other has: its inode, its size and when its bytes were written.
 * Null: there is no such file.
 */
async function stampOf(step: StepContext, host: string, file: string): Promise<string | null> {
  const { status, stdout } = await execOn(step, host)(['stat', '-c', '%i %s %y', file], {
    signal: step.signal,
  });
  return status === 0 ? stdout.trim() : null;
}

/** Of the whole file, before it has its name. */
export async function stampUnplaced(step: StepContext, fetch: HostFetch): Promise<string | null> {
  return stampOf(step, fetch.host, path.join(workOf(fetch), wholeOf(fetch)));
}

/** Of what has its name. */
export async function stampPlaced(
  step: StepContext,
  { host, folder, name }: Pick<HostFetch, 'host' | 'folder' | 'name'>,
): Promise<string | null> {
  return stampOf(step, host, path.join(folder, name));
}

/** Gives it its name. Nothing ends that in the middle: a moment later it is known whether it has it. */
export async function placeOnHost(step: StepContext, fetch: HostFetch): Promise<void> {
  step.signal.throwIfAborted();
  const argv = ['sh', '-c', PLACE, 'sh', workOf(fetch), path.join(fetch.folder, fetch.name), wholeOf(fetch)];
  const ended = await execOn(step, fetch.host)(argv, { signal: new AbortController().signal });
  if (ended.status === STATUS.EXISTS)
    throw new FailureError({
      code: 'CONFLICT',
      message: `There is a file ${fetch.name} in ${fetch.folder} by now.`,
    });
  if (ended.status !== 0) throw failed(`${fetch.name} could not be put into ${fetch.folder}.`, ended);
}

/** A text of the web that the host can read. */
export async function textOnHost(
  step: StepContext,
  { host, tool }: Pick<HostFetch, 'host' | 'tool'>,
  url: string,
): Promise<string> {
  const { argv, stdin } = fetchCommand({
    tool,
    url,
    part: '-',
    head: '/dev/null',
    limitBytes: Number(MAX_TEXT_BYTES),
  });
  const script = `"$@" | head -c ${MAX_TEXT_BYTES}`;
  const ended = await execOn(step, host)(['sh', '-c', script, 'sh', ...argv], { stdin, signal: step.signal });
  return ended.stdout;
}

/** @returns how many bytes there is room for */
async function prepare(step: StepContext, fetch: HostFetch): Promise<Room> {
  const { folder, name } = fetch;
  const argv = ['sh', '-c', PREPARE, 'sh', folder, BEGINNING, name, workOf(fetch)];
  const ended = await execOn(step, fetch.host)(argv, { signal: step.signal });
  if (ended.status === STATUS.FETCHED_ELSEWHERE)
    throw new FailureError({
      code: 'CONFLICT',
      message: `Another program fetches ${name} to ${folder} now: wait for its end.`,
    });
  if (ended.status !== 0) throw failed(`Nothing can be written to ${folder}.`, ended);
  const [freeKiB = NaN, haveBytes = NaN] = ended.stdout.trim().split(' ').map(Number);
  return { freeBytes: Math.max(freeKiB * 1024 - RESERVE_BYTES, 0), haveBytes };
}

interface Room {
  readonly freeBytes: number;
  /** Of the file, from an earlier call. */
  readonly haveBytes: number;
}

interface Attempt {
  readonly limitBytes: number;
  /** What the server must still have for the rest to be asked for; undefined: from the beginning. */
  readonly from: string | undefined;
  readonly progress: (bytes: number, totalBytes: number | null) => void;
}

async function attempt(step: StepContext, fetch: HostFetch, { limitBytes, from, progress }: Attempt) {
  const { host, tool, url } = fetch;
  const work = workOf(fetch);
  const files = { part: path.join(work, 'part'), head: path.join(work, 'head') };
  const { argv, stdin } = fetchCommand({ tool, url, ...files, limitBytes }, from);
  let first: number | null = null;
  let bytes = 0;
  let rest = '';
  const onStdout = (chunk: Buffer): void => {
    const lines = `${rest}${chunk.toString('latin1')}`.split('\n');
    rest = lines.pop() ?? '';
    const [size = '', length = ''] = (lines.at(-1) ?? '').split(' ');
    if (size === '') return;
    bytes = Number(size);
    // Asked for the rest, the server says how long that is.
    first ??= from === undefined ? 0 : bytes;
    progress(bytes, length === '' ? null : first + Number(length));
  };
  const command = ['sh', '-c', GET, 'sh', work, String(limitBytes), ...argv];
  const ended = await execOn(step, host)(command, { stdin, signal: step.signal, onStdout });
  const end = ended.status === STATUS.NO_ROOM ? 'noRoom' : endOf(tool, ended.status);
  // wget names the whole address.
  const words = withoutUrlSecrets(ended.stderr.trim() || (await wordsOf(step, fetch)));
  return { end, bytes, words };
}

/** What the server said of the file: the rest is of the same file as long as that is so (RFC 9110, 13.1.5). */
async function validator(step: StepContext, fetch: HostFetch): Promise<string | undefined> {
  if (fetch.tool !== 'curl') return undefined;
  const head = await headOf(step, fetch);
  const of = (field: string): string | undefined =>
    [...head.matchAll(new RegExp(`^${field}: *(.+?)\\r?$`, 'gim'))].at(-1)?.[1];
  const etag = of('etag');
  return etag?.startsWith('"') === true ? etag : of('last-modified');
}

async function headOf(step: StepContext, fetch: HostFetch): Promise<string> {
  const argv = ['tail', '-c', '16384', path.join(workOf(fetch), 'head')];
  return (await execOn(step, fetch.host)(argv, { signal: step.signal })).stdout;
}

/** wget writes all that it says into one file. */
async function wordsOf(step: StepContext, fetch: HostFetch): Promise<string> {
  return fetch.tool === 'wget' ? (await headOf(step, fetch)).trim().split('\n').slice(-5).join('\n') : '';
}

function refusal(fetch: HostFetch, end: string, words: string): FailureError {
  if (end === 'noRoom') return noRoom(fetch);
  const lost = end === 'cut' || end === 'unreachable';
  // Not HOST_UNREACHABLE: the web server is no host, and nobody waits for it.
  const code = /\b404\b/.test(words) ? 'NOT_FOUND' : lost ? 'LINK_LOST' : 'UNSUPPORTED';
  return new FailureError({
    code,
    message: `${withoutUrlSecrets(fetch.url)} could not be fetched by the host.`,
    detail: words,
  });
}

function noRoom({ name, folder }: HostFetch): FailureError {
  return new FailureError({ code: 'LIBVIRT', message: `There is no room for ${name} in ${folder}.` });
}

function failed(message: string, { status, stderr }: ExecResult): FailureError {
  const detail = stderr.trim() === '' ? `status ${status}` : stderr.trim();
  return new FailureError({ code: 'UNSUPPORTED', message, detail });
}
