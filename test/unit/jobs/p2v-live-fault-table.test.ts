import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { TransportError } from '../../../drivers/transport/errors.ts';
import type { Exec, ExecResult } from '../../../drivers/transport/exec.ts';
import type { Clock } from '../../../main/hosts/clock.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { Plan, StepKind } from '../../../main/jobs/engine/step.ts';
import { filesStep } from '../../../main/jobs/p2v/live/first-boot/files-step.ts';
import { LOOK, PUT, TAKE_BACK } from '../../../main/jobs/p2v/live/first-boot/scripts.ts';
import { releaseStep } from '../../../main/jobs/p2v/live/release-step.ts';
import { servicesStep } from '../../../main/jobs/p2v/live/services-step.ts';
import { snapshotStep } from '../../../main/jobs/p2v/live/snapshot-step.ts';
import { firstBoot, type SourceHost } from '../../../main/jobs/p2v/live/source-host.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf, type World } from './engine-bench.ts';

const TAG = 'virtlane-1';
const SOURCE = { target: 'root@cellar', keyFile: null };
const SNAPSHOTS = [
  { group: 'vg', origin: 'root', name: `${TAG}-root`, sizeBytes: 1 },
  { group: 'vg', origin: 'data', name: `${TAG}-data`, sizeBytes: 1 },
];
/** `shop` needs `mariadb`, and is stopped along with it. */
const RUNNING = ['cron.service', 'mariadb.service', 'nginx.service', 'shop.service'];
/** What its file system has; the link file is for the first boot of the copy. */
const FILES = [['/etc/fstab', '/dev/sda1 /boot ext4 defaults 0 2\n']] as const;
const LINK = '/etc/systemd/network/10-virtlane-lan.link';
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const PUT_FILES = [
  {
    kind: 'renamed',
    path: FILES[0][0],
    sha256: sumOf(FILES[0][1]),
    words: [{ line: 0, word: 0, from: '/dev/sda1', to: 'UUID=aa' }],
  },
  { kind: 'new', path: LINK, text: '[Match]\n' },
];
/** Ends by itself while others are stopped, and is not to be started. */
const PASSING = 'backup.service';

/** What happens to one program of the source: the link is lost, or ours dies, before it has done its work or after. */
type Fault = 'lost before' | 'lost after' | 'dies before' | 'dies after';

/** Short waits are over at once, long ones never. */
const CLOCK: Clock = {
  now: () => Date.now(),
  setTimer(task, delayMs) {
    if (delayMs > 60_000) return () => undefined;
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  },
};

/** A machine with services, and volumes of LVM; counts its programs, one of which meets a fault. */
class Cellar {
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
  #fault: { readonly at: number; readonly what: Fault } | null = null;

  meets(what: Fault, at: number): void {
    this.#fault = { what, at };
  }

  get kinds(): StepKind[] {
    const host: SourceHost = {
      name: 'cellar',
      clock: CLOCK,
      boot: firstBoot(),
      onAway: () => undefined,
      use: (_signal, work) => {
        if (this.awayFor === 0) return work(this.exec);
        this.awayFor -= 1;
        return Promise.reject(new FailureError({ code: 'HOST_UNREACHABLE', message: 'away' }));
      },
    };
    return KINDS.map((kind) => kind(() => host));
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
    this.calls += 1;
    const fault = this.#fault?.at === this.calls ? this.#fault.what : null;
    if (fault === 'lost before' || fault === 'dies before') return this.#broken(fault, signal);
    const own = argv[2]?.startsWith('setsid') === true ? argv.slice(4) : argv;
    const result = this.#ofFiles(own, String(stdin ?? '')) ?? this.#does(own);
    return fault === null ? result : this.#broken(fault, signal);
  };

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
    if (argv[0] === 'test') return said('', this.leases.has(argv[2] ?? '') ? 0 : 1);
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
    if (program === 'systemctl' && verb === 'list-units') return said([...this.running].join('\n'));
    if (program === 'systemctl' && verb === 'show')
      return said(
        argv.includes('mariadb.service') ? 'RequiredBy=shop.service gone.service\n' : 'RequiredBy=\n',
      );
    if (program === 'systemctl') {
      this.running.delete(PASSING);
      if (verb === 'stop' && argv.includes('mariadb.service')) this.running.delete('shop.service');
      for (const unit of argv.slice(argv.indexOf('--') + 1))
        if (verb === 'stop') this.running.delete(unit);
        else {
          this.running.add(unit);
          this.isPassingStarted ||= unit === PASSING;
        }
      return said('');
    }
    if (program === 'lvs')
      return said(['root||', ...[...this.snapshots].map(([name, of]) => `${name}|${of}|${TAG}`)].join('\n'));
    if (program === 'lvcreate') {
      const name = argv[argv.indexOf('--name') + 1] ?? '';
      this.snapshots.set(name, argv.at(-1)?.split('/')[1] ?? '');
      this.held = [...this.files.values()];
      return said('');
    }
    if (program === 'lvremove')
      return said('', this.snapshots.delete(argv.at(-1)?.split('/')[1] ?? '') ? 0 : 5);
    if (program === 'rm') for (const file of argv.slice(2)) this.leases.delete(file);
    // The watch: its lease comes first.
    else if (argv[4]?.startsWith('/run/') === true) this.leases.add(argv[4]);
    return said('');
  }
}

const KINDS = [servicesStep, filesStep, snapshotStep, releaseStep];

/** As for a machine whose services are stopped while its snapshots are made; what is done on the host is things there. */
const PLAN: Plan = (() => {
  const host = 'h';
  const thing = (name: string) => ({ id: name, kind: 'thing.create', host, title: name, params: { name } });
  const release = (id: string, params: object) => ({
    id,
    kind: 'p2v.release',
    host,
    title: id,
    params: { source: SOURCE, services: null, snapshots: null, ...params },
    optional: true,
  });
  return planOf({
    steps: [
      {
        id: 'services',
        kind: 'p2v.quiesce',
        host,
        title: 'services',
        params: { source: SOURCE, tag: TAG, services: ['mariadb', 'nginx'] },
      },
      {
        id: 'files',
        kind: 'p2v.files',
        host,
        title: 'files',
        params: { source: SOURCE, tag: TAG, files: PUT_FILES },
      },
      {
        id: 'snapshots',
        kind: 'p2v.snapshot',
        host,
        title: 'snapshots',
        params: { source: SOURCE, tag: TAG, snapshots: SNAPSHOTS, physical: [], withFiles: true },
      },
      release('start-services', { services: 'services' }),
      release('files-held', { files: { step: 'files', only: [FILES[0][0]] } }),
      thing('read'),
      release('files-back', { files: { step: 'files', only: null } }),
      release('remove-snapshots', { snapshots: { tag: TAG, snapshots: SNAPSHOTS } }),
      ...['convert', 'define', 'start'].map(thing),
    ],
  });
})();
const THINGS = ['convert', 'define', 'read', 'start'];

const there = (world: World): string[] => [...world.things].toSorted();

/** So many programs the source is asked for where nothing goes wrong. */
async function callsOf(): Promise<number> {
  const { start } = await bench();
  const cellar = new Cellar();
  const { workflows, jobs, find } = start(cellar.kinds);
  const id = await workflows.start(PLAN);
  await jobs.settled(id);
  assert.equal(find(id).state, 'done', JSON.stringify(find(id)));
  cellar.assertAsItWas('nothing went wrong');
  cellar.assertHeld('nothing went wrong');
  assert.deepEqual(cellar.held, ['UUID=aa /boot ext4 defaults 0 2\n', FILES[0][1], '[Match]\n']);
  return cellar.calls;
}

suite('whatever goes wrong at whichever program of the source, it is left as it was', () => {
  for (const fault of ['lost before', 'lost after'] as const)
    test(`the link is ${fault} it has done its work`, async () => {
      const calls = await callsOf();
      assert.ok(calls > 12, `${calls} programs`);
      for (let at = 1; at <= calls; at += 1) {
        const { start, world } = await bench();
        const cellar = new Cellar();
        cellar.meets(fault, at);
        const { workflows, jobs, find } = start(cellar.kinds);
        const id = await workflows.start(PLAN);
        await jobs.settled(id);
        const when = `${fault} program ${at} of ${calls}: ${JSON.stringify(find(id))}`;
        cellar.assertAsItWas(when);
        assert.deepEqual(find(id).mayBeLeft, [], when);
        assert.deepEqual(there(world), find(id).state === 'done' ? THINGS : [], when);
        if (find(id).state === 'done') cellar.assertHeld(when);
      }
    });

  for (const fault of ['dies before', 'dies after'] as const)
    for (const choice of ['goOn', 'undo'] as const)
      test(`Virtlane ${fault} it has done its work; then: ${choice}`, async () => {
        const calls = await callsOf();
        for (let at = 1; at <= calls; at += 1) {
          const { start, world, journals } = await bench();
          const cellar = new Cellar();
          cellar.meets(fault, at);
          const first = start(cellar.kinds);
          const id = await first.workflows.start(PLAN);
          await until(() => cellar.isHanging, 'the source is asked');
          first.workflows.close();
          await first.jobs.settled(id);
          const second = start(cellar.kinds);
          await second.workflows.recover();
          await second.workflows.resume(id, choice);
          await second.jobs.settled(id);
          second.workflows.close();
          const when = `${fault} program ${at} of ${calls}: ${JSON.stringify(second.find(id))}`;
          cellar.assertAsItWas(when);
          assert.equal(second.find(id).state, choice === 'goOn' ? 'done' : 'cancelled', when);
          assert.deepEqual(there(world), choice === 'goOn' ? THINGS : [], when);
          if (choice === 'goOn') cellar.assertHeld(when);
          assert.deepEqual(await journals(), [], when);
        }
      });
});

for (const step of THINGS)
  for (const fault of ['lostBefore', 'lostAfter'] as const)
    test(`the host is away from “${step}” on (${fault}): the source is as it was before the host is back`, async () => {
      const { start, world } = await bench();
      const cellar = new Cellar();
      world.faults.set(step, fault);
      const { workflows, jobs, find, clock } = start(cellar.kinds);
      const id = await workflows.start(PLAN);
      await until(() => find(id).state === 'waiting', 'it waits for the host');
      cellar.assertAsItWas('the host is away');
      world.comeBack();
      await clock.advance(4000);
      await jobs.settled(id);
      assert.deepEqual([find(id).state, there(world)], ['failed', []]);
    });

test('a source that was switched off after it was read is not waited for without end: what may be left on it is named', async () => {
  const { start, world } = await bench();
  const cellar = new Cellar();
  let late: () => void = () => undefined;
  const clock: Clock = {
    now: () => Date.now(),
    setTimer(task, delayMs) {
      if (delayMs > 60_000) late = task;
      else setImmediate(task);
      return () => undefined;
    },
  };
  const host: SourceHost = {
    name: 'cellar',
    clock,
    boot: firstBoot(),
    onAway: () => late(),
    use: (_signal, work) =>
      world.things.has('read')
        ? Promise.reject(new FailureError({ code: 'HOST_UNREACHABLE', message: 'away' }))
        : work(cellar.exec),
  };
  const kinds = KINDS.map((kind) => kind(() => host));
  const { workflows, jobs, find } = start(kinds);
  const id = await workflows.start(PLAN);
  await jobs.settled(id);
  assert.deepEqual([find(id).state, there(world)], ['done', THINGS]);
  assert.match(
    JSON.stringify(find(id)),
    /cellar does not answer\. On it the snapshot vg\/virtlane-1-root may be there/,
  );
});
