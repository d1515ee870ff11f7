import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Exec } from '../../drivers/transport/exec.ts';
import { execLocal } from '../../drivers/transport/exec-local.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import type { Json, StepContext, StepKind } from '../../main/jobs/engine/step.ts';
import type { ChangesParams } from '../../main/jobs/p2v/live/changes-step.ts';
import { readStep, type ReadParams } from '../../main/jobs/p2v/live/read-step.ts';
import { firstBoot, type SourceHost } from '../../main/jobs/source/source-host.ts';
import { liveStepKinds } from '../../main/jobs/p2v/live/steps.ts';
import { downloadVolume } from '../../main/storage/download.ts';
import { volumeByName } from '../../main/storage/read.ts';
import { bytesOf } from '../../main/storage/zero-bytes.ts';
import { connectFleet } from '../unit/simulator/fleet-client.ts';

export const MIB = 1024 ** 2;
export const SIZE = 22 * MIB;
const SUMMING = { program: 'b2sum', parallel: 2 } as const;
export const SOURCE = { target: 'cellar', keyFile: null };
const { signal } = new AbortController();

/** What a program that copies meets. */
export interface Mishaps {
  /** The host confirms so much at one time. */
  readonly segmentBytes?: number;
  /** Called before a note is kept, and after; throws where the program dies. */
  readonly onNote?: (side: 'before' | 'after', value: Json) => void;
  /** Called with all that was read of the disks until now; throws where the program dies. */
  readonly onRead?: (bytes: number) => void;
  /** What a program asks first of the source is from before it was started anew. */
  readonly isFirstBoot?: boolean;
  /** A file that has the source's start; left out: that of this machine. Called whenever it was asked for. */
  readonly boot?: { readonly file: string; readonly onTold: () => void };
  /** Of the host; null: its login runs no programs. */
  readonly hostBoot?: () => string | null;
}

/** Steps' own views of a machine whose programs run here; `onLook` is what it writes right before each look at what has changed. */
function sourceOf(
  onLook: (look: number) => Promise<void>,
  { onRead, isFirstBoot = false, boot: told }: Mishaps,
): () => SourceHost {
  let looks = 0;
  let read = 0;
  let boots = 0;
  const ofMachine = (word: string): string =>
    told === undefined ? word : word.replaceAll('/proc/sys/kernel/random/boot_id', told.file);
  const exec: Exec = async (asked, options) => {
    const argv = asked.map(ofMachine);
    const said = (stdout: string) => ({ status: 0, stdout, stderr: '' });
    // Its disks are files, which have nothing to be written down.
    if (argv[3] === 'sync') {
      await onLook((looks += 1));
      return said('');
    }
    if (argv[0] === 'lvs') return said('swi-a-s---');
    if (argv[0] === 'cat') {
      const answer = await execLocal(argv, options);
      told?.onTold();
      return answer;
    }
    const { onStdout } = options;
    if (onRead === undefined || onStdout === undefined) return execLocal(argv, options);
    return execLocal(argv, {
      ...options,
      onStdout: (chunk) => {
        onRead((read += chunk.length));
        return onStdout(chunk);
      },
    });
  };
  return () => {
    const boot = firstBoot('cellar');
    return {
      name: 'cellar',
      clock: systemClock,
      boot: (asked, until) => {
        boots += 1;
        return isFirstBoot && boots === 1 ? Promise.resolve('an earlier one') : boot(asked, until);
      },
      use: (_signal, work) => work(exec),
      onAway: () => undefined,
    };
  };
}

/** Files that stand for the disks of a machine. */
export class DiskFiles {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<DiskFiles> {
    return new DiskFiles(await mkdtemp(path.join(tmpdir(), 'virtlane-live-disks-')));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  at(name = 'sda'): string {
    return path.join(this.folder, name);
  }

  /** Three bytes, as a machine that runs. */
  async write(at: number, name = 'sda'): Promise<void> {
    const file = await open(this.at(name), 'r+');
    await file.write(randomBytes(3), 0, 3, at);
    await file.close();
  }

  /** Of a disk without partitions. */
  facts(name = 'sda'): ReadParams['facts'] {
    const content = { kind: 'other' as const };
    return {
      disk: { name, path: this.at(name), sizeBytes: SIZE, table: 'none', content, partitions: [] },
      groups: [],
    };
  }
}

/** The steps that copy disks to a simulated host, and what becomes of their volumes. */
export async function liveCopying(
  context: TestContext,
  onLook: (look: number) => Promise<void>,
  facts: readonly ReadParams['facts'][],
  mishaps: Mishaps = {},
) {
  const { client } = await connectFleet(context);
  const { pool } = await client.remote.storagePoolLookupByName({ name: 'default' });
  const placeOf = (name: string) => ({ pool: uuidToString(pool.uuid), name: `${name}.raw` });
  const log: string[] = [];
  const noted = new Map<string, Json>();
  const results = new Map<string, Json>();
  let sent = 0;
  const openStream: typeof client.openStream = async (...asked) => {
    const opened = await client.openStream(...asked);
    const { stream } = opened;
    const send = stream.write.bind(stream);
    stream.write = (part: unknown) => {
      if (part instanceof Uint8Array) sent += part.length;
      return send(part);
    };
    return opened;
  };
  const session = {
    client,
    link: {
      get commands() {
        const boot = mishaps.hostBoot?.() ?? null;
        const exec: Exec = (argv, options) =>
          argv[0] === 'cat'
            ? Promise.resolve({ status: 0, stdout: `${boot}\n`, stderr: '' })
            : execLocal(argv, options);
        return boot === null ? { exec: undefined, reason: 'no programs' } : { exec };
      },
    },
    bulkClient: () => Promise.resolve(client),
    openStreamClient: () =>
      Promise.resolve({ remote: client.remote, openStream, close: () => Promise.resolve() }),
  } as unknown as ReturnType<StepContext['session']>;
  const stepOf = (id: string): StepContext => ({
    signal,
    log: (text) => log.push(text),
    progress: () => undefined,
    session: () => session,
    client: () => client,
    secret: () => Promise.reject(new Error('no secrets here')),
    result: (of) => results.get(of),
    note: async (value, of = id) => {
      await Promise.resolve();
      mishaps.onNote?.('before', value);
      noted.set(of, value);
      mishaps.onNote?.('after', value);
    },
    noted: (of = id) => noted.get(of),
    settling: () => Promise.resolve(),
    silent: () => undefined,
    outside: () => undefined,
    untilBack: () => Promise.resolve(),
    written: () => 'never',
  });
  const volumes = facts.map((layout) => ({
    ...placeOf(layout.disk.name),
    host: 'kvm',
    poolName: 'default',
    facts: layout,
    identity: null,
  }));
  const hostOf = sourceOf(onLook, mishaps);
  const wait = { clock: systemClock };
  const kinds = [readStep(wait, hostOf, mishaps.segmentBytes), ...liveStepKinds(wait, hostOf)];
  const kindOf = (name: string): StepKind => kinds.find((kind) => kind.name === name) ?? assert.fail(name);
  const run = async (id: string, kind: string, params: Json): Promise<void> => {
    results.set(id, await kindOf(kind).run(params, stepOf(id)));
  };
  const changes: ChangesParams = {
    source: SOURCE,
    disks: volumes.map((volume) => ({ ...volume, read: volume.facts.disk.name, snapshotted: [] })),
    packing: 'none',
    summing: SUMMING,
    since: null,
    lease: null,
    rests: null,
    withFiles: false,
    until: 'rest',
  };
  const readOf = (name: string, more: Partial<ReadParams> = {}): ReadParams => ({
    ...(volumes.find((volume) => volume.facts.disk.name === name) ?? assert.fail(name)),
    source: SOURCE,
    lease: null,
    packing: 'none',
    summing: SUMMING,
    snapshots: null,
    way: null,
    isConverted: false,
    ...more,
  });
  return {
    log,
    results,
    run,
    readOf,
    /** Bytes of disks that were sent as such. */
    sent: () => sent,
    read: async () => {
      for (const { facts: layout } of volumes)
        await run(layout.disk.name, 'p2v.read', readOf(layout.disk.name));
    },
    look: (id: string, more: Partial<ChangesParams> = {}) => run(id, 'p2v.changes', { ...changes, ...more }),
    /** As a program sees it that is started again. */
    settle: (id: string, more: Partial<ChangesParams> = {}) =>
      kindOf('p2v.changes').settle({ ...changes, ...more }, stepOf(id)),
    /** The step that reads the disk, by a program that is started again. */
    readOn: async (name = 'sda'): Promise<void> => {
      const settled = await kindOf('p2v.read').settle(readOf(name), stepOf(name));
      if (settled.done) results.set(name, settled.result);
      else await run(name, 'p2v.read', readOf(name));
    },
    undo: async () => {
      for (const { facts: layout } of volumes) {
        const { name } = layout.disk;
        await kindOf('p2v.read').undo(readOf(name), results.get(name) ?? null, stepOf(name));
      }
    },
    volume: async (name = 'sda'): Promise<Buffer | null> => {
      const vol = await volumeByName(client, placeOf(name));
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
