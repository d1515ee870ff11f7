import { execFile } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '../lab/lab.ts';
import { virshUri } from './calls.ts';
import { median, timed, type Report } from './report.ts';

const run = promisify(execFile);
const MIB = 1 << 20;
const POOL = 'bench';
/** In the host's memory, as the files here are in this system's: the disk that both share would be measured else. */
const FOLDER = '/var/lib/libvirt/bench';
const ROUNDS = 4;

interface Sample {
  readonly name: string;
  readonly sizeBytes: number;
  /** Bytes of data at the beginning of every `everyBytes`; the rest are holes. */
  readonly dataBytes: number;
  readonly everyBytes: number;
  readonly sparse: boolean;
}

const SAMPLES: readonly Sample[] = [
  { name: '1 GiB of random bytes', sizeBytes: 1024 * MIB, dataBytes: MIB, everyBytes: MIB, sparse: false },
  {
    name: '4 GiB with 256 MiB of data',
    sizeBytes: 4096 * MIB,
    dataBytes: 4 * MIB,
    everyBytes: 64 * MIB,
    sparse: true,
  },
];

/** What moves a file to the host and back; each time from the login on. */
interface Mover {
  name(sample: Sample): string;
  up(file: string, volume: string, sample: Sample): Promise<unknown>;
  down(volume: string, file: string, sample: Sample): Promise<unknown>;
}

/**
 * Files to a pool of a host and back over SSH, as commands of a shell: by ours, by virsh, by scp. Every side takes its turn, and is timed
 * with its start and its login. Three rows for each: ours with the SHA-256 that it tells, against theirs, which tells none; the same, and theirs
 * with openssl after it, the quickest there is; and ours without, against theirs. Of a sparse file most of the time goes into the SHA-256.
 */
export async function benchTransfers(lab: Lab, report: Report): Promise<void> {
  const here = await mkdtemp('/dev/shm/virtlane-bench-');
  const sh = (command: string): Promise<string> => lab.exec(1, 'sh', '-ec', command);
  await sh(
    `mkdir -p ${FOLDER}; mount -t tmpfs -o size=6g tmpfs ${FOLDER}; virsh -q pool-create-as ${POOL} dir --target ${FOLDER}`,
  );
  const movers = [
    ourMover(lab),
    ourMover(lab, '--no-checksum'),
    virshMover(lab, await virshUri(lab)),
    scpMover(lab),
  ];
  try {
    for (const sample of SAMPLES) await benchSample(report, { sample, movers, here, sh });
  } finally {
    await sh(`virsh -q pool-destroy ${POOL}; umount ${FOLDER}; rmdir ${FOLDER}`);
    await rm(here, { recursive: true, force: true });
  }
}

async function benchSample(
  report: Report,
  context: {
    sample: Sample;
    movers: readonly Mover[];
    here: string;
    sh: (command: string) => Promise<string>;
  },
): Promise<void> {
  const { sample, movers, here, sh } = context;
  const source = path.join(here, 'source.raw');
  const back = path.join(here, 'back.raw');
  const digest = await writeSample(source, sample);
  const times = movers.map(() => ({ up: [] as number[], down: [] as number[] }));
  const digesting: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const turns = [...movers.entries()];
    // Whoever goes first has the caches of another.
    for (const [index, mover] of [...turns.slice(round), ...turns.slice(0, round)]) {
      const volume = `${index}.raw`;
      times[index]?.up.push(await timed(() => mover.up(source, volume, sample)));
      if (round === 0) checkDigest(await sh(`openssl dgst -sha256 -r ${FOLDER}/${volume}`), digest);
      times[index]?.down.push(await timed(() => mover.down(volume, back, sample)));
      digesting.push(
        await timed(async () =>
          checkDigest((await run('openssl', ['dgst', '-sha256', '-r', back])).stdout, digest),
        ),
      );
      await rm(back);
      await sh(`rm ${FOLDER}/${volume}; virsh -q pool-refresh ${POOL}`);
    }
  }
  const digestTime = median(digesting) / 1000;
  for (const way of ['up', 'down'] as const) {
    const [ours = Number.NaN, unsummed = Number.NaN, ...others] = times.map(
      (time) => median(time[way]) / 1000,
    );
    for (const [index, theirs] of others.entries()) {
      const what = `${sample.name} ${way === 'up' ? 'to a host' : 'from a host'} over SSH`;
      const against = movers[index + 2]?.name(sample) ?? '';
      report.add(`${what}, ours with SHA-256`, 's', { ours, theirs, against });
      report.add(`${what}, both with SHA-256`, 's', {
        ours,
        theirs: theirs + digestTime,
        against: `${against} and SHA-256`,
      });
      report.add(`${what}, no SHA-256 on either side`, 's', { ours: unsummed, theirs, against });
    }
  }
}

/** The command line, which tells the SHA-256 of what it moved unless told not to. */
function ourMover(lab: Lab, ...flags: string[]): Mover {
  const target = `qemu+ssh://root@${lab.address(1)}/system?keyfile=${lab.keyFile}`;
  const env = { ...process.env, VIRTLANE_DATA_DIR: path.join(lab.state, 'bench-data') };
  const vol = (...args: string[]) =>
    run(process.execPath, ['main/launch/cli.mjs', '-c', target, '--accept-new', 'vol', ...args], { env });
  return {
    name: () => 'Virtlane',
    up: (file, volume) => vol('upload', POOL, file, '--name', volume, ...flags),
    down: (volume, file) => vol('download', POOL, volume, '-o', file, ...flags),
  };
}

function virshMover(lab: Lab, uri: string): Mover {
  const virsh = (...args: string[]) => run('virsh', ['-q', '-c', uri, ...args]);
  const flags = ({ sparse }: Sample): string[] => (sparse ? ['--sparse'] : []);
  return {
    name: ({ sparse }) => (sparse ? 'virsh --sparse' : 'virsh'),
    up: async (file, volume, sample) => {
      // Made by the host's own virsh, which asks for no login.
      await lab.exec(
        1,
        'virsh',
        '-q',
        'vol-create-as',
        POOL,
        volume,
        String(sample.sizeBytes),
        '--allocation',
        '0',
      );
      await virsh('vol-upload', '--pool', POOL, volume, file, ...flags(sample));
    },
    down: (volume, file, sample) => virsh('vol-download', '--pool', POOL, volume, file, ...flags(sample)),
  };
}

function scpMover(lab: Lab): Mover {
  const scp = (from: string, to: string) =>
    run('scp', [
      '-q',
      '-F',
      '/dev/null',
      '-i',
      lab.keyFile,
      '-o',
      'IdentitiesOnly=yes',
      '-o',
      `UserKnownHostsFile=${lab.knownHosts}`,
      from,
      to,
    ]);
  const at = (volume: string): string => `root@${lab.address(1)}:${FOLDER}/${volume}`;
  return {
    name: () => 'scp',
    up: (file, volume) => scp(file, at(volume)),
    down: (volume, file) => scp(at(volume), file),
  };
}

/** @returns its SHA-256 */
async function writeSample(file: string, sample: Sample): Promise<string> {
  const { sizeBytes, dataBytes, everyBytes } = sample;
  const data = Buffer.alloc(dataBytes);
  const hash = createHash('sha256');
  const zeros = Buffer.alloc(everyBytes - dataBytes);
  const handle = await open(file, 'w');
  try {
    for (let at = 0; at < sizeBytes; at += everyBytes) {
      randomFillSync(data);
      await handle.write(data, 0, dataBytes, at);
      hash.update(data).update(zeros);
    }
    await handle.truncate(sizeBytes);
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

function checkDigest(sum: string, digest: string): void {
  if (!sum.startsWith(digest)) throw new Error(`the bytes that came are not those that went: ${sum}`);
}
