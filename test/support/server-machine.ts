import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from './wait.ts';

const run = promisify(execFile);
const LAB = path.join(import.meta.dirname, '../lab');
const GUEST_DIR = process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest';
const DIR = path.join(GUEST_DIR, 'server');
/** A hang, not slowness: the machine runs under TCG, and other tests run beside. */
const LIMIT_MS = 240_000;

/** All file systems are written to, and the database is; prints its volumes, how the database's service is, and what is left of a job. */
const AS_IT_WAS = `
lvs --noheadings -o lv_name,lv_attr | tr '\\n' ' '; echo
systemctl is-active ledger
for at in / /boot /var/lib/ledger; do timeout 60 sh -c 'touch "$1/written" && sync "$1/written" && rm "$1/written"' sh "$at" || echo "$at is at rest"; done
entries() { sqlite3 -cmd '.timeout 60000' /var/lib/ledger/ledger.db 'SELECT count(*) FROM entry'; }
first=$(entries); i=0; while [ "$(entries)" = "$first" ]; do [ $i -lt 300 ] || { echo "nothing writes to the database"; break; }; i=$((i + 1)); sleep 0.2; done
left() { grep -lE '[v]irtlane-|[i]flag=skip_bytes|^b2sum' /proc/[0-9]*/cmdline 2>/dev/null | while read -r one; do tr '\\0' ' ' < "$one"; echo; done; }
i=0; while [ -n "$(left)" ] && [ $i -lt 30 ]; do i=$((i + 1)); sleep 1; done; left
find /run /etc /root /boot /var/lib/ledger /tmp /var/tmp -xdev -path /run/udev -prune -o -name '*virtlane*' -print
`;

/** A machine that stands apart from all hosts and does its work (test/lab/server-image.sh). */
export class ServerMachine {
  readonly port: number;
  readonly folder: string;
  readonly #child: ChildProcess;

  private constructor(port: number, folder: string, child: ChildProcess) {
    this.port = port;
    this.folder = folder;
    this.#child = child;
  }

  static async up(): Promise<ServerMachine> {
    await run('bash', [path.join(LAB, 'server-image.sh'), GUEST_DIR]);
    const folder = await mkdtemp(path.join(GUEST_DIR, 'run-'));
    const port = await freePort();
    const child = spawn('bash', [path.join(LAB, 'server-machine.sh'), 'again', DIR, folder, String(port)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    const machine = new ServerMachine(port, folder, child);
    await until(() => machine.sh('true').then(() => true), 'the server lets root in', LIMIT_MS);
    return machine;
  }

  /** Logs in as root. */
  get keyFile(): string {
    return path.join(DIR, 'key');
  }
  get target(): string {
    return `root@127.0.0.1:${this.port}`;
  }
  /** Its true key, as a line of known_hosts. */
  async knownHost(): Promise<string> {
    const [, ...key] = (await readFile(path.join(DIR, 'known_hosts'), 'utf8')).trim().split(' ');
    return `[127.0.0.1]:${this.port} ${key.join(' ')}\n`;
  }
  /** Of that key, as `ssh-keygen -l` shows it. */
  async fingerprint(): Promise<string> {
    const { stdout } = await run('ssh-keygen', ['-lf', path.join(DIR, 'known_hosts')]);
    return stdout.split(' ')[1] ?? '';
  }
  /** SHA-256 of its /var/lib/marker. */
  async marker(): Promise<string> {
    return (await readFile(path.join(DIR, 'marker'), 'utf8')).trim();
  }

  /** SHA-256 of its /var/lib/ledger/stock. */
  async stock(): Promise<string> {
    return (await readFile(path.join(DIR, 'stock'), 'utf8')).trim();
  }

  /** A script of sh on it, from outside of what is tested. Rejects when it fails. */
  async sh(script: string): Promise<string> {
    const options = [
      'BatchMode=yes',
      'ConnectTimeout=30',
      'LogLevel=ERROR',
      // A login takes a second of its one slow CPU: one serves all, until it is over.
      'ControlMaster=auto',
      `ControlPath=${path.join(this.folder, 'login')}`,
      'ControlPersist=yes',
      'HostKeyAlias=127.0.0.1',
      `UserKnownHostsFile=${path.join(DIR, 'known_hosts')}`,
    ].flatMap((option) => ['-o', option]);
    const { stdout } = await run(
      'ssh',
      [...options, '-i', this.keyFile, '-p', String(this.port), 'root@127.0.0.1', script],
      {
        timeout: LIMIT_MS,
        maxBuffer: 2 ** 24,
      },
    );
    return stdout;
  }

  /** Its sshd, and all that anybody has logged in for, ends, and it can be logged in again. */
  async restartSshd(): Promise<void> {
    await this.sh(
      'setsid sh -c "sleep 1; systemctl restart ssh; pkill -f ^sshd.*root; touch /run/restarted" >/dev/null 2>&1 &',
    );
    await until(
      () => this.sh('rm /run/restarted').then(() => true),
      'the server lets root in again',
      LIMIT_MS,
    );
  }

  /**
   * Fails while something of a job is there: a snapshot, a file system at rest, a service that stands still, a file, a program. What watched over any of it has a few
   * seconds to end.
   */
  async assertAsItWas(): Promise<void> {
    const [found = '', ...others] = (await this.sh(AS_IT_WAS)).trim().split('\n');
    assert.match(found, /^\s*root\s+-wi-ao----\s+ledger\s+-wi-ao----\s*$/);
    assert.deepEqual(others, ['active'], 'nothing is left on the source');
  }

  /** It is not there any more; may be called again. */
  async close(): Promise<void> {
    if (this.#child.signalCode !== null) return;
    const over = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await over;
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
