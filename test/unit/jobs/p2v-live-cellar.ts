/** A source with services and volumes of LVM, whose programs meet faults. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { TransportError } from '../../../drivers/transport/errors.ts';
import type { Exec, ExecResult } from '../../../drivers/transport/exec.ts';
import type { Clock } from '../../../main/hosts/clock.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { StepKind } from '../../../main/jobs/engine/step.ts';
import { changesStep } from '../../../main/jobs/p2v/live/changes-step.ts';
import { filesStep } from '../../../main/jobs/p2v/live/first-boot/files-step.ts';
import { LOOK, PUT, TAKE_BACK } from '../../../main/jobs/source/file-scripts.ts';
import { releaseStep } from '../../../main/jobs/p2v/live/release-step.ts';
import { servicesStep } from '../../../main/jobs/p2v/live/services-step.ts';
import { snapshotStep } from '../../../main/jobs/p2v/live/snapshot-step.ts';
import { firstBoot, uninterrupted, type SourceHost } from '../../../main/jobs/source/source-host.ts';

export const TAG = 'virtlane-1';
export const SOURCE = { target: 'root@cellar', keyFile: null };
export const SNAPSHOTS = [
  { group: 'vg', origin: 'root', name: `${TAG}-root`, sizeBytes: 1 },
  { group: 'vg', origin: 'data', name: `${TAG}-data`, sizeBytes: 1 },
];
/** `shop` needs `mariadb`, and is stopped along with it; a socket would start that again. */
export const RUNNING = ['cron.service', 'mariadb.service', 'mariadb.socket', 'nginx.service', 'shop.service'];
export const AT_REST = ['cron.service'];
/** What its file system has; the link file is for the first boot of the copy. */
export const FILES = [['/etc/fstab', '/dev/sda1 /boot ext4 defaults 0 2\n']] as const;
const LINK = '/etc/systemd/network/10-virtlane-lan.link';
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');
export const PUT_FILES = [
  {
    kind: 'renamed',
    path: FILES[0][0],
    sha256: sumOf(FILES[0][1]),
    words: [{ line: 0, word: 0, from: '/dev/sda1', to: 'UUID=aa' }],
  },
  { kind: 'new', path: LINK, text: '[Match]\n' },
];
const SERVICES_LEASE = `/run/${TAG}.services`;
/** Ends by itself while others are stopped, and is not to be started. */
const PASSING = 'backup.service';

/** What happens to one program of the source: the link is lost, or ours dies, before it has done its work or after. */
export type Fault = 'lost before' | 'lost after' | 'dies before' | 'dies after';

/** Of the programs that are not interrupted. */
const [, , APART] = uninterrupted([]);

/** Short waits are over at once, long ones never. */
export const CLOCK: Clock = {
  now: () => Date.now(),
  setTimer(task, delayMs) {
    if (delayMs > 60_000) return () => undefined;
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  },
};

/** A machine with services, and volumes of LVM; counts its programs, one of which meets a fault. */
export class Cellar {
  readonly running = new Set([...RUNNING, PASSING]);
  readonly snapshots = new Map<string, string>();
  readonly leases = new Set<string>();
  readonly files = new Map<string, string>(FILES);
  /** What the snapshots have of it. */
  held: string[] = [];
  calls = 0;
  /** It is there for none of the next so many logins. */
  awayFor = 0;
  isHanging = false;
  isPassingStarted = false;
  needsMariadb = 'shop.service';
  /** Something starts it again as soon as it is stopped. */
  stubborn: string | null = null;
  /** Leases by which the source heard of the job. */
  readonly renewed = new Set<string>();
  /** What ran after each stop. */
  readonly atStops: string[][] = [];
  /** What ran when each snapshot was made. */
  readonly atSnapshots: string[][] = [];
  /** It starts its services by itself as soon as a snapshot is made. */
  startsAtSnapshot = false;
  /** What it was to do where it hears nothing of the job. */
  readonly watches: { readonly script: string; readonly args: readonly string[] }[] = [];
  /** Snapshots that another one made. */
  readonly foreign = new Set<string>();
  /** What happens while it is away. */
  meanwhile: () => void = () => undefined;
  #fault: { readonly at: number | string; readonly what: Fault } | null = null;

  /** @param at how many programs it is asked for until then; or which one, the first time */
  meets(what: Fault, at: number | string): void {
    this.#fault = { what, at };
  }

  get kinds(): StepKind[] {
    const host: SourceHost = {
      name: 'cellar',
      clock: CLOCK,
      boot: firstBoot('cellar'),
      onAway: (isAway) => void (isAway && this.meanwhile()),
      use: (_signal, work) => {
        if (this.awayFor === 0) return work(this.exec);
        this.awayFor -= 1;
        return Promise.reject(new FailureError({ code: 'HOST_UNREACHABLE', message: 'away' }));
      },
    };
    return [...KINDS.map((kind) => kind(() => host)), changesStep({ clock: CLOCK }, () => host)];
  }

  /** As its watch does where it has heard nothing of the job for half an hour. */
  startsItself(): void {
    this.leases.delete(SERVICES_LEASE);
    this.leases.add(`${SERVICES_LEASE}.started`);
    for (const unit of RUNNING) this.running.add(unit);
  }

  /** All that it had in /run is gone, and all that is enabled runs. */
  startsAnew(...disabled: readonly string[]): void {
    this.leases.clear();
    for (const unit of RUNNING) if (!disabled.includes(unit)) this.running.add(unit);
  }

  /** As nobody had ever been there. */
  assertAsItWas(when: string): void {
    this.running.delete(PASSING);
    assert.ok(!this.isPassingStarted, `${PASSING} was started ${when}`);
    assert.deepEqual([...this.running].toSorted(), RUNNING, when);
    assert.deepEqual([...this.snapshots.keys(), ...this.leases], [], when);
    assert.deepEqual([...this.files], FILES, when);
  }

  /** What is for the first boot is in what was copied. */
  assertHeld(when: string): void {
    const changed = FILES[0][1].replace('/dev/sda1', 'UUID=aa');
    assert.deepEqual(this.held, [changed, FILES[0][1], '[Match]\n'], when);
  }

  readonly exec: Exec = async (argv, { signal, stdin }) => {
    // That leases are renewed nobody waits for.
    if (argv[2]?.startsWith('for lease') === true) {
      for (const file of argv.slice(4)) this.renewed.add(file);
      return { status: 0, stdout: '', stderr: '' };
    }
    this.calls += 1;
    const own = argv[2] === APART ? argv.slice(4) : argv;
    const fault = this.#faultAt(own[0] ?? '');
    if (fault === 'lost before' || fault === 'dies before') return this.#broken(fault, signal);
    const result = this.#ofFiles(own, String(stdin ?? '')) ?? this.#does(own);
    return fault === null ? result : this.#broken(fault, signal);
  };

  #faultAt(program: string): Fault | null {
    if (this.#fault === null || ![this.calls, program].includes(this.#fault.at)) return null;
    const { what } = this.#fault;
    this.#fault = null;
    return what;
  }

  #broken(fault: Fault, signal: AbortSignal): Promise<never> {
    if (fault.startsWith('lost')) {
      this.awayFor = 2;
      return Promise.reject(new TransportError('CLOSED', 'the link was closed'));
    }
    this.isHanging = true;
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }

  /** As those scripts do (p2v-first-boot-files.test.ts runs them); null: it is none of them. */
  #ofFiles(argv: readonly string[], stdin: string): ExecResult | null {
    const { files } = this;
    const said = (stdout: string, status = 0): ExecResult => ({ status, stdout, stderr: '' });
    const [, , script, , ...args] = argv;
    if (argv[0] === 'cat') return said(files.get(argv[1] ?? '') ?? '');
    const stateOf = (path: string, old: string): string => {
      if (files.has(old)) return 'left';
      const text = files.get(path);
      return text === undefined ? 'none 0' : `file ${sumOf(text)}`;
    };
    if (script === LOOK)
      return said(
        args
          .flatMap((path, index) => (index % 2 === 0 ? [stateOf(path, args[index + 1] ?? '')] : []))
          .join('\n'),
      );
    if (script === PUT) {
      const [op, path = '', old = ''] = args;
      const before = files.get(path);
      if (before === stdin) return said('');
      if (op === 'replaced' && before !== undefined) files.set(old, before);
      files.set(path, stdin);
      return said('');
    }
    if (script !== TAKE_BACK) return null;
    for (let at = 0; at < args.length; at += 4) {
      const [op, path = '', old = ''] = args.slice(at);
      const before = files.get(old);
      if (op === 'new') files.delete(path);
      if (op !== 'replaced' || before === undefined) continue;
      files.set(path, before);
      files.delete(old);
    }
    return said('');
  }

  #does(argv: readonly string[]): ExecResult {
    const [program = '', verb = ''] = argv;
    const said = (stdout: string, status = 0): ExecResult => ({ status, stdout, stderr: '' });
    if (program === 'systemctl' && verb === 'list-units')
      return said([...this.running].map((unit) => `${unit} loaded\n`).join(''));
    if (program === 'systemctl' && verb === 'show') {
      const isAsked = (property: string): boolean =>
        argv.includes(`--property=${property}`) && argv.includes('mariadb.service');
      return said(
        `RequiredBy=${isAsked('RequiredBy') ? `${this.needsMariadb} gone.service` : ''}\nTriggeredBy=${isAsked('TriggeredBy') ? 'mariadb.socket gone.timer' : ''}\n`,
      );
    }
    if (program === 'systemctl') {
      this.running.delete(PASSING);
      if (verb === 'stop' && argv.includes('mariadb.service')) this.running.delete('shop.service');
      for (const unit of argv.slice(argv.indexOf('--') + 1))
        if (verb === 'stop') this.running.delete(unit);
        else {
          this.running.add(unit);
          this.isPassingStarted ||= unit === PASSING;
        }
      if (verb === 'stop') this.atStops.push([...this.running]);
      if (this.stubborn !== null) this.running.add(this.stubborn);
      return said('');
    }
    if (program === 'lvs')
      return said(
        [
          'root||',
          ...[...this.snapshots].map(([name, of]) => `${name}|${of}|${this.foreign.has(name) ? '' : TAG}`),
        ].join('\n'),
      );
    if (program === 'lvcreate') {
      const name = argv[argv.indexOf('--name') + 1] ?? '';
      this.snapshots.set(name, argv.at(-1)?.split('/')[1] ?? '');
      this.held = [...this.files.values()];
      this.atSnapshots.push([...this.running]);
      if (this.startsAtSnapshot) this.startsItself();
      return said('');
    }
    if (program === 'lvremove')
      return said('', this.snapshots.delete(argv.at(-1)?.split('/')[1] ?? '') ? 0 : 5);
    if (program === 'test') return said('', this.leases.has(argv[2] ?? '') ? 0 : 1);
    if (program === 'find') return said([...this.leases].join('\n'));
    if (program === 'rm') for (const file of argv.slice(2)) this.leases.delete(file);
    // The watch: its lease comes first.
    else if (argv[4]?.startsWith('/run/') === true) {
      this.leases.add(argv[4]);
      const [, script = '', ...args] = argv.slice(5);
      this.watches.push({ script, args });
    }
    return said('');
  }
}

export const KINDS = [servicesStep, filesStep, snapshotStep, releaseStep];
