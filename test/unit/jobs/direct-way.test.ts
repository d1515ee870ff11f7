import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Exec } from '../../../drivers/transport/exec.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { liveChunks, SummedSource } from '../../../main/jobs/p2v/live/chunk-sums.ts';
import { DeviceReader } from '../../../main/jobs/p2v/live/device-reader.ts';
import { DirectWay } from '../../../main/jobs/direct/direct-way.ts';
import { AIM } from '../../../main/jobs/direct/host-scripts.ts';
import { SEND } from '../../../main/jobs/direct/source-scripts.ts';
import type { LayoutPart } from '../../../main/jobs/p2v/live/disk-layout.ts';
import { SourceDiskReader } from '../../../main/jobs/p2v/live/disk-reader.ts';
import { firstBoot, type SourceHost } from '../../../main/jobs/source/source-host.ts';
import type { Filling } from '../../../main/storage/steps/fill.ts';
import { CLOCK } from './p2v-live-cellar.ts';

const BOOT = randomUUID();
const MIB = 1024 ** 2;
const device = { path: '/dev/sda', live: true };
/** A disk with 40 MiB that are written to, and as many that nobody uses. */
const PARTS: LayoutPart[] = [
  { at: 0, length: 40 * MIB, from: { kind: 'device', device, deviceAt: 0, used: null, fileSystemAt: 0 } },
  { at: 40 * MIB, length: 40 * MIB, from: { kind: 'zeros' } },
];
const sumAt = (to: number): string => createHash('sha256').update(String(to)).digest('hex');

/** @param signs so many are answered before what is sent breaks off, at each try */
function wayWith(signs: readonly number[], { noFile = false, unasked = '', parts = PARTS } = {}) {
  const aims: string[] = [];
  const asked: string[][] = [];
  const log: string[] = [];
  let onTry: () => void = () => undefined;
  const exec: Exec = async (argv, { stdin, onStdout }) => {
    if (argv[2] === AIM) {
      aims.push(argv.slice(5).join(' '));
      if (argv[5] === 'on' && noFile) return { status: 1, stdout: '', stderr: 'it is no file here' };
    }
    if (argv[2] !== SEND) return { status: 0, stdout: BOOT, stderr: '' };
    const lines = String(stdin).trim().split('\n');
    asked.push(lines);
    const fields = lines.map((line) => line.split(' '));
    const oks = fields.filter(([n]) => n === '0').slice(0, signs[asked.length - 1] ?? 0);
    // Sums come as soon as it is read, and what is told in pieces.
    const told = [
      unasked,
      ...fields.flatMap(([, , , , to, summed]) =>
        summed === '1' ? [`sum ${to} ${sumAt(Number(to))}\n`] : [],
      ),
      ...oks.map(([, , , , to]) => `ok ${to}\n`),
    ];
    for (const half of told
      .filter((line) => line !== '')
      .flatMap((line) => [line.slice(0, 5), line.slice(5)]))
      await onStdout?.(Buffer.from(half));
    onTry();
    return { status: 255, stdout: '', stderr: 'broken pipe\n' };
  };
  const host = (name: string): SourceHost => ({
    name,
    clock: CLOCK,
    boot: firstBoot('cellar'),
    use: (_signal, work) => work(exec),
    onAway: () => undefined,
  });
  const source = host('cellar');
  const reader = new SourceDiskReader(new DeviceReader(source, 'none'), parts);
  const chunks = liveChunks(parts);
  const summed = new SummedSource(reader, chunks, { program: 'sha256sum' });
  const sender = {
    tag: 'virtlane-1',
    address: '192.0.2.7',
    port: 22,
    user: 'root',
    packing: 'none',
  } as const;
  const way = new DirectWay({
    source,
    host: host('kvm-a'),
    sender: { ...sender, summing: 'sha256sum' },
    disk: reader,
    bytes: summed,
    summed,
    log: (text) => log.push(text),
  });
  let close: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  const state = { confirmedBytes: 0 };
  const filling = {
    client: { closed },
    vol: { key: '/images/files.import', name: 'files.import' },
    signal: new AbortController().signal,
    state,
    confirmed: (bytes: number) => (state.confirmedBytes = bytes),
  } as unknown as Filling;
  return {
    aims,
    asked,
    log,
    state,
    fill: () => way.fill(filling),
    cutAtTry: () => (onTry = close),
    sumAt: (at: number) => summed.sum(chunks.find((chunk) => chunk.at === at) ?? assert.fail()),
    summedAt: () => chunks.flatMap((chunk) => (summed.sum(chunk) === null ? [] : [chunk.at / MIB])),
  };
}

test('a disk goes by one program, however many holes it has; of more pieces than that may be told by the next one', async () => {
  const GIB = 1024 * MIB;
  const spread: LayoutPart[] = [0, 1, 2, 3].flatMap((number): LayoutPart[] => [
    {
      at: number * GIB,
      length: MIB,
      from: { kind: 'device', device, deviceAt: 0, used: null, fileSystemAt: 0 },
    },
    { at: number * GIB + MIB, length: GIB - MIB, from: { kind: 'zeros' } },
  ]);
  const holes = wayWith([99], { parts: spread });
  await holes.fill();
  assert.deepEqual([holes.asked.map(({ length }) => length), holes.state.confirmedBytes], [[5], 4 * GIB]);
  // Pieces of 4 MiB, and a sign after each 16 MiB.
  const full: LayoutPart[] = [
    { at: 0, length: 40 * GIB, from: { kind: 'device', device, deviceAt: 0, used: null, fileSystemAt: 0 } },
  ];
  const large = wayWith([1e5, 1e5], { parts: full });
  await large.fill();
  const datas = large.asked.map((lines) => lines.filter((line) => !line.startsWith('0 ')).length);
  assert.deepEqual([datas, large.state.confirmedBytes], [[8192, 2048], 40 * GIB]);
});

test('it goes on with what the host has not confirmed, and the sums of what it has are kept', async () => {
  const way = wayWith([1, 9]);
  await way.fill();
  assert.equal(way.state.confirmedBytes, 80 * MIB);
  assert.deepEqual(
    way.asked.map((lines) => lines[0]),
    [`8 1 0 ${4 * MIB} 0 1`, `8 1 ${16 * MIB} ${4 * MIB} ${16 * MIB} 1`],
  );
  assert.deepEqual(way.summedAt(), [0, 4, 8, 12, 16, 20, 24, 28, 32, 36]);
  assert.deepEqual(way.aims, [
    `on /images/files.import ${80 * MIB} 0`,
    `off /images/files.import ${80 * MIB} ${80 * MIB}`,
  ]);
  assert.deepEqual(way.log, []);
});

test('what a source tells without being asked is not heard', async () => {
  const other = sumAt(1);
  // A sum of what was sent before, one of no chunk, and signs that nobody asked for.
  const way = wayWith([1, 0, 0, 0], {
    unasked: `sum 0 ${other}\nsum 7 ${other}\nok ${12 * MIB}\nok ${79 * MIB}\n`,
  });
  await way.fill();
  assert.equal(way.state.confirmedBytes, 16 * MIB);
  assert.deepEqual(way.summedAt(), [0, 4, 8, 12]);
});

test('where it leads no further, the rest is left to the other way, with nobody writing still', async () => {
  const way = wayWith([1]);
  await way.fill();
  assert.equal(way.state.confirmedBytes, 16 * MIB);
  assert.equal(way.asked.length, 4);
  assert.deepEqual(way.summedAt(), [0, 4, 8, 12]);
  assert.equal(way.aims.at(-1), `off /images/files.import ${80 * MIB} ${16 * MIB}`);
  assert.match(way.log.join('\n'), /^cellar does not write to kvm-a any more, .*: broken pipe$/);
  // It is not tried again.
  await way.fill();
  assert.equal(way.asked.length, 4);
});

test('a file that the login does not see is left to the other way as it is', async () => {
  const way = wayWith([], { noFile: true });
  await way.fill();
  assert.deepEqual([way.state.confirmedBytes, way.asked.length], [0, 0]);
  assert.equal(way.aims.at(-1), `off /images/files.import ${80 * MIB} ${80 * MIB}`);
  assert.match(way.log.join('\n'), /cannot be written to by root\. it is no file here$/);
});

test('a link to the host that is lost is its fill’s to wait for, and the next one goes on', async () => {
  const way = wayWith([1, 9]);
  way.cutAtTry();
  await assert.rejects(
    way.fill(),
    (error) => error instanceof FailureError && error.failure.code === 'HOST_UNREACHABLE',
  );
  assert.deepEqual([way.state.confirmedBytes, way.aims.length], [16 * MIB, 1]);
  assert.deepEqual(way.summedAt(), [0, 4, 8, 12]);
});
