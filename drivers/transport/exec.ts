import type { Readable, Writable } from 'node:stream';
import { consume, type Take } from './consume.ts';
import { cancelled, errorText, TransportError } from './errors.ts';
import { HEARTBEAT_MS, READY } from './exec-script.ts';

/** Longest standard input of a program. */
export const MAX_STDIN_BYTES = 1024 ** 2;
/** What is kept of an output that nobody takes. */
const MAX_STDOUT_BYTES = 1024 ** 2;
/** What is kept of the errors: the last words say most. */
const MAX_STDERR_CHARS = 8192;
/** What a login shell may print before the program runs. */
const MAX_NOISE_BYTES = 256 * 1024;
/** Milliseconds until a login that runs something else is given up. */
const READY_MS = 20_000;
/** Milliseconds that a program has to end, and its host to tell, after a cancel. */
const END_MS = 5000;

export interface ExecOptions {
  /** What the program reads; up to 1 MiB. The place for secrets: everybody on the host sees its arguments. */
  readonly stdin?: string | Uint8Array;
  readonly signal: AbortSignal;
  /** Takes the output as it comes; the program is held while a promise is not settled. Left out: the output is in the result. */
  readonly onStdout?: Take;
}

export interface ExecResult {
  /** 0 when the program was content, 127 when there is none of that name, 128 and more when a signal ended it. */
  readonly status: number;
  /** As UTF-8; up to 1 MiB, more is an error. Empty where `onStdout` took it. */
  readonly stdout: string;
  /** The last of what it said in English, up to 8192 characters. */
  readonly stderr: string;
}

/**
 * Runs a program on a host, as the user who is logged in: no shell looks at its arguments. With the promise the program is over, and all that it
 * started: also after a cancel. When the link is lost, the host ends it within a minute.
 * @throws TransportError EXEC where the login may run no programs, CLOSED, CANCELLED, TIMEOUT, BAD_CONFIG
 */
export type Exec = (argv: readonly string[], options: ExecOptions) => Promise<ExecResult>;

/** Programs on a host; without `exec` it says why there are none. */
export type HostCommands = { readonly exec: Exec } | { readonly exec: undefined; readonly reason: string };

/** A guarded program (exec-script.ts) that runs. */
export interface Running {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when it is over and both outputs have ended, with its status; null when none came. Rejects with the link's error. */
  readonly ended: Promise<number | null>;
  /** Lets go of it at once. */
  destroy(): void;
}

export interface ExecNames {
  /** Of the program, for a person. */
  readonly program: string;
  readonly host: string;
  readonly user: string;
}

/** Bytes of `stdin`, checked. @throws TransportError BAD_CONFIG */
export function stdinBytes(stdin: ExecOptions['stdin']): Buffer {
  const bytes = Buffer.from(stdin ?? '');
  if (bytes.length <= MAX_STDIN_BYTES) return bytes;
  throw new TransportError('BAD_CONFIG', 'A program is given no more than 1 MiB to read');
}

/** Sees a program through to its end. */
export async function conclude(
  running: Running,
  { stdin, signal, onStdout }: ExecOptions & { stdin: Buffer },
  names: ExecNames,
): Promise<ExecResult> {
  const what = `Running ${names.program} on ${names.host}`;
  const kept: Buffer[] = [];
  let keptBytes = 0;
  const keep = (chunk: Buffer): void => {
    keptBytes += chunk.length;
    if (keptBytes > MAX_STDOUT_BYTES) throw new TransportError('EXEC', `${what}: it prints too much`);
    kept.push(chunk);
  };
  const heart = setInterval(() => running.stdin.writable && running.stdin.write('.'), HEARTBEAT_MS);
  let giveUp: NodeJS.Timeout | undefined;
  // The end of its input ends the program; then its host says so.
  const end = (): void => {
    running.stdin.end();
    giveUp ??= setTimeout(() => running.destroy(), END_MS);
  };
  signal.addEventListener('abort', end, { once: true });
  const late = setTimeout(end, READY_MS);
  running.stdin.on('error', () => undefined);
  if (stdin.length > 0) running.stdin.write(stdin);
  if (signal.aborted) end();
  const errors = readErrors(running.stderr);
  try {
    const [output, status] = await Promise.all([
      readOutput(running.stdout, { ready: () => clearTimeout(late), take: onStdout ?? keep }).catch(
        (error: unknown) => {
          end();
          running.stdout.resume();
          throw error;
        },
      ),
      running.ended,
    ]).catch(async (error: unknown) => {
      await running.ended.catch(() => undefined);
      throw error;
    });
    if (signal.aborted) throw cancelled(what, signal.reason);
    if (!output.ready) throw noCommands(names, errors.noise() || output.noise);
    if (status === null) throw new TransportError('EXEC', `${what}: it was ended there`);
    return { status, stdout: Buffer.concat(kept).toString('utf8'), stderr: errors.text() };
  } catch (error) {
    if (signal.aborted && !(error instanceof TransportError && error.code === 'CLOSED'))
      throw cancelled(what, signal.reason);
    throw error;
  } finally {
    clearInterval(heart);
    clearTimeout(late);
    clearTimeout(giveUp);
    signal.removeEventListener('abort', end);
    running.destroy();
  }
}

interface Output {
  readonly ready: boolean;
  readonly noise: string;
}

/** Hands on what comes after the mark, and says whether the mark came. */
async function readOutput(
  stdout: Readable,
  { ready, take }: { ready: () => void; take: Take },
): Promise<Output> {
  let noise: Buffer | null = Buffer.alloc(0);
  await consume(stdout, (chunk) => {
    if (noise === null) return take(chunk);
    noise = Buffer.concat([noise, chunk]);
    const at = noise.indexOf(READY);
    if (at === -1 && noise.length > MAX_NOISE_BYTES) throw new NoMark();
    if (at === -1) return undefined;
    ready();
    const rest = noise.subarray(at + READY.length);
    noise = null;
    return rest.length > 0 ? take(rest) : undefined;
  }).catch((error: unknown) => {
    if (!(error instanceof NoMark)) throw error;
    stdout.resume();
  });
  return { ready: noise === null, noise: (noise as Buffer | null)?.toString('utf8') ?? '' };
}

/** A login shell prints, and the program does not come. */
class NoMark extends Error {}

function readErrors(stderr: Readable): { text(): string; noise(): string } {
  let text = '';
  let ready = false;
  stderr.setEncoding('utf8');
  stderr.on('error', () => undefined);
  stderr.on('data', (chunk: string) => {
    text += chunk;
    const at = ready ? -1 : text.indexOf(READY);
    if (at !== -1) {
      ready = true;
      text = text.slice(at + READY.length);
    }
    text = text.slice(-MAX_STDERR_CHARS);
  });
  return { text: () => (ready ? text : ''), noise: () => (ready ? '' : text) };
}

function noCommands({ user, host }: ExecNames, words: string): TransportError {
  return new TransportError('EXEC', `${user} can run no programs on ${host}`, {
    host,
    ...(words.trim() === '' ? {} : { detail: words.trim().slice(0, MAX_STDERR_CHARS) }),
  });
}

/** The error of a program that could not even be asked for. */
export function notStarted(names: ExecNames, cause: unknown): TransportError {
  return new TransportError('EXEC', `${names.user} can run no programs on ${names.host}`, {
    host: names.host,
    detail: errorText(cause),
    cause,
  });
}
