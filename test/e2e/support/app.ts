import { spawn, type ChildProcess } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Lab } from '../../lab/lab.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** Virtlane as a person starts it (`npm start -- --no-open`), with a home and settings of its own. */
export class App {
  /** Good for one browser, once. */
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, url: string, folder: string) {
    this.#child = child;
    this.url = url;
    this.#folder = folder;
  }

  /**
   * `lab`: the home's ~/.ssh holds the key that logs in to the lab's hosts, and no host's key. `files`: what is in the settings' folder
   * already.
   */
  static async start(
    options: { lab?: Lab; args?: string[]; files?: Record<string, string> } = {},
  ): Promise<App> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-app-'));
    const ssh = path.join(folder, '.ssh');
    await mkdir(ssh, { mode: 0o700 });
    if (options.lab !== undefined) await copyFile(options.lab.keyFile, path.join(ssh, 'id_ed25519'));
    await mkdir(path.join(folder, 'data'));
    for (const [name, text] of Object.entries(options.files ?? {}))
      await writeFile(path.join(folder, 'data', name), text);
    const { SSH_AUTH_SOCK: _agent, ...env } = process.env;
    const child = spawn(
      process.execPath,
      [path.join(root, 'main/launch/start.mjs'), '--no-open', ...(options.args ?? [])],
      {
        env: { ...env, HOME: folder, VIRTLANE_DATA_DIR: path.join(folder, 'data') },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    return new App(child, await urlPrintedBy(child), folder);
  }

  /** A file of the settings' folder. */
  read(name: string): Promise<string> {
    return readFile(path.join(this.#folder, 'data', name), 'utf8');
  }

  /** Puts a file into the settings' folder while Virtlane runs, as another of its programs does. */
  async write(name: string, text: string): Promise<void> {
    const file = path.join(this.#folder, 'data', name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }

  /** As Ctrl C does; resolves when the process has ended, also when it had already. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGINT');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function urlPrintedBy(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const url = /http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]+/.exec(output)?.[0];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code}: ${output}`)));
  });
}
