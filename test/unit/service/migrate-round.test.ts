import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Job } from '../../../main/contract/activity.ts';
import { usualMigration, type MigrateInput } from '../../../main/contract/migrate.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { ActivityLog } from '../../../main/jobs/activity.ts';
import { JobRegistry, type JobContext } from '../../../main/jobs/registry.ts';
import { startRound } from '../../../main/service/migrate-round.ts';
import type { Services } from '../../../main/service/services.ts';
import { FakeClock, settle } from '../hosts/fake-clock.ts';

const STAYS = 'Unsafe migration: Migration without shared storage is unsafe';

/** Moves from `lab1`, each by a job that does as a test says. */
class Bench {
  readonly clock = new FakeClock();
  readonly activity = new ActivityLog(this.clock);
  readonly jobs = new JobRegistry({
    clock: this.clock,
    activity: this.activity,
    onFault: () => assert.fail(),
  });
  readonly begun: string[] = [];
  readonly stayed: string[] = [];
  readonly away = new Set<string>();
  /** What comes before the job of one. */
  before: ((name: string) => Promise<void>) | null = null;
  readonly #ids = new Map<string, string>();
  readonly #back = new Map<string, () => void>();

  /** What the job of each does, by its name. */
  readonly #does: Record<string, (job: JobContext) => Promise<void>>;

  constructor(does: Record<string, (job: JobContext) => Promise<void>>) {
    this.#does = does;
  }

  /** @param moves `web>lab2` each */
  round(moves: readonly string[], atOnce = 1): string {
    const round = moves.map((text): MigrateInput => {
      const [uuid = '', to = ''] = text.split('>');
      return usualMigration({ host: 'lab1', uuid, to });
    });
    const host = { id: 'lab1', name: 'lab1' };
    return startRound(this.#services(), {
      kind: 'evacuate',
      host,
      moves: round,
      atOnce,
      begin: async (move) => {
        await this.before?.(move.uuid);
        return { job: this.#begin(move), plan: { stays: [] } };
      },
      stayed: ({ uuid }) => Promise.resolve(void this.stayed.push(uuid)),
    });
  }

  job(id: string): Job {
    return this.activity.jobs().find((one) => one.id === id) ?? assert.fail(`${id} is listed`);
  }

  own(name: string): string {
    return this.#ids.get(name) ?? assert.fail(`${name} was begun`);
  }

  async ended(id: string): Promise<Pick<Job, 'state'> & { message: string; lines: string[] }> {
    await this.jobs.settled(id);
    const { state, failure } = this.job(id);
    return { state, message: failure?.message ?? '', lines: failure?.detail?.split('\n') ?? [] };
  }

  #begin({ uuid: name, host, to }: MigrateInput): string {
    this.begun.push(name);
    const id = this.jobs.start({
      kind: 'migrate',
      host: { id: host, name: host },
      hosts: [host, to],
      uuid: name,
      name,
      cancelled: `${name} was not migrated to ${to}. It was cancelled; ${name} is on ${host} as before.`,
      failed: `${name} was not migrated to ${to}. ${name} is on ${host} as before.`,
      unsure: '',
      run: this.#does[name] ?? (() => Promise.resolve()),
    });
    this.#ids.set(name, id);
    return id;
  }

  #services(): Services {
    const state = (id: string) => (this.away.has(id) ? 'away' : 'connected');
    const store = {
      host: (id: string) => ({ name: id, state: state(id) }),
      domain: (_host: string, uuid: string) => ({ name: uuid }),
    };
    const connected = (id: string) => new Promise<void>((resolve) => this.#back.set(id, resolve));
    const { clock, activity, jobs } = this;
    return { clock, jobs, fleet: { activity, store, connected } } as unknown as Services;
  }

  comesBack(id: string): void {
    this.away.delete(id);
    this.#back.get(id)?.();
  }
}

const untilCancelled = ({ signal }: JobContext): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

/** It has failed, and what it made is taken back when its target is there again, which it never is. */
function waitsFor(host: string, change: Partial<Job> = {}): (job: JobContext) => Promise<void> {
  return (job) => {
    job.show({ state: 'waiting', cancellable: true, waitsFor: [host], ...change });
    return new Promise(() => undefined);
  };
}

test('a round says why a machine was not moved, in libvirt’s words, in its log and at its end', async () => {
  const bench = new Bench({
    db: () => Promise.reject(new LibvirtError({ code: 'VIR_ERR_MIGRATE_UNSAFE', message: STAYS })),
  });
  const round = bench.round(['db>lab2', 'web>lab2']);
  const { state, message, lines } = await bench.ended(round);
  assert.equal(state, 'failed');
  assert.equal(message, '1 of 2 machines was not moved.');
  assert.deepEqual(lines, [`db was not migrated to lab2. db is on lab1 as before. ${STAYS}.`, 'Moved: web.']);
  assert.match(JSON.stringify(bench.job(round).log), /db is on lab1 as before\. Unsafe migration/);
  assert.deepEqual(bench.stayed, ['db']);
});

suite('a round whose target goes away', () => {
  const because = 'db was not migrated to lab3. db is on lab1 as before.';

  test('goes on without one that is where it was, waits a while for the host, and names the others', async () => {
    const bench = new Bench({
      db: (job) => {
        bench.away.add('lab3');
        return waitsFor('lab3', { stayed: true, because })(job);
      },
    });
    const round = bench.round(['db>lab3', 'mail>lab3', 'dns>lab3', 'web>lab2']);
    await settle();
    await bench.clock.advance(1000);
    assert.deepEqual(bench.job(round).waitsFor, ['lab3']);
    await bench.clock.advance(30_000);
    const { state, message, lines } = await bench.ended(round);
    assert.equal(state, 'failed');
    assert.equal(message, '3 of 4 machines were not moved.');
    assert.deepEqual(lines, [
      `${because} What is left of it is taken back when lab3 answers.`,
      'Not begun, as lab3 does not answer: mail, dns.',
      'Moved: web.',
    ]);
    assert.deepEqual(bench.begun, ['db', 'web']);
    assert.deepEqual(bench.stayed, ['db']);
  });

  test('goes on when the host is back in time', async () => {
    const bench = new Bench({});
    bench.away.add('lab3');
    const round = bench.round(['db>lab3', 'mail>lab3']);
    await settle();
    bench.comesBack('lab3');
    assert.equal((await bench.ended(round)).state, 'done');
    assert.deepEqual(bench.begun, ['db', 'mail']);
  });

  test('waits anew when the host goes away a second time', async () => {
    let arrives: () => void = () => undefined;
    const bench = new Bench({ db: () => new Promise<void>((resolve) => (arrives = resolve)) });
    bench.away.add('lab3');
    const round = bench.round(['db>lab3', 'mail>lab3', 'dns>lab3']);
    await settle();
    bench.comesBack('lab3');
    await settle();
    bench.away.add('lab3');
    arrives();
    await settle();
    await bench.clock.advance(1000);
    assert.deepEqual(bench.begun, ['db']);
    assert.deepEqual(bench.job(round).waitsFor, ['lab3']);
    bench.comesBack('lab3');
    assert.equal((await bench.ended(round)).state, 'done');
    assert.deepEqual(bench.begun, ['db', 'mail', 'dns']);
  });

  test('says for whom it waits while nobody knows where a machine is, and is left at once', async () => {
    const settling = { state: 'settling', cancellable: false } as const;
    const bench = new Bench({ db: waitsFor('lab3', settling) });
    const round = bench.round(['db>lab3', 'mail>lab3']);
    await settle();
    await bench.clock.advance(1000);
    assert.deepEqual([bench.job(round).state, bench.job(round).waitsFor], ['running', ['lab3']]);
    bench.jobs.cancel(round);
    const { state, message, lines } = await bench.ended(round);
    assert.equal(state, 'cancelled');
    assert.equal(message, 'Cancelled: none of 2 machines was moved.');
    assert.deepEqual(lines, [
      'db: where it is shows when lab3 answers; its own job waits for that.',
      'Not begun: mail.',
    ]);
    assert.deepEqual(bench.job(bench.own('db')).state, 'settling');
    assert.deepEqual(bench.stayed, []);
  });
});

suite('a round that is cancelled', () => {
  test('cancels what is on its way, and says what went, what was taken back, and what was not begun', async () => {
    const bench = new Bench({ db: untilCancelled });
    const round = bench.round(['web>lab2', 'db>lab2', 'mail>lab2', 'dns>lab2']);
    await settle();
    bench.jobs.cancel(round);
    const { state, message, lines } = await bench.ended(round);
    assert.equal(state, 'cancelled');
    assert.equal(message, 'Cancelled: 1 of 4 machines was moved.');
    assert.deepEqual(lines, [
      'db was not migrated to lab2. It was cancelled; db is on lab1 as before.',
      'Not begun: mail, dns.',
      'Moved: web.',
    ]);
    assert.equal(bench.job(bench.own('db')).state, 'cancelled');
  });

  test('says what was done to one that it did not begin any more', async () => {
    let refuse: (error: Error) => void = assert.fail;
    const bench = new Bench({});
    bench.before = () => new Promise((_, reject) => (refuse = reject));
    const round = bench.round(['web>lab2']);
    await settle();
    bench.jobs.cancel(round);
    refuse(new FailureError({ code: 'CANCELLED', message: '/iso/a.iso is out of its drive (sda of web).' }));
    assert.equal((await bench.ended(round)).state, 'cancelled');
    const log = bench.job(round).log.map(({ text }) => text);
    assert.ok(log.includes('/iso/a.iso is out of its drive (sda of web).'), log.join('; '));
  });

  test('leaves to a machine’s own job what waits for a host, and never takes that for “Leave it there”', async () => {
    const bench = new Bench({ db: waitsFor('lab3') });
    const round = bench.round(['db>lab3']);
    await settle();
    bench.jobs.cancel(round);
    assert.equal((await bench.ended(round)).state, 'cancelled');
    assert.deepEqual(bench.job(bench.own('db')).state, 'waiting');
  });

  test('and whose last machine had gone by then is done', async () => {
    let arrive: () => void = assert.fail;
    const bench = new Bench({
      web: (job) => {
        job.show({ cancellable: false });
        return new Promise((resolve) => (arrive = resolve));
      },
    });
    const round = bench.round(['web>lab2']);
    await settle();
    bench.jobs.cancel(round);
    await settle();
    arrive();
    assert.equal((await bench.ended(round)).state, 'done');
  });
});

test('one that has gone counts as moved, whatever does not follow', async () => {
  const step = { id: 'move', title: '', state: 'done' as const, startedAt: 1, finishedAt: 1 };
  const bench = new Bench({
    web: (job) => {
      job.show({ steps: [step] });
      return Promise.reject(new FailureError({ code: 'CONFLICT', message: 'Its disk was not deleted.' }));
    },
  });
  const round = bench.round(['web>lab2']);
  assert.equal((await bench.ended(round)).state, 'done');
  const remarks = bench.job(round).log.filter(({ remark }) => remark === true);
  assert.deepEqual(
    remarks.map(({ text }) => text),
    ['web: Its disk was not deleted.'],
  );
  assert.deepEqual(bench.stayed, []);
});
