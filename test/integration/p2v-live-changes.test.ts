import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import type { Exec } from '../../drivers/transport/exec.ts';
import { execLocal } from '../../drivers/transport/exec-local.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import type { Json, StepContext, StepKind } from '../../main/jobs/engine/step.ts';
import type { ReadParams } from '../../main/jobs/p2v/live/read-step.ts';
import { firstBoot, type SourceHost } from '../../main/jobs/p2v/live/source-host.ts';
import { liveStepKinds } from '../../main/jobs/p2v/live/steps.ts';
import { downloadVolume } from '../../main/storage/download.ts';
import { volumeByName } from '../../main/storage/read.ts';
import { bytesOf } from '../../main/storage/zero-bytes.ts';
import { connectFleet } from '../unit/simulator/fleet-client.ts';

const MIB = 1024 ** 2;
const SIZE = 22 * MIB;
let folder: string;
const disk = (): string => path.join(folder, 'disk');
const { signal } = new AbortController();

/** A machine whose programs run here; `onSync` is what it writes right before each look at what has changed. */
function sourceHost(onSync: (look: number) => Promise<void>): SourceHost {
  let looks = 0;
  const exec: Exec = async (argv, options) => {
    if (argv[0] === 'sync') await onSync((looks += 1));
    return execLocal(argv, options);
  };
  return {
    name: 'cellar',
    clock: systemClock,
    boot: firstBoot(),
    use: (_signal, work) => work(exec),
    onAway: () => undefined,
  };
}

async function write(at: number): Promise<void> {
  const file = await open(disk(), 'r+');
  await file.write(randomBytes(3), 0, 3, at);
  await file.close();
}

/** The step that reads, and what becomes of its volume on a simulated host. */
async function reading(context: TestContext, onSync: (look: number) => Promise<void>) {
  const { client } = await connectFleet(context);
  const { pool } = await client.remote.storagePoolLookupByName({ name: 'default' });
  const place = { pool: uuidToString(pool.uuid), name: 'cellar.raw' };
  const log: string[] = [];
  let noted: Json | undefined;
  const session = {
    client,
    link: { commands: { exec: undefined, reason: 'no programs' } },
    bulkClient: () => Promise.resolve(client),
    openStreamClient: () =>
      Promise.resolve({ openStream: client.openStream.bind(client), close: () => Promise.resolve() }),
  } as unknown as ReturnType<StepContext['session']>;
  const step: StepContext = {
    signal,
    log: (text) => log.push(text),
    progress: () => undefined,
    session: () => session,
    client: () => client,
    secret: () => Promise.reject(new Error('no secrets here')),
    result: () => undefined,
    note: (value) => {
      noted = value;
      return Promise.resolve();
    },
    noted: () => noted,
    settling: () => Promise.resolve(),
    silent: () => undefined,
    outside: () => undefined,
    untilBack: () => Promise.resolve(),
    written: () => 'never',
  };
  const params: ReadParams = {
    ...place,
    host: 'kvm',
    poolName: 'default',
    source: { target: 'cellar', keyFile: null },
    facts: {
      disk: {
        name: 'sda',
        path: disk(),
        sizeBytes: SIZE,
        table: 'none',
        content: { kind: 'other' },
        partitions: [],
      },
      groups: [],
    },
    lease: null,
    rests: false,
    withFiles: false,
    identity: null,
    packing: 'none',
    snapshots: null,
  };
  const kinds = liveStepKinds({ clock: systemClock }, () => sourceHost(onSync));
  const kind: StepKind = kinds.find(({ name }) => name === 'p2v.read') ?? assert.fail();
  return {
    log,
    run: () => kind.run(params, step),
    undo: () => kind.undo(params, null, step),
    volume: async (): Promise<Buffer | null> => {
      const vol = await volumeByName(client, place);
      if (vol === null) return null;
      const parts: Uint8Array[] = [];
      for await (const bytes of bytesOf(
        downloadVolume(client, { vol, offset: 0, length: SIZE, sparse: false, signal }),
      ))
        parts.push(bytes);
      return Buffer.concat(parts);
    },
  };
}

suite('a disk without snapshots is read while it is written to', { timeout: 120_000 }, () => {
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-live-changes-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('what has changed is sent again, until nothing has', async (context) => {
    await writeFile(disk(), Buffer.concat([randomBytes(9 * MIB), Buffer.alloc(SIZE - 9 * MIB)]));
    const job = await reading(context, async (look) => {
      if (look === 1) for (const at of [0, 4 * MIB - 1, 13 * MIB, SIZE - 3]) await write(at);
      if (look === 2) await write(5 * MIB);
    });
    await job.run();
    assert.ok((await job.volume())?.equals(await readFile(disk())), 'the copy is another');
    // Chunks of 4 MiB: the first, the second (the write goes over), the fourth and the last, which has 2.
    assert.deepEqual(job.log, [
      `cellar: ${14 * MIB} bytes changed meanwhile, and are sent again`,
      `cellar: ${4 * MIB} bytes changed meanwhile, and are sent again`,
      'cellar: what was read while it ran is as its disks are',
    ]);
    await job.undo();
    assert.equal(await job.volume(), null);
  });

  test('a machine that never rests is not copied, and nothing is left of it', async (context) => {
    await writeFile(disk(), randomBytes(SIZE));
    const job = await reading(context, (look) => write(look * MIB));
    await assert.rejects(
      job.run(),
      /cellar writes to .*disk all the time: no moment of it could be copied\. Stop the services/,
    );
    await job.undo();
    assert.equal(await job.volume(), null);
  });
});
