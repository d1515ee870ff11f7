/** What the tests of uploads over lost links share: a simulated host whose links and calls fail as a test says, and a step that fills a volume of it. */
import type { TestContext } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { volumeXml } from '../../../drivers/libvirt/model/index.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { LinkError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { Json, StepContext } from '../../../main/jobs/engine/step.ts';
import { fillVolume, type FillWay } from '../../../main/storage/steps/fill.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { connectFleet } from '../simulator/fleet-client.ts';

export const MIB = 1 << 20;

export interface Uploading {
  readonly filled: Promise<string>;
  readonly clock: FakeClock;
  readonly noted: () => Json | undefined;
  /** The names of all calls that the host was asked, and `stream` for each of bytes. */
  readonly calls: readonly string[];
}

/** A call of the host, by its name and how often it was asked before, and what is known of it. */
export interface Call {
  readonly name: string;
  readonly time: number;
  /** For what others do. */
  readonly client: LibvirtClient;
  readonly pool: string;
}

export interface Circumstances {
  /** Before a call is sent; what it throws is what comes of it. */
  readonly before?: (call: Call) => unknown;
  /** When the host has done it. */
  readonly after?: (call: Call) => unknown;
  readonly direct?: FillWay | null;
  /** So often no link of its own is had for the bytes. */
  readonly refused?: number;
  /** The host's session is away from the beginning. */
  readonly isAway?: boolean;
  /** The host's start at each question; null: the link goes under it. */
  readonly boots?: readonly (string | null)[];
}

/** Takes the session of the host away until it is waited for. */
export class Lost extends LinkError {
  constructor() {
    super('LINK_CLOSED', 'the link was closed by the other side');
  }
}

export async function uploading(
  context: TestContext,
  { before, after, direct = null, refused = 0, isAway = false, boots = [] }: Circumstances,
): Promise<Uploading> {
  const { client } = await connectFleet(context);
  const { pool: home } = await client.remote.storagePoolLookupByName({ name: 'default' });
  const pool = uuidToString(home.uuid);
  let away = isAway;
  const calls: string[] = [];
  const tell = async (hook: typeof before, name: string, time: number): Promise<void> => {
    try {
      await hook?.({ name, time, client, pool });
    } catch (error) {
      if (error instanceof Lost) away = true;
      throw error;
    }
  };
  const asked = async <T>(name: string, ask: () => Promise<T>): Promise<T> => {
    const time = calls.filter((one) => one === name).length;
    calls.push(name);
    await tell(before, name, time);
    const answer = await ask();
    await tell(after, name, time);
    return answer;
  };
  const remote = new Proxy(client.remote, {
    get: (target, name) => (args: unknown, options?: unknown) =>
      asked(String(name), () =>
        (Reflect.get(target, name) as (...all: unknown[]) => Promise<unknown>)(args, options),
      ),
  });
  let streams = 0;
  const openStreamClient = () => {
    streams += 1;
    if (streams <= refused) throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'gone' });
    return Promise.resolve({
      openStream: (...args: Parameters<LibvirtClient['openStream']>) =>
        asked('stream', () => client.openStream(...args)),
      close: () => Promise.resolve(),
    });
  };
  let looks = 0;
  const exec = (argv: readonly string[]) => {
    const boot = argv[0] === 'cat' ? boots[looks++] : '';
    if (boot === null) return Promise.reject(new Lost());
    const stdout = boot ?? '';
    return Promise.resolve({ status: 0, stdout, stderr: '' });
  };
  const own = { remote, openStream: client.openStream.bind(client) } as LibvirtClient;
  const session = {
    name: 'kvm',
    client: own,
    bulkClient: () => Promise.resolve(own),
    openStreamClient,
    link: { commands: { exec } },
  };
  const sessionNow = () => {
    if (away) throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'kvm is not connected.' });
    return session as unknown as ReturnType<StepContext['session']>;
  };
  let noted: Json | undefined;
  const step: StepContext = {
    signal: new AbortController().signal,
    log: () => undefined,
    progress: () => undefined,
    session: sessionNow,
    client: () => sessionNow().client,
    secret: () => Promise.reject(new Error('no secrets here')),
    result: () => undefined,
    note: (value) => {
      noted = value;
      return Promise.resolve();
    },
    noted: () => noted,
    settling: () => Promise.resolve(),
    untilBack: () => {
      away = false;
      return Promise.resolve();
    },
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
  const place = { host: 'h', pool, name: 'sent' };
  const algorithm = direct === null ? 'sha256' : null;
  const filled = fillVolume(step, { ...place, source, algorithm, wait: { clock }, direct });
  void filled.catch(() => undefined);
  return { filled, clock, noted: () => noted, calls };
}

/** An upload that is waited for to its end, however often it loses its link. */
export async function uploaded(context: TestContext, circumstances: Circumstances) {
  const { filled, clock, ...rest } = await uploading(context, circumstances);
  let isOver = false;
  const over = (): void => void (isOver = true);
  filled.then(over, over);
  while (!isOver)
    if (clock.pending > 0) await clock.advance(1000);
    else await new Promise((resolve) => setImmediate(resolve));
  return { digest: await filled, ...rest };
}

/** Somebody puts another volume in the place of the one that is filled. */
export async function swap({ client, pool: uuid }: Call): Promise<void> {
  const { pool } = await client.remote.storagePoolLookupByName({ name: 'default' });
  const { vol } = await client.remote.storageVolLookupByName({ pool, name: 'sent' });
  if (uuidToString(pool.uuid) !== uuid) throw new Error('another pool is meant');
  await client.remote.storageVolDelete({ vol, flags: 0 });
  await take({ client });
}

/** Somebody makes a volume of that name. */
export async function take({ client }: Pick<Call, 'client'>): Promise<void> {
  const { pool } = await client.remote.storagePoolLookupByName({ name: 'default' });
  const xml = volumeXml({ name: 'sent', capacityBytes: 8 * MIB, allocationBytes: 0, format: 'raw' });
  await client.remote.storageVolCreateXml({ pool, xml, flags: 0 });
}
