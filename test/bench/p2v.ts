import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createXXHash128 } from 'hash-wasm';
import { signed } from '../support/partclone-image.ts';
import { median, type Report } from './report.ts';

const run = promisify(execFile);
const ROUNDS = 3;
/** At any size of the image. */
const MAX_MIB = 200;
const ROOT = path.resolve(import.meta.dirname, '../..');
/** Runs a command on one core; prints seconds of CPU, seconds, and the most memory in KiB. */
const MEASURE = `import json, os, resource, subprocess, sys, time
os.sched_setaffinity(0, {0})
t = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([u.ru_utime + u.ru_stime, time.monotonic() - t, u.ru_maxrss]))`;

interface Cost {
  readonly cpu: number;
  readonly seconds: number;
  readonly kib: number;
}

/**
 * An image of partclone's to a raw file, each in one process on one core, from the file's pages in memory: ours starts Node, too, and
 * partclone.restore sleeps for its progress, so the time on the CPU is compared.
 */
export async function benchP2v(report: Report): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-bench-p2v-'));
  try {
    await run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-b', 'drivers'], {
      cwd: ROOT,
    });
    await makeImage(folder);
    const image = path.join(folder, 'image');
    const theirs = ['partclone.restore', '-q', '-C', '-W', '-L', path.join(folder, 'log'), '-s', image, '-o'];
    const ours = [process.execPath, path.join(import.meta.dirname, 'p2v-restore.mjs')];
    const costs: { theirs: Cost[]; ours: Cost[]; xxh: Cost[] } = { theirs: [], ours: [], xxh: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      costs.theirs.push(await measured(folder, [...theirs, path.join(folder, 'theirs')]));
      costs.ours.push(await measured(folder, [...ours, image, path.join(folder, 'ours')]));
      costs.xxh.push(await measured(folder, [...ours, `${image}.xxh128`, path.join(folder, 'xxh')]));
      if (round === 0) await run('cmp', [path.join(folder, 'theirs'), path.join(folder, 'ours')]);
      if (round === 0) await run('cmp', [path.join(folder, 'theirs'), path.join(folder, 'xxh')]);
      await Promise.all(['theirs', 'ours', 'xxh'].map((name) => rm(path.join(folder, name))));
    }
    const of = (side: keyof typeof costs, what: keyof Cost): number =>
      median(costs[side].map((cost) => cost[what]));
    const against = 'partclone.restore';
    const cpu = { theirs: of('theirs', 'cpu') * 1000, against };
    report.add('An image of partclone with CRC-32 to a raw disk, 1 GiB in use', 'ms of CPU', {
      ...cpu,
      ours: of('ours', 'cpu') * 1000,
    });
    report.add('The same with XXH3-128 (Debian’s partclone has only CRC-32)', 'ms of CPU', {
      ...cpu,
      ours: of('xxh', 'cpu') * 1000,
    });
    report.add('The same with CRC-32, from start to end', 's', {
      ours: of('ours', 'seconds'),
      theirs: of('theirs', 'seconds'),
      against,
    });
    const memory = { theirs: MAX_MIB, against: 'what it may be' };
    report.add('The most memory meanwhile', 'MiB', { ...memory, ours: of('ours', 'kib') / 1024 });
    await makeLargeImage(folder);
    const large = await measured(folder, [...ours, path.join(folder, 'large'), path.join(folder, 'disk')]);
    report.add('The most memory for the image of a disk of 1 TiB', 'MiB', {
      ...memory,
      ours: large.kib / 1024,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measured(cwd: string, command: readonly string[]): Promise<Cost> {
  const { stdout } = await run('python3', ['-c', MEASURE, ...command], { cwd });
  const [cpu = Number.NaN, seconds = Number.NaN, kib = Number.NaN] = JSON.parse(stdout) as number[];
  return { cpu, seconds, kib };
}

/** ext4 of 1 TiB with nothing but its own tables: 260 million blocks, of which some hundred MiB are in use. */
async function makeLargeImage(folder: string): Promise<void> {
  const script = `truncate -s 1T large.disk; mkfs.ext4 -q -b 4096 -N 16384 -O ^has_journal -E nodiscard large.disk
    partclone.ext4 -c -q -L log -s large.disk -o large; rm large.disk`;
  await run('sh', ['-ec', script], { cwd: folder, maxBuffer: 2 ** 24 });
}

/** ext4 of 2 GiB, half of it in use; and the same image with the checksums that newer versions of partclone write. */
async function makeImage(folder: string): Promise<void> {
  const script = `mkdir content; for i in $(seq 64); do head -c 16M /dev/urandom >content/$i; done
    truncate -s 2G disk; mkfs.ext4 -q -b 4096 -d content disk; rm -r content
    partclone.ext4 -c -q -L log -s disk -o image; rm disk`;
  await run('sh', ['-ec', script], { cwd: folder, maxBuffer: 2 ** 24 });
  const image = await readFile(path.join(folder, 'image'));
  const blockBytes = image.readUInt32LE(84);
  const stripBytes = image.readUInt32LE(100) * blockBytes;
  const mapBytes = Math.ceil(Number(image.readBigUInt64LE(60)) / 8) + 4;
  const header = Buffer.from(image.subarray(0, 110));
  header.writeUInt16LE(0x31, 96);
  header.writeUInt16LE(16, 98);
  const out: Uint8Array[] = [signed(header), image.subarray(110, 110 + mapBytes)];
  const hasher = await createXXHash128();
  for (let at = 110 + mapBytes; at < image.length;) {
    const strip = image.subarray(at, Math.min(at + stripBytes, image.length - 4));
    out.push(strip, hasher.init().update(strip).digest('binary').toReversed());
    at += strip.length + 4;
  }
  await writeFile(path.join(folder, 'image.xxh128'), out);
}
