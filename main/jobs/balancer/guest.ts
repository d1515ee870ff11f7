import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import { pause, type Clock } from '../../hosts/clock.ts';
import { FailureError } from '../../hosts/failures.ts';

/** Seconds that libvirt waits for one answer of the agent. */
const ANSWER_SEC = 10;
/** Of a program in the guest. */
const PROGRAM_LIMIT_MS = 60_000;
const LOOK_MS = 200;
/** A configuration is smaller; what a guest answers has this bound, and some for the envelope. */
export const MAX_FILE_BYTES = 64 * 1024;
const MAX_ANSWER = 4 * MAX_FILE_BYTES;

const handle = z.number().int();
const chunk = z.object({ count: z.number().int(), 'buf-b64': z.string(), eof: z.boolean() });
const started = z.object({ pid: z.number().int() });
const status = z.object({
  exited: z.boolean(),
  exitcode: z.number().int().optional(),
  signal: z.number().int().optional(),
  'out-data': z.string().optional(),
  'err-data': z.string().optional(),
});

export interface Ran {
  /** Null: a signal ended it. */
  readonly exitCode: number | null;
  /** Of both outputs, shortened. */
  readonly said: string;
}

/** Files and programs of a guest, by its QEMU guest agent. What it answers is another's: checked and bounded. */
export class Guest {
  readonly #client: LibvirtClient;
  readonly #dom: DomainRef;
  readonly #clock: Clock;
  readonly #call: CallOptions;

  constructor(client: LibvirtClient, dom: DomainRef, { clock, call }: { clock: Clock; call: CallOptions }) {
    this.#client = client;
    this.#dom = dom;
    this.#clock = clock;
    this.#call = call;
  }

  /**
   * The text of a file; null: it is not there.
   * @throws LibvirtError as where no agent runs or it may not; FailureError UNSUPPORTED for an answer that is none, or a file that is
   * larger or no text in UTF-8, which could not be written back as it was
   */
  async readFile(path: string): Promise<string | null> {
    const opened = await this.#ask('guest-file-open', { path, mode: 'r' }, handle).catch((error: unknown) => {
      if (error instanceof LibvirtError && /No such file/.test(error.message)) return null;
      throw error;
    });
    if (opened === null) return null;
    try {
      const parts: Buffer[] = [];
      let size = 0;
      for (;;) {
        const read = { handle: opened, count: MAX_FILE_BYTES + 1 };
        const { 'buf-b64': text, count, eof } = await this.#ask('guest-file-read', read, chunk);
        const bytes = Buffer.from(text, 'base64');
        parts.push(bytes);
        size += bytes.length;
        if (size > MAX_FILE_BYTES) throw odd(`${path} is larger than ${MAX_FILE_BYTES / 1024} KiB`);
        if (eof || count === 0 || bytes.length === 0) return textOf(path, Buffer.concat(parts));
      }
    } finally {
      await this.#ask('guest-file-close', { handle: opened }, z.unknown()).catch(() => {
        // The agent ended, and its handles with it.
      });
    }
  }

  /** Runs a program of the guest as root, and waits for its end. @throws as `readFile`; FailureError TIMEOUT */
  async run(path: string, args: readonly string[], input?: string): Promise<Ran> {
    const { pid } = await this.#ask(
      'guest-exec',
      {
        path,
        arg: args,
        'capture-output': true,
        ...(input === undefined ? {} : { 'input-data': Buffer.from(input).toString('base64') }),
      },
      started,
    );
    const until = this.#clock.now() + PROGRAM_LIMIT_MS;
    const signal = this.#call.signal ?? new AbortController().signal;
    for (;;) {
      const now = await this.#ask('guest-exec-status', { pid }, status);
      if (now.exited) return { exitCode: now.exitcode ?? null, said: saidBy(now) };
      if (this.#clock.now() > until)
        throw new FailureError({ code: 'TIMEOUT', message: `${path} in the guest does not end.` });
      await pause(this.#clock, LOOK_MS, signal);
      signal.throwIfAborted();
    }
  }

  async #ask<T>(execute: string, args: Record<string, unknown>, answer: z.ZodType<T>): Promise<T> {
    const cmd = JSON.stringify({ execute, arguments: args });
    const { result } = await this.#client.qemu.domainAgentCommand(
      { dom: this.#dom, cmd, timeout: ANSWER_SEC, flags: 0 },
      this.#call,
    );
    const read = z.object({ return: answer }).safeParse(parsed(result));
    if (read.success) return read.data.return;
    throw odd(`its agent does not answer ${execute} as QEMU’s does`);
  }
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw odd(`${path} is no text in UTF-8, and its other lines would not stay as they are`);
  }
}

function parsed(text: string | null): unknown {
  if (text === null || text.length > MAX_ANSWER) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function odd(why: string): FailureError {
  return new FailureError({ code: 'UNSUPPORTED', message: `The guest was not understood: ${why}.` });
}

const MAX_SAID = 2000;

function saidBy(ended: z.infer<typeof status>): string {
  const text = [ended['out-data'], ended['err-data']]
    .map((data) =>
      Buffer.from(data ?? '', 'base64')
        .toString('utf8')
        .trim(),
    )
    .filter((part) => part !== '')
    .join('\n');
  return text.slice(0, MAX_SAID);
}
