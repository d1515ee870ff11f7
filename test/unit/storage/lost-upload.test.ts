import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { volumeXml } from '../../../drivers/libvirt/model/index.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { Json, StepContext } from '../../../main/jobs/engine/step.ts';
import { volumeByName } from '../../../main/storage/read.ts';
import { fillVolume, type FillWay } from '../../../main/storage/steps/fill.ts';
import { FakeClock, settle } from '../hosts/fake-clock.ts';
import { connectFleet } from '../simulator/fleet-client.ts';

const MIB = 1 << 20;

interface Uploading {
  readonly filled: Promise<string>;
  readonly clock: FakeClock;
  readonly noted: () => Json | undefined;
}

interface Circumstances {
  /** What others do while the link, which goes before the bytes are sent, is away; null: it does not go. */
  readonly meanwhile?: ((client: LibvirtClient, pool: string) => Promise<void>) | null;
  readonly direct?: FillWay | null;
  /** So often no link of its own is had for the bytes. */
  readonly refused?: number;
  /** The host's start at each question. */
  readonly boots?: readonly string[];
}

async function uploading(
  context: TestContext,
  { meanwhile = null, direct = null, refused = 0, boots = [] }: Circumstances,
): Promise<Uploading> {
  const { client } = await connectFleet(context);
  const { pool: home } = await client.remote.storagePoolLookupByName({ name: 'default' });
  const pool = uuidToString(home.uuid);
  let calls = 0;
  const bulkClient = async () => {
    calls += 1;
    if (meanwhile === null || calls !== 2) return client;
    await meanwhile(client, pool);
    throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'gone' });
  };
  let streams = 0;
  const openStreamClient = () => {
    streams += 1;
    if (streams <= refused) throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'gone' });
    return Promise.resolve({ openStream: client.openStream.bind(client), close: () => Promise.resolve() });
  };
  let asked = 0;
  const exec = (argv: readonly string[]) => {
    const stdout = argv[0] === 'cat' ? (boots[asked++] ?? '') : '';
    return Promise.resolve({ status: 0, stdout, stderr: '' });
  };
  const session = { name: 'kvm', client, bulkClient, openStreamClient, link: { commands: { exec } } };
  let noted: Json | undefined;
  const step: StepContext = {
    signal: new AbortController().signal,
    log: () => undefined,
    progress: () => undefined,
    session: () => session as unknown as ReturnType<StepContext['session']>,
    client: () => client,
    secret: () => Promise.reject(new Error('no secrets here')),
    result: () => undefined,
    note: (value) => {
      noted = value;
      return Promise.resolve();
    },
    noted: () => noted,
    settling: () => Promise.resolve(),
    untilBack: () => Promise.resolve(),
    silent: () => undefined,
    outside: () => undefined,
    written: () => 'never',
  };
  const source = {
    sizeBytes: MIB,
    async *read(_offset: number, length: number) {
      yield await Promise.resolve(new Uint8Array(length).fill(7));
    },
  };
  const clock = new FakeClock();
  const wait = { clock };
  const place = { host: 'h', pool, name: 'sent' };
  const algorithm = direct === null ? 'sha256' : null;
  const filled = fillVolume(step, { ...place, source, algorithm, clock, wait, direct });
  void filled.catch(() => undefined);
  return { filled, clock, noted: () => noted };
}

async function uploaded(
  context: TestContext,
  meanwhile: (client: LibvirtClient, pool: string) => Promise<void>,
  boots: readonly string[] = [],
): Promise<string> {
  const { filled, clock } = await uploading(context, { meanwhile, boots });
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(1000);
  return filled;
}

test('an upload goes on in the volume that it made', async (context) => {
  assert.match(await uploaded(context, () => Promise.resolve()), /^[0-9a-f]{64}$/);
});

test('an upload does not write into another volume that got its name while the link was lost', async (context) => {
  const swap = async (client: LibvirtClient, uuid: string): Promise<void> => {
    const vol = await volumeByName(client, { pool: uuid, name: 'sent' });
    assert.ok(vol !== null);
    await client.remote.storageVolDelete({ vol, flags: 0 });
    const { pool } = await client.remote.storagePoolLookupByName({ name: 'default' });
    const xml = volumeXml({ name: 'sent', capacityBytes: 8 * MIB, allocationBytes: 0, format: 'raw' });
    await client.remote.storageVolCreateXml({ pool, xml, flags: 0 });
  };
  await assert.rejects(
    uploaded(context, swap),
    /another volume may have got the name sent: nothing more is written/,
  );
});

const BOOT = '0b6b3f5c-6b1e-4f0e-9d2b-0c6f3d1f2a00';

test('an upload does not go on where the host was started anew: what it had taken may be lost', async (context) => {
  const nobody = () => Promise.resolve();
  await assert.rejects(
    uploaded(context, nobody, [BOOT, BOOT.replace('0b6b', '1b6b')]),
    /kvm was started anew while sent was written/,
  );
  assert.match(await uploaded(context, nobody, [BOOT, BOOT]), /^[0-9a-f]{64}$/);
});

test('how a volume looks is noted also while nothing is told of what is written to it', async (context) => {
  let isFilling = false;
  const until = new AbortController();
  const slow: FillWay = {
    async fill() {
      isFilling = true;
      await once(until.signal, 'abort');
    },
  };
  const { filled, clock, noted } = await uploading(context, { direct: slow });
  while (!isFilling) await settle();
  const before = noted();
  await clock.advance(20_000);
  while (noted() === before) await settle();
  until.abort();
  await filled;
  assert.equal(clock.pending, 0);
});

test('one that gets no link for its bytes at first leaves nothing that notes', async (context) => {
  const { filled, clock } = await uploading(context, { refused: 3 });
  let isDone = false;
  void filled.then(() => (isDone = true));
  while (!isDone) await clock.advance(1000);
  assert.equal(clock.pending, 0);
});
