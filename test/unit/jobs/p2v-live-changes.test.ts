import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LinkError } from '../../../drivers/rpc/errors.ts';
import type { Exec } from '../../../drivers/transport/exec.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { Json, StepContext } from '../../../main/jobs/engine/step.ts';
import { sendChanges } from '../../../main/jobs/p2v/live/changes.ts';
import { SummedSource, type LiveChunk } from '../../../main/jobs/p2v/live/chunk-sums.ts';
import { pathAt, type LayoutFacts } from '../../../main/jobs/p2v/live/layout-facts.ts';
import { firstBoot, type SourceHost } from '../../../main/jobs/source/source-host.ts';
import { assertOwn, volumeNoteOf } from '../../../main/storage/steps/own-volume.ts';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import type { Clock } from '../../../main/hosts/clock.ts';

const BOOT = randomUUID();
const SIZE = 4 * 1024 ** 2;
const AT = {
  host: 'kvm',
  pool: '11111111-1111-4111-8111-111111111111',
  poolName: 'default',
  name: 'disk.raw',
};
const FACTS: LayoutFacts = {
  disk: {
    name: 'sda',
    path: '/dev/sda',
    sizeBytes: SIZE,
    table: 'mbr',
    content: { kind: 'other' },
    partitions: [
      { path: '/dev/sda1', at: 1024, sizeBytes: 1024, content: { kind: 'extended' } },
      { path: '/dev/sda5', at: 1536, sizeBytes: 512, content: { kind: 'other' } },
    ],
  },
  groups: [],
};
const SUMMING = { program: 'sha256sum', parallel: 1 } as const;
const CHUNK: LiveChunk = { at: 0, length: SIZE, device: { path: '/dev/sda', live: true }, deviceAt: 0 };
const CLOCK: Clock = {
  now: () => Date.now(),
  setTimer(task) {
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  },
};

/** A host with the raw volume of the copy, and a source of which each look says something else than what was read. */
class Bench {
  noted: Json | undefined;
  readonly log: string[] = [];
  key = '/pool/disk.raw';
  /** When the volume was changed last. */
  seconds = 1_800_000_000;
  readonly abort = new AbortController();
  /** How each upload goes. */
  upload: () => Promise<never>;

  constructor(upload: (bench: Bench) => Promise<never>) {
    this.upload = () => {
      this.seconds += 20;
      return upload(this);
    };
    this.noted = { state: 'whole', facts: { key: this.key, physicalBytes: SIZE, changed: this.#changed } };
  }

  get #changed(): string {
    return `${this.seconds} ${this.seconds}`;
  }

  readonly client = {
    remote: {
      storagePoolLookupByUuid: () => Promise.resolve({ pool: { name: 'default', uuid: new Uint8Array(16) } }),
      storageVolLookupByName: () => Promise.resolve({ vol: this.#vol() }),
      storageVolGetXmlDesc: () =>
        Promise.resolve({
          xml: `<volume type='file'><name>disk.raw</name><key>${this.key}</key><capacity>${SIZE}</capacity><allocation>${SIZE}</allocation><physical>${SIZE}</physical>
            <target><path>/pool/disk.raw</path><format type='raw'/><timestamps><mtime>${this.seconds}</mtime><ctime>${this.seconds}</ctime></timestamps></target></volume>`,
        }),
    },
    openStream: () => this.upload(),
  } as unknown as LibvirtClient;

  step(signal = this.abort.signal): StepContext {
    const none = (): never => assert.fail('it is not asked for');
    return {
      signal,
      log: (text) => this.log.push(text),
      progress: () => undefined,
      session: () => ({ bulkClient: () => Promise.resolve(this.client) }) as never,
      client: () => this.client,
      secret: none,
      result: none,
      note: (value) => {
        this.noted = value;
        return Promise.resolve();
      },
      noted: () => this.noted,
      settling: () => Promise.resolve(),
      silent: () => undefined,
      outside: () => undefined,
      untilBack: () => Promise.resolve(),
      written: () => 'never',
    };
  }

  send(): Promise<void> {
    const exec: Exec = (argv) =>
      Promise.resolve({
        status: 0,
        stdout: argv[0] === 'cat' ? BOOT : argv[3] === 'sync' ? '' : `${'a'.repeat(64)}  -\n`,
        stderr: 'sudo: unable to resolve host cellar',
      });
    const host: SourceHost = {
      name: 'cellar',
      clock: CLOCK,
      use: (_signal, work) => work(exec),
      boot: firstBoot('cellar'),
      onAway: () => undefined,
    };
    const zeros = { sizeBytes: SIZE, read: (_at: number, length: number) => pieces(length) };
    return sendChanges(this.step(), {
      host,
      disks: [
        {
          at: AT,
          by: 'read',
          facts: FACTS,
          source: new SummedSource(zeros, [CHUNK], SUMMING),
          chunks: [CHUNK],
        },
      ],
      devices: [],
      summing: SUMMING,
      until: 'rest',
      wait: { clock: CLOCK },
      touching: () => Promise.resolve(),
    });
  }

  /** @throws Stays */
  async assertOwn(): Promise<void> {
    const noted = volumeNoteOf(this.step()) ?? assert.fail('nothing is noted');
    const { xml } = await this.client.remote.storageVolGetXmlDesc({ vol: this.#vol(), flags: 0 });
    assertOwn(noted, { vol: this.#vol(), model: readVolume(xml) }, { what: 'it', written: 'never' });
  }

  #vol(): { pool: string; name: string; key: string } {
    return { pool: 'default', name: 'disk.raw', key: this.key };
  }
}

async function* pieces(zeros: number): AsyncGenerator<{ zeros: number }> {
  yield { zeros };
}

test('ended while what changed is sent again, the volume is known for the job’s own, and goes', async () => {
  const bench = new Bench((self) => {
    self.abort.abort(new Error('cancelled'));
    return Promise.reject(new Error('cancelled'));
  });
  await assert.rejects(bench.send());
  assert.equal((bench.noted as { state: string }).state, 'open');
  // As the undo of the job sees it, soon after the last write.
  await bench.assertOwn();
});

test('after a lost link nothing is written to another’s volume of that name', async () => {
  let uploads = 0;
  const bench = new Bench((self) => {
    uploads += 1;
    self.key = '/pool/of-another';
    return Promise.reject(new LinkError('LINK_CLOSED', 'the link was closed'));
  });
  await assert.rejects(
    bench.send(),
    (error) => error instanceof FailureError && error.failure.code === 'CONFLICT',
  );
  assert.equal(uploads, 1);
});

test('of a volume that was filled hours before, the first write that is sent again tells no other one', async () => {
  const bench = new Bench((self) => {
    self.seconds = Math.floor(Date.now() / 1000);
    return Promise.reject(new Error('the program died'));
  });
  await assert.rejects(bench.send(), /the program died/);
  await bench.assertOwn();
});

test('nothing is sent again to what somebody has changed since it was filled', async () => {
  const bench = new Bench(() => assert.fail('it is written to'));
  bench.seconds += 60;
  await assert.rejects(bench.send(), /disk\.raw was changed since this job filled it/);
});

test('what has changed is told by the partition that it lies on, else by the disk', () => {
  assert.deepEqual(
    [0, 1536, 2047, 2048].map((at) => pathAt(FACTS, at)),
    ['/dev/sda', '/dev/sda5', '/dev/sda5', '/dev/sda'],
  );
});
