import type { TextSink } from '../../main/cli/output.ts';
import { runCli } from '../../main/cli/program.ts';
import type { CliResult } from './cli-process.ts';

/** The command in this process: to start the program takes longer than most of them. */
export async function runHere(...args: string[]): Promise<CliResult> {
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  const into = (pieces: Uint8Array[]): TextSink => ({
    write: (text) => pieces.push(typeof text === 'string' ? Buffer.from(text) : text),
  });
  const code = await runCli(args, {
    version: '0',
    stdin: process.stdin,
    stdout: into(out),
    stderr: into(err),
    openCore: () => Promise.reject(new Error('p2v needs no core')),
  });
  return { code, out: Buffer.concat(out), err: Buffer.concat(err).toString() };
}

interface ToldArea {
  readonly name: string;
  readonly content: string;
  readonly image: { readonly format: string; readonly compression: string; readonly checksum: string } | null;
}

export interface Told {
  readonly firmware: string;
  readonly savedAt: string;
  readonly checksumLists: string[];
  readonly disks: {
    name: string;
    table: string;
    sizeBytes: number;
    problems: string[];
    partitions: ToldArea[];
  }[];
  readonly groups: { volumes: ToldArea[] }[];
}
