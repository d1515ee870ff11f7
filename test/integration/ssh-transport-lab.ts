import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import type { SshAsks, SshTarget } from '../../drivers/transport/ssh-target.ts';

const SSHD = '/usr/sbin/sshd';

/** Why these tests cannot run here; false when they can. */
export const skipReason: string | false =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'needs root on Linux, to run an SSH server'
    : existsSync(SSHD)
      ? false
      : 'needs openssh-server';

/** An SSH server on the loopback, with keys and configuration of its own, ended by its process id. */
export interface TestServer {
  port: number;
  hostKeyFile: string;
  /** Ends the server and every connection it serves, as when the machine dies. */
  kill(): Promise<void>;
  /** Stops the processes that serve, as when the machine hangs. */
  freeze(): Promise<void>;
}

export interface SshLab {
  folder: string;
  /** An authorized key without a passphrase. */
  keyFile: string;
  startServer(settings?: string[], hostKeyTypes?: ('ed25519' | 'rsa')[]): Promise<TestServer>;
  newKey(
    name: string,
    options?: { type?: string; passphrase?: string; authorize?: boolean },
  ): Promise<string>;
  /** Lets the key of a `.pub` file in. */
  authorize(publicFile: string): Promise<void>;
  knownHosts(name?: string): KnownHosts;
  /** An own file of known hosts with the server's key in it. */
  trusting(...servers: TestServer[]): Promise<KnownHosts>;
  target(server: TestServer, more?: Partial<SshTarget>): SshTarget;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether an SSH server greets on the port. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const greeted = await new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
  socket.destroy();
  return greeted;
}

/** Waits for a state with a generous limit. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It never came to this: ${what}`);
    await sleep(20);
  }
}

/** Processes whose parent is `pid`, all generations. */
async function descendants(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const direct = children.trim().split(' ').filter(Boolean).map(Number);
  const deeper = await Promise.all(direct.map(descendants));
  return [...direct, ...deeper.flat()];
}

async function signalAll(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  for (const one of [...(await descendants(pid)), pid]) {
    try {
      process.kill(one, signal);
    } catch {
      // It ended by itself in between.
    }
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await signalAll(child, 'SIGKILL');
  await exited;
}

export async function openLab(): Promise<SshLab> {
  const folder = await mkdtemp(path.join(tmpdir(), 'virtlane-ssh-'));
  // Another user's login must be able to read the authorized keys.
  await chmod(folder, 0o755);
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const authorized = path.join(folder, 'authorized_keys');
  await writeFile(authorized, '');
  const servers: ChildProcess[] = [];
  const authorizeKey = async (publicFile: string): Promise<void> =>
    await appendFile(authorized, await readFile(publicFile, 'utf8'));
  const newKey: SshLab['newKey'] = async (name, options = {}) => {
    const file = path.join(folder, name);
    const { type = 'ed25519', passphrase = '', authorize = false } = options;
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', name, '-f', file]);
    if (authorize) await authorizeKey(`${file}.pub`);
    return file;
  };
  const keyFile = await newKey('user', { authorize: true });
  const startServer: SshLab['startServer'] = async (settings = [], hostKeyTypes = ['ed25519']) => {
    const port = await freePort();
    const hostKeys: string[] = [];
    for (const type of hostKeyTypes) hostKeys.push(await newKey(`host-${port}-${type}`, { type }));
    const config = path.join(folder, `sshd-${port}.conf`);
    await writeFile(
      config,
      [
        // The first value of a keyword counts.
        ...settings,
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        ...hostKeys.map((file) => `HostKey ${file}`),
        'PidFile none',
        `AuthorizedKeysFile ${authorized}`,
        'StrictModes no',
        'UsePAM no',
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'Subsystem sftp internal-sftp',
        '',
      ].join('\n'),
    );
    const child = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    servers.push(child);
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await until(`sshd on port ${port} greets`, async () => {
      if (child.exitCode !== null) throw new Error(`sshd ended: ${log}`);
      return await answers(port);
    });
    return {
      port,
      hostKeyFile: hostKeys[0] ?? '',
      kill: () => endProcess(child),
      freeze: () => signalAll(child, 'SIGSTOP'),
    };
  };
  const knownHosts: SshLab['knownHosts'] = (name = 'known_hosts') =>
    new KnownHosts({ ownFile: path.join(folder, name), readFiles: [] });
  return {
    folder,
    keyFile,
    newKey,
    authorize: authorizeKey,
    startServer,
    knownHosts,
    async trusting(...trusted) {
      const file = path.join(folder, `known-${trusted.map(({ port }) => port).join('-')}`);
      const lines = await Promise.all(
        trusted.map(async ({ port, hostKeyFile }) => {
          const [type, key] = (await readFile(`${hostKeyFile}.pub`, 'utf8')).split(' ');
          return `[127.0.0.1]:${port} ${type} ${key}\n`;
        }),
      );
      await writeFile(file, lines.join(''));
      return new KnownHosts({ ownFile: null, readFiles: [file] });
    },
    target: (server, more = {}) => ({
      alias: 'lab',
      host: '127.0.0.1',
      port: server.port,
      user: 'root',
      keyFiles: [keyFile],
      identitiesOnly: true,
      identityAgent: null,
      jumps: [],
      ...more,
    }),
    async close() {
      for (const child of servers) await endProcess(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function unexpected(what: string): () => Promise<never> {
  return () => Promise.reject(new Error(`Nobody expected a question for ${what}`));
}

/** Answers for a login; a question without one fails the test. */
export function asks(answers: Partial<SshAsks> = {}): SshAsks {
  return {
    hostKey: unexpected('the host key'),
    password: unexpected('a password'),
    passphrase: unexpected('a passphrase'),
    keyboardInteractive: unexpected('keyboard-interactive'),
    ...answers,
  };
}
