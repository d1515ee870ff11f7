import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** As a person starts it: one file, which is built where it is stale. From source each command takes over a second to begin. */
const ENTRY = path.resolve(import.meta.dirname, '../../main/launch/cli.mjs');

export interface CliResult {
  readonly code: number | null;
  readonly out: Buffer;
  readonly err: string;
}

/** The command line as a process of its own, with a home and settings of its own. */
export class CliProcesses {
  readonly #home: string;
  readonly #dataDir: string;
  readonly #running = new Set<ChildProcess>();

  /** On a home and settings that are there: another program's. */
  constructor(home: string, dataDir: string) {
    this.#home = home;
    this.#dataDir = dataDir;
  }

  static async create(): Promise<CliProcesses> {
    const home = await mkdtemp(path.join(os.tmpdir(), 'virtlane-cli-'));
    return new CliProcesses(home, path.join(home, 'data'));
  }

  get home(): string {
    return this.#home;
  }

  /** Ends what still runs, after a test that failed. */
  remove(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    return rm(this.#home, { recursive: true });
  }

  /** Runs to its end, without a terminal. */
  async run(...args: string[]): Promise<CliResult> {
    return collect(this.start(args));
  }

  start(args: readonly string[]): ChildProcess {
    const [command = '', ...rest] = this.command(args);
    return this.#keep(spawn(command, rest, { env: this.#env(), stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** At a terminal (util-linux's script). What the screen shows comes out of `stdout`; keys go into `stdin`. */
  startAtTerminal(args: readonly string[]): ChildProcess {
    return this.#atTerminal(this.#line(args));
  }

  /** The same from a shell that says its process first (`pid=…`), and at the end its exit code and what the terminal is set to. */
  startInShell(args: readonly string[]): ChildProcess {
    const inner = `echo pid=$$; exec ${this.#line(args)}`;
    return this.#atTerminal(`sh -c ${quoted(inner)}; echo code=$?; stty -a`);
  }

  /** A line for a shell, with no terminal. `{}` stands for the command line. */
  startLine(line: string, args: readonly string[]): ChildProcess {
    const command = line.replace('{}', () => this.#line(args));
    return this.#keep(
      spawn('bash', ['-c', command], { env: this.#env(), stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  #line(args: readonly string[]): string {
    return this.command(args).map(quoted).join(' ');
  }

  #atTerminal(line: string): ChildProcess {
    return this.#keep(spawn('script', ['-qec', line, '/dev/null'], { env: this.#env(), stdio: 'pipe' }));
  }

  #keep(child: ChildProcess): ChildProcess {
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    return child;
  }

  command(args: readonly string[]): string[] {
    return [process.execPath, ENTRY, ...args];
  }

  #env(): NodeJS.ProcessEnv {
    const { SSH_AUTH_SOCK: _agent, ...env } = process.env;
    return { ...env, HOME: this.#home, VIRTLANE_DATA_DIR: this.#dataDir };
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export async function collect(child: ChildProcess): Promise<CliResult> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: Buffer.concat(out), err: Buffer.concat(err).toString() };
}

/** What a terminal shows, as it grows. */
export class Screen {
  readonly #child: ChildProcess;
  #text = '';
  #wake: () => void = () => undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
      this.#wake();
    });
    child.once('close', () => this.#wake());
  }

  get text(): string {
    return this.#text;
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Resolves with the match when the screen shows it, after what was looked for before. The limit is for a hang. */
  async shows(pattern: RegExp, limitMs = 90_000): Promise<RegExpExecArray> {
    const end = Date.now() + limitMs;
    const timer = setInterval(() => this.#wake(), 1000);
    try {
      return await this.#untilShown(pattern, end);
    } finally {
      clearInterval(timer);
    }
  }

  async #untilShown(pattern: RegExp, end: number): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) {
        this.#text = this.#text.slice(match.index + match[0].length);
        return match;
      }
      if (this.#child.exitCode !== null)
        throw new Error(`It ended without ${String(pattern)}: ${this.#text}`);
      if (Date.now() > end) throw new Error(`It never showed ${String(pattern)}: ${this.#text}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number | null> {
    const { exitCode } = this.#child;
    return exitCode ?? new Promise((resolve) => this.#child.once('close', resolve));
  }
}
