import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '../lab/lab.ts';
import { Forward } from './forward.ts';
import { until } from './wait.ts';

const run = promisify(execFile);
const LAB = path.join(import.meta.dirname, '../lab');
const GUEST_DIR = process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest';
const DIR = path.join(GUEST_DIR, 'server');
/** A hang, not slowness: the machine runs under TCG, and other tests run beside. */
const LIMIT_MS = 240_000;

/** Its number among the hosts of a lab. */
const BESIDE = 100;

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
  /** Where it has no port of this computer by itself. */
  readonly #forward: Forward | null;

  private constructor(port: number, folder: string, { child, forward }: Up) {
    this.port = port;
    this.folder = folder;
    this.#child = child;
    this.#forward = forward;
  }

  /** @param lab it stands beside its hosts, reaches them and is reached by them; left out: it reaches nobody */
  static async up(lab?: Lab): Promise<ServerMachine> {
    await run('bash', [path.join(LAB, 'server-image.sh'), GUEST_DIR]);
    const folder = await mkdtemp(path.join(GUEST_DIR, 'run-'));
    const port = await freePort();
    const tap = lab === undefined ? null : `vtl${lab.id}-beside`;
    const how = tap === null ? ['again', DIR, folder, String(port)] : ['beside', DIR, folder, tap];
    const child = spawn('bash', [path.join(LAB, 'server-machine.sh'), ...how], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    const forward =
      lab === undefined ? null : await Forward.open('127.0.0.1', lab.address(BESIDE), [port], 22);
    const machine = new ServerMachine(port, folder, { child, forward });
    if (lab !== undefined && tap !== null) await putBeside(lab, tap);
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
    const end =
      'old=$(pgrep -f ^sshd.*root); kill $old; for one in $old; do while [ -e /proc/$one ]; do sleep 0.1; done; done';
    await this.sh(
      `rm -f /run/restarted; setsid sh -c 'sleep 1; systemctl restart ssh; ${end}; touch /run/restarted' >/dev/null 2>&1 &`,
    );
    // Asked again where the answer is lost: what is asked changes nothing.
    await until(
      () => this.sh('test -e /run/restarted').then(() => true),
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
    this.#forward?.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

interface Up {
  readonly child: ChildProcess;
  readonly forward: Forward | null;
}

/** Gives it an address of the lab; it is reached by its old one for that, on the switch alone. */
async function putBeside(lab: Lab, tap: string): Promise<void> {
  const old = ['10.0.2.2/24', 'dev', 'br0'];
  const options = [
    'BatchMode=yes',
    'ConnectTimeout=5',
    'HostKeyAlias=127.0.0.1',
    `UserKnownHostsFile=${DIR}/known_hosts`,
  ];
  const login = [
    '-q',
    '-i',
    path.join(DIR, 'key'),
    ...options.flatMap((option) => ['-o', option]),
    'root@10.0.2.15',
  ];
  const script = `ip address replace ${lab.address(BESIDE)}/24 dev enp0s1`;
  await until(() => lab.plug(tap).then(() => true), 'the server has its interface', LIMIT_MS);
  await lab.between('ip', 'address', 'replace', ...old);
  await until(
    () => lab.between('ssh', ...login, script).then(() => true),
    'the server has an address',
    LIMIT_MS,
  );
  await lab.between('ip', 'address', 'delete', ...old);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
