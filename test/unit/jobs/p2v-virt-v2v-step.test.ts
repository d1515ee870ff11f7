import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import type { Exec } from '../../../drivers/transport/exec.ts';
import { Stays, type Json, type StepContext, type StepProgress } from '../../../main/jobs/engine/step.ts';
import { COMMIT, IS_HELD, PREPARE, REMOVE } from '../../../main/jobs/p2v/virt-v2v/scripts.ts';
import { virtV2vStep, type VirtV2vParams } from '../../../main/jobs/p2v/virt-v2v/step.ts';
import { assertOwn, volumeNoteOf } from '../../../main/storage/steps/own-volume.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { POOL } from './create-input.ts';

const folder = '/images/office.virt-v2v';
const params: VirtV2vParams = {
  host: 'h',
  hostName: 'kvm-a',
  name: 'office',
  arch: 'x86_64',
  folder,
  disks: ['a', 'b'].map((name) => ({
    pool: POOL,
    poolName: 'default',
    name,
    was: null,
    by: `volume-${name}`,
  })),
};
const found = { disks: true, cards: true };
const BEGUN = { found, isWritten: false };
/** What virt-v2v prints where it has done its work. */
const DRIVERS = 'This guest has virtio drivers installed.\n';

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
/** The disks were filled so long ago, by the host's clock. */
const FILLED_AGO = 7200;

type Answer = number | (() => Promise<never>);

/** A host with both disks as they were filled, hours ago; what the step has noted, and what each program ends with. */
class Bench {
  readonly clock = new FakeClock();
  readonly kind = virtV2vStep({ clock: this.clock });
  readonly ran: string[][] = [];
  readonly remarks: string[] = [];
  readonly fractions: (number | null)[] = [];
  readonly answers = new Map<string, Answer>();
  printed = [DRIVERS];
  /** When each was changed last, and its size. */
  readonly files = new Map(
    ['a', 'b'].map((name) => [name, { changed: nowSeconds() - FILLED_AGO, bytes: 4096 }]),
  );
  readonly #notes: Map<string, Json | undefined>;

  constructor(own?: Json) {
    this.#notes = new Map<string, Json | undefined>([['', own]]);
    for (const [name, { bytes }] of this.files)
      this.#notes.set(`volume-${name}`, {
        state: 'whole',
        facts: { key: `/images/${name}`, physicalBytes: bytes, changed: this.#timesOf(name) },
      });
  }

  noted(step = ''): Json | undefined {
    return this.#notes.get(step);
  }

  get step(): StepContext {
    const told: Partial<Record<keyof StepContext, unknown>> = {
      signal: new AbortController().signal,
      log: (text: string, as?: 'remark') => void (as === 'remark' && this.remarks.push(text)),
      progress: ({ fraction }: StepProgress) => void this.fractions.push(fraction),
      noted: (id = '') => this.#notes.get(id),
      note: (value: Json, id = '') => {
        this.#notes.set(id, value);
        return Promise.resolve();
      },
      written: () => 'never',
      session: () => ({ name: 'kvm-a', link: { commands: { exec: this.#exec } } }),
      client: () => ({ remote: this.#remote }),
    };
    return told as StepContext;
  }

  /** As the undo of the step that made it. @throws Stays */
  assertOwn(name: string): void {
    const noted = volumeNoteOf(this.step, `volume-${name}`) ?? assert.fail('nothing is noted');
    assertOwn(
      noted,
      { vol: volOf(name), model: readVolume(this.#xmlOf(name)) },
      { what: name, written: 'never' },
    );
  }

  written(name: string, changed = nowSeconds()): void {
    this.files.set(name, { bytes: 4096, ...this.files.get(name), changed });
  }

  readonly #exec: Exec = async (argv, options) => {
    if (argv[0] === 'date') return { status: 0, stdout: `${nowSeconds()}\n`, stderr: '' };
    const [, , script = '', , ...args] = argv;
    this.ran.push([script, ...args]);
    const answer = this.answers.get(script) ?? 0;
    if (typeof answer !== 'number') return answer();
    if (script === COMMIT && answer === 0) this.written(args[1] === '1' ? 'a' : 'b');
    if (script === PREPARE) for (const text of this.printed) await options?.onStdout?.(Buffer.from(text));
    return { status: answer, stdout: '', stderr: 'no room' };
  };

  readonly #remote = {
    storagePoolLookupByUuid: () => Promise.resolve({ pool: { name: 'default' } }),
    storageVolLookupByName: ({ name }: { name: string }) => Promise.resolve({ vol: volOf(name) }),
    storageVolGetXmlDesc: ({ vol: { name } }: { vol: { name: string } }) =>
      Promise.resolve({ xml: this.#xmlOf(name) }),
  };

  #timesOf(name: string): string {
    const { changed } = this.files.get(name) ?? assert.fail(`there is no ${name}`);
    return `${changed}.5 ${changed}.5`;
  }

  #xmlOf(name: string): string {
    const [mtime, ctime] = this.#timesOf(name).split(' ');
    const bytes = this.files.get(name)?.bytes;
    return `<volume type='file'><name>${name}</name><capacity>${bytes}</capacity><physical>${bytes}</physical><target><path>/images/${name}</path><format type='raw'/><timestamps><mtime>${mtime}</mtime><ctime>${ctime}</ctime></timestamps></target></volume>`;
  }
}

function volOf(name: string) {
  return { pool: 'default', name, key: `/images/${name}` };
}

suite('a run of virt-v2v whose end nobody saw', () => {
  test('before it wrote into the disks it is done anew, and its overlays go', async () => {
    const { kind, ran, step } = new Bench();
    assert.deepEqual(await kind.settle(params, step), { done: false });
    assert.deepEqual(ran, [[REMOVE, folder]]);
  });

  test('while it wrote into them that is done to its end, and the disks stay the job’s own', async () => {
    const bench = new Bench(BEGUN);
    assert.deepEqual(await bench.kind.settle(params, bench.step), { done: true, result: found });
    assert.deepEqual(bench.ran, [
      [COMMIT, folder, '1'],
      [COMMIT, folder, '2'],
      [REMOVE, folder],
    ]);
    assert.deepEqual(bench.noted(), { found, isWritten: true });
    for (const name of ['a', 'b']) {
      assert.equal(volumeNoteOf(bench.step, `volume-${name}`)?.state, 'whole');
      bench.assertOwn(name);
    }
  });

  test('what was written is not written again', async () => {
    const { kind, ran, step } = new Bench({ found, isWritten: true });
    assert.deepEqual(await kind.settle(params, step), { done: true, result: found });
    assert.deepEqual(ran, [[REMOVE, folder]]);
  });

  test('where it cannot be written that is an error, which names the disk; what has it is still known', async () => {
    const bench = new Bench(BEGUN);
    bench.answers.set(COMMIT, 1);
    await assert.rejects(
      bench.kind.settle(params, bench.step),
      /What virt-v2v has changed could not be written to a in default on kvm-a/,
    );
    bench.written('a');
    bench.assertOwn('a');
  });

  test('what still runs on the host is not taken from under it', async () => {
    const { kind, step, answers } = new Bench();
    answers.set(REMOVE, IS_HELD);
    await assert.rejects(
      kind.undo(params, null, step),
      /An earlier virt-v2v on kvm-a still works in \/images/,
    );
  });
});

suite('a disk that was filled hours before virt-v2v’s changes are written into it', () => {
  for (const [when, writes] of [
    ['before the first byte', false],
    ['after it has written', true],
  ] as const)
    test(`the program dies ${when}: the undo knows the disk, and so does another try`, async () => {
      const bench = new Bench(BEGUN);
      bench.answers.set(COMMIT, () => {
        if (writes) bench.written('a');
        return Promise.reject(new Error('the program died'));
      });
      await assert.rejects(bench.kind.settle(params, bench.step), /the program died/);
      bench.assertOwn('a');
      bench.answers.delete(COMMIT);
      assert.deepEqual(await bench.kind.settle(params, bench.step), { done: true, result: found });
    });

  test('it is known however long that takes', async () => {
    const bench = new Bench(BEGUN);
    bench.answers.set(COMMIT, async () => {
      for (let seconds = 60; seconds <= 600; seconds += 60) {
        bench.written('a', nowSeconds() + seconds);
        await bench.clock.advance(60_000);
      }
      throw new Error('the program died');
    });
    await assert.rejects(bench.kind.settle(params, bench.step), /the program died/);
    bench.assertOwn('a');
  });

  const foreign = { changed: nowSeconds() - 60, bytes: 8192 };
  test('another file that got its name meanwhile is not written to, and stays', async () => {
    const bench = new Bench(BEGUN);
    bench.files.set('a', foreign);
    await assert.rejects(
      bench.kind.settle(params, bench.step),
      /^FailureError: a was changed since this job filled it/,
    );
    assert.deepEqual(bench.ran, []);
    assert.throws(() => bench.assertOwn('a'), Stays);
  });

  test('nor does virt-v2v begin with it', async () => {
    const bench = new Bench();
    bench.files.set('b', foreign);
    await assert.rejects(bench.kind.run(params, bench.step), /b was changed since this job filled it/);
    assert.deepEqual(bench.ran, []);
  });
});

suite('how far virt-v2v is', () => {
  test('is told by each phase that it begins, once, and by nothing else', async () => {
    const bench = new Bench();
    bench.printed = [
      '[   0.0] Setting up the source: -i libvirtxml /images/machine.xml\n[   1.1] Opening the source\n[  19.0] Insp',
      'ecting the source\n[  51.3] Checking for sufficient free disk space in the guest\n[  51.3] Converting 12.0 to run on KVM\n',
      'virt-v2v-in-place: warning: Converting is what a guest may say\n',
      DRIVERS,
      '[  90.2] Mapping filesystem data to avoid copying unused and blank areas\n[ 100.6] Closing the overlay\n[ 101.3] Finishing off\n',
    ];
    await bench.kind.run(params, bench.step);
    assert.deepEqual(bench.fractions, [null, 0.01, 0.25, 0.5, 0.9, 0.98]);
  });

  test('is not known where it says nothing of a phase', async () => {
    const bench = new Bench();
    await bench.kind.run(params, bench.step);
    assert.deepEqual(bench.fractions, [null]);
  });
});

suite('what fails beside virt-v2v costs nobody the copy', () => {
  test('a folder that cannot be removed is a remark', async () => {
    const bench = new Bench();
    bench.answers.set(REMOVE, 1);
    assert.deepEqual(await bench.kind.run(params, bench.step), found);
    assert.deepEqual(bench.noted(), { found, isWritten: true });
    assert.match(
      bench.remarks.at(-1) ?? '',
      /^\/images\/office\.virt-v2v on kvm-a could not be removed\. Remove .* no room$/,
    );
    assert.deepEqual(await bench.kind.settle(params, bench.step), { done: true, result: found });
  });

  test('an earlier one that does not end leaves the copy as it is', async () => {
    const bench = new Bench();
    bench.answers.set(PREPARE, IS_HELD);
    assert.deepEqual(await bench.kind.run(params, bench.step), { disks: false, cards: false });
    assert.ok(!bench.ran.some(([script]) => script === COMMIT));
    assert.match(
      bench.remarks[0] ?? '',
      /^virt-v2v on kvm-a gave up: An earlier virt-v2v on kvm-a still works in .* office is as it was copied/,
    );
  });
});
