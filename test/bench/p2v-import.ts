import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { MIB, SavedMachine } from '../integration/p2v-image.ts';
import type { Lab } from '../lab/lab.ts';
import { median, timed, type Report } from './report.ts';

const run = promisify(execFile);
const ROUNDS = 3;
/** In memory on both sides: the disk that all share would be measured else. */
const MEMORY = '/dev/shm';
const POOL = 'bench';
const FOLDER = '/var/lib/libvirt/bench';
const SIZE_MIB = 3072;
const START_SECTOR = 2048;
/** What Clonezilla calls by default in its older and its newer versions. */
const PACKED = [
  { pack: 'gzip -1', unpack: 'gzip -dc', suffix: 'gz', name: 'gzip' },
  { pack: 'zstd -q -3 -c', unpack: 'zstd -q -dc', suffix: 'zst', name: 'zstd' },
] as const;

/**
 * A Clonezilla directory of this computer, half of 2 GiB random bytes and the rest text, to a qcow2 volume of a host: the whole command, which
 * looks at the host and defines the machine, too, against what one does by hand: the table by sfdisk, the file system by partclone.restore, qemu-img convert, and the
 * bytes through ssh.
 */
export async function benchP2vImport(lab: Lab, report: Report): Promise<void> {
  const folder = await mkdtemp(path.join(MEMORY, 'virtlane-bench-import-'));
  try {
    // Built where it is stale: that is no part of it.
    await run(process.execPath, ['main/launch/cli.mjs', '--version']);
    await lab.exec(
      1,
      'sh',
      '-ec',
      `mkdir -p ${FOLDER}; mount -t tmpfs -o size=6g tmpfs ${FOLDER}; virsh -q pool-create-as ${POOL} dir --target ${FOLDER}`,
    );
    const partition = await makeFileSystem(folder);
    for (const packed of PACKED) await compare({ lab, folder, partition, packed }, report);
  } finally {
    await lab.clean(1);
    await lab
      .exec(1, 'sh', '-c', `virsh -q pool-destroy ${POOL}; umount ${FOLDER}; rmdir ${FOLDER}`)
      .catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Bench {
  readonly lab: Lab;
  readonly folder: string;
  /** The file system, as a file. */
  readonly partition: string;
  readonly packed: (typeof PACKED)[number];
}

async function compare(bench: Bench, report: Report): Promise<void> {
  const { lab, folder, packed } = bench;
  const saved = await save(bench);
  const sides = [
    { times: [] as number[], make: () => ours(lab, saved) },
    { times: [] as number[], make: () => theirs(lab, saved, packed) },
  ];
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { times, make } of round % 2 === 0 ? sides : sides.toReversed()) {
      times.push(await timed(make));
      if (round === 0) await lab.exec(1, 'qemu-img', 'check', '-q', `${FOLDER}/iron.qcow2`);
      const clear = `virsh -q undefine iron || :; rm ${FOLDER}/*; virsh -q pool-refresh ${POOL}`;
      await lab.exec(1, 'sh', '-c', clear);
    }
  const [own = Number.NaN, other = Number.NaN] = sides.map(({ times }) => median(times) / 1000);
  report.add(`A Clonezilla directory, packed by ${packed.name}, to a qcow2 volume on a host`, 's', {
    ours: own,
    theirs: other,
    against: 'partclone.restore, qemu-img convert and ssh',
  });
  await rm(path.join(folder, packed.name), { recursive: true });
}

/** ext4 with two thirds in use. */
async function makeFileSystem(folder: string): Promise<string> {
  const script = `mkdir content; for i in $(seq 64); do head -c 16M /dev/urandom >content/$i; seq $i 2200000 | head -c 16M >content/text$i; done
    truncate -s ${SIZE_MIB - 1}M part; mkfs.ext4 -q -b 4096 -d content part; rm -r content`;
  await run('bash', ['-ec', script], { cwd: folder, maxBuffer: 2 ** 24 });
  return path.join(folder, 'part');
}

async function save({ folder, partition, packed }: Bench): Promise<SavedMachine> {
  const saved = new SavedMachine(path.join(folder, packed.name));
  const start = `start=${START_SECTOR}, type=83, bootable`;
  saved.partition('sda', SIZE_MIB * MIB, `label: dos\n${start}`);
  saved.saveTables('sda', 'dos');
  saved.write('disk', 'sda\n');
  saved.write('parts', 'sda1\n');
  const { pack, suffix } = packed;
  await saved.save(partition, { device: 'sda1', fs: 'ext4', pack, suffix });
  return saved;
}

function ours(lab: Lab, { folder, image }: SavedMachine): Promise<unknown> {
  const host = `qemu+ssh://root@${lab.address(1)}/system?keyfile=${lab.keyFile}`;
  const made = ['--name', 'iron', '--pool', POOL, '--format', 'qcow2', '--network', 'user'];
  const env = { ...process.env, VIRTLANE_DATA_DIR: path.join(folder, 'data') };
  const command = ['main/launch/cli.mjs', '-c', host, '--accept-new', 'p2v', 'import', image, ...made];
  return run(process.execPath, command, { env });
}

function theirs(lab: Lab, { folder }: SavedMachine, { unpack, suffix }: Bench['packed']): Promise<unknown> {
  const ssh = `ssh -F /dev/null -i ${lab.keyFile} -o IdentitiesOnly=yes -o UserKnownHostsFile=${lab.knownHosts} root@${lab.address(1)}`;
  const script = `truncate -s ${SIZE_MIB}M raw; sfdisk -q raw <image/sda-pt.sf
    dd if=image/sda-mbr of=raw bs=446 count=1 conv=notrunc status=none
    ${unpack} image/sda1.ext4-ptcl-img.${suffix} | partclone.restore -q -C -W -L log -E ${START_SECTOR * 512} -s - -O raw
    qemu-img convert -f raw -O qcow2 raw iron.qcow2; rm raw
    ${ssh} 'cat >${FOLDER}/iron.qcow2; virsh -q pool-refresh ${POOL}' <iron.qcow2; rm iron.qcow2`;
  return run('bash', ['-eo', 'pipefail', '-c', script], { cwd: folder, maxBuffer: 2 ** 24 });
}
