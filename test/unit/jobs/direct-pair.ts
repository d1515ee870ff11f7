/** A source and a host, whose programs meet faults while a way from one to the other is open. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createHash } from 'node:crypto';
import { TransportError } from '../../../drivers/transport/errors.ts';
import type { Exec, ExecOptions, ExecResult } from '../../../drivers/transport/exec.ts';
import type { Clock } from '../../../main/hosts/clock.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import type { StepKind } from '../../../main/jobs/engine/step.ts';
import type { WorkflowHosts } from '../../../main/jobs/engine/workflows-options.ts';
import { CLOSE, LOOK_AROUND, SET_UP } from '../../../main/jobs/direct/host-scripts.ts';
import { wayStepKinds } from '../../../main/jobs/direct/steps.ts';
import { waySourceOf, type WayKinds } from '../../../main/jobs/direct/way.ts';
import { PUT_KEY, ROUTES, SEND } from '../../../main/jobs/direct/source-scripts.ts';
import { LOOK, PUT } from '../../../main/jobs/source/file-scripts.ts';
import { firstBoot, uninterrupted, type SourceHost } from '../../../main/jobs/source/source-host.ts';
import { SOURCE, type Fault } from './p2v-live-cellar.ts';

const BOOT = randomUUID();

export const KEYS = '/root/.ssh/authorized_keys';
/** Without an end of line, as an editor may leave it. */
export const KEYS_BEFORE = 'ssh-ed25519 AAAA laptop';
const PROGRAMS = ['flock', 'fallocate', 'dd', 'stat', 'sha256sum', 'find', 'setsid', 'gzip'];
const HOST_KEY = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.alloc(36)]);
const [, , APART] = uninterrupted([]);

/** Short waits are over at once, long ones never. */
const CLOCK: Clock = {
  now: () => Date.now(),
  setTimer(task, delayMs) {
    if (delayMs > 5000) return () => undefined;
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  },
};

export class Pair {
  readonly host = { files: new Map([[KEYS, KEYS_BEFORE]]), folders: new Set<string>() };
  readonly source = { folders: new Set<string>() };
  /** Leases, each with the machine that it is on. */
  readonly leases = new Set<string>();
  /** What the source was given to read, and what all programs were called with. */
  readonly secrets: string[] = [];
  readonly seen: string[] = [];
  /** Lines that the keys' file had. */
  readonly lines: string[] = [];
  programs = PROGRAMS;
  user = '0';
  sourceUser = '0';
  /** As ssh on the source has it; null: it gets through. */
  refusal: string | null = null;
  calls = 0;
  isHanging = false;
  /** Lines that other jobs put into the keys' file right before that of this one, each time. */
  others: string[] = [];
  /** Whose steps they are. */
  readonly of: WayKinds['of'];
  #away = { host: 0, source: 0 };
  #fault: { readonly at: number; readonly what: Fault } | null = null;

  constructor(of: WayKinds['of'] = 'p2v') {
    this.of = of;
  }

  /** As the plan names it: of a clone it is a host of the plan. */
  get sourceOfPlan() {
    return this.of === 'p2v' ? SOURCE : { host: 's', hostName: 'root@cellar' };
  }

  meets(what: Fault, at: number): void {
    this.#fault = { what, at };
  }

  get kinds(): StepKind[] {
    const source: SourceHost = {
      name: 'root@cellar',
      clock: CLOCK,
      boot: firstBoot('root@cellar'),
      onAway: () => undefined,
      use: (_signal, work) => {
        if (this.#away.source === 0) return work(this.#execOf('source'));
        this.#away.source -= 1;
        return Promise.reject(new FailureError({ code: 'HOST_UNREACHABLE', message: 'away' }));
      },
    };
    const wait = { clock: CLOCK };
    return wayStepKinds({
      of: this.of,
      wait,
      sourceOf: waySourceOf(() => source, CLOCK),
      apart: this.of === 'p2v',
    });
  }

  get hosts(): WorkflowHosts {
    const ssh = { host: '192.0.2.7', port: 22, user: 'root', hostKey: HOST_KEY };
    const sessionOf = (where: 'host' | 'source', name: string): HostSession =>
      ({ name, link: { ssh, commands: { exec: this.#execOf(where) } } }) as unknown as HostSession;
    return {
      find: ({ id }) => id,
      session: (id) => {
        const where = id === 's' ? 'source' : 'host';
        if (this.#away[where] === 0) return sessionOf(where, where === 'source' ? 'root@cellar' : 'kvm-a');
        this.#away[where] -= 1;
        throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'away' });
      },
      connected: () => Promise.resolve(),
      startOf: () => Promise.resolve('start-1'),
    };
  }

  /** As nobody had ever been there. */
  assertAsItWas(when: string): void {
    assert.deepEqual([...this.host.files], [[KEYS, KEYS_BEFORE]], when);
    assert.deepEqual([...this.host.folders, ...this.source.folders, ...this.leases], [], when);
  }

  #execOf(where: 'host' | 'source'): Exec {
    return (argv, options) => {
      this.calls += 1;
      this.seen.push(argv.join(' '));
      const fault = this.#fault?.at === this.calls ? this.#fault.what : null;
      if (fault === 'lost before' || fault === 'dies before')
        return this.#broken(where, fault, options.signal);
      const whole = argv[2] === APART ? argv.slice(4) : argv;
      const own = whole[0] === 'flock' ? whole.slice(4) : whole;
      const result = this.#does(where, own, options);
      return fault === null ? Promise.resolve(result) : this.#broken(where, fault, options.signal);
    };
  }

  #broken(where: 'host' | 'source', fault: Fault, signal: AbortSignal): Promise<never> {
    if (fault.startsWith('lost')) {
      this.#away[where] = 2;
      return Promise.reject(new TransportError('CLOSED', 'the link was closed'));
    }
    this.isHanging = true;
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }

  #does(where: 'host' | 'source', argv: readonly string[], { stdin, onStdout }: ExecOptions): ExecResult {
    const said = (stdout: string, status = 0, stderr = ''): ExecResult => ({ status, stdout, stderr });
    const [program, , script, , ...args] = argv;
    const [first = ''] = args;
    const { folders } = this[where];
    const { files } = this.host;
    if (program === 'cat') return said(argv[1] === KEYS ? (files.get(KEYS) ?? '') : BOOT);
    if (program === 'rm') {
      for (const path of argv.slice(2)) {
        folders.delete(path);
        this.leases.delete(`${where} ${path}`);
      }
      return said('');
    }
    switch (script) {
      case 'echo "$SSH_CONNECTION"':
        return said('198.51.100.1 4711 192.0.2.7 22\n');
      case ROUTES:
        return said(
          `${this.sourceUser}\n${args.map((to) => `${to} 192.0.2.99`).join('\n')}\nssh\nip\ntee\ngzip\n`,
        );
      case LOOK_AROUND:
        return said(`${this.user}\n/root\n20261128101500\n${this.programs.join('\n')}\n`);
      case PUT_KEY:
        this.secrets.push(String(stdin));
        folders.add(first);
        return said('');
      case SET_UP:
        folders.add(first);
        return said('');
      case LOOK:
        return said(files.has(args[1] ?? '') ? 'left\n' : stateOf(files.get(first)));
      case PUT: {
        const [, path = '', old = '', , before] = args;
        if (files.get(path) === String(stdin)) return said('');
        const other = this.others.shift();
        if (other !== undefined) files.set(path, `${files.get(path) ?? ''}${other}`);
        if (stateOf(files.get(path)) !== `file ${before}\n`) return said('', 1, 'it has changed');
        files.set(old, files.get(path) ?? '');
        files.set(path, String(stdin));
        this.lines.push(String(stdin).split('\n').at(-2) ?? '');
        return said('');
      }
      case CLOSE: {
        const [, path = '', old = '', , , folder = '', lease = ''] = args;
        files.set(path, files.get(old) ?? files.get(path) ?? '');
        files.delete(old);
        folders.delete(folder);
        this.leases.delete(`host ${lease}`);
        return said('');
      }
      case SEND:
        if (this.refusal !== null) return said('', 255, this.refusal);
        assert.deepEqual([this.source.folders.size, this.host.folders.size], [1, 1], 'both ends are ready');
        assert.ok(files.get(KEYS)?.includes('restrict,'), 'the line is there');
        void onStdout?.(Buffer.from('ok 0\n'));
        return said('');
      default:
        // The watch: its lease comes first.
        if (first.startsWith('/run/')) this.leases.add(`${where} ${first}`);
        return said('');
    }
  }
}

function stateOf(text: string | undefined): string {
  return text === undefined ? 'none 0\n' : `file ${createHash('sha256').update(text).digest('hex')}\n`;
}
