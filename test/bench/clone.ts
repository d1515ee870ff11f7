import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '../lab/lab.ts';
import { cloneInput } from '../support/clone-input.ts';
import { TestCore } from '../support/core.ts';
import { virshUri } from './calls.ts';
import { median, timed, type Report } from './report.ts';

const run = promisify(execFile);
const POOL = 'bench';
/** In the hosts' memory: the disk that all share would be measured else. */
const FOLDER = '/var/lib/libvirt/bench';
const UUID = '88888888-8888-4888-8888-888888888888';
const ROUNDS = 3;
/** For a hang. */
const JOB_MS = 600_000;
/** The quickest that hosts have: sha256sum needs four times as long where it does not know the CPU's instructions. */
const SUM = 'openssl dgst -sha256 -r';
const HOSTS = [1, 2] as const;

interface Sample {
  readonly name: string;
  /** Shell that fills `$f`. */
  readonly fill: string;
}

const SAMPLES: readonly Sample[] = [
  { name: '1 GiB of random bytes', fill: 'head -c 1G /dev/urandom >$f' },
  { name: '4 GiB with 1 GiB of data', fill: spread({ sizeGiB: 4, pieces: 256, everyMiB: 16 }) },
  { name: '1 GiB with 64 MiB of data', fill: spread({ sizeGiB: 1, pieces: 16, everyMiB: 64 }) },
];

/** Pieces of 4 MiB, and holes. */
function spread({ sizeGiB, pieces, everyMiB }: Record<'sizeGiB' | 'pieces' | 'everyMiB', number>): string {
  return `truncate -s ${sizeGiB}G $f; for i in $(seq 0 ${pieces - 1}); do head -c 4M /dev/urandom | dd of=$f bs=1M seek=$((i * ${everyMiB})) conv=notrunc status=none iflag=fullblock; done`;
}

/** What makes `copy` on the second host of the first one's `source`. */
interface Way {
  readonly name: string;
  /** It sends holes as zeros, and takes minutes for what others do in seconds: it is timed once. */
  readonly sendsZeros: boolean;
  copy(): Promise<unknown>;
}

interface Ways {
  readonly ours: readonly Way[];
  readonly theirs: readonly Way[];
}

/**
 * A machine that is off with a raw disk, to another host, through this computer: our command line, which logs in, makes a machine and has what has arrived
 * read by its host, the same by the hosts themselves (`--direct`), where both read it, and the job of a window whose hosts are connected; against what others do for the bytes alone, with their logins, and with the digests of both files
 * that tell the same. The others read nothing again; qemu-img writes a file before its bytes go, as it makes no stream.
 */
export async function benchClone(lab: Lab, report: Report): Promise<void> {
  const sh = (at: number, script: string): Promise<string> => lab.exec(at, 'sh', '-ec', script);
  const core = await TestCore.open({ lab });
  const data = path.join(lab.state, 'bench-clone');
  try {
    const ways = await waysOf(lab, { sh, core });
    for (const at of HOSTS)
      await sh(
        at,
        `mkdir -p ${FOLDER}; mount -t tmpfs -o size=6g tmpfs ${FOLDER}; virsh -q pool-create-as ${POOL} dir --target ${FOLDER}`,
      );
    for (const sample of SAMPLES) {
      await sh(1, `f=${FOLDER}/source.img; rm -f $f; ${sample.fill}; virsh -q pool-refresh ${POOL}`);
      await lab.execWith(
        sourceXml(),
        1,
        'sh',
        '-c',
        'cat >/tmp/source.xml; virsh -q define /tmp/source.xml; rm /tmp/source.xml',
      );
      await compare(report, { sample, ways, sh });
    }
  } finally {
    await core.close();
    for (const at of HOSTS)
      await sh(at, `virsh -q pool-destroy ${POOL}; umount ${FOLDER}; rmdir ${FOLDER}`).catch(() => undefined);
    await Promise.all(HOSTS.map((at) => lab.clean(at)));
    await rm(data, { recursive: true, force: true });
  }
}

async function compare(
  report: Report,
  { sample, ways, sh }: { sample: Sample; ways: Ways; sh: (at: number, script: string) => Promise<string> },
): Promise<void> {
  const digest = async (at: number): Promise<string> => {
    const file = at === 1 ? 'source.img' : 'copy.*';
    return (
      await sh(at, `cd ${FOLDER}; qemu-img convert -O raw ${file} bytes; ${SUM} <bytes; rm bytes`)
    ).slice(0, 64);
  };
  const wanted = await digest(1);
  const all = [...ways.ours, ...ways.theirs];
  const times = new Map<Way, number[]>(all.map((way) => [way, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const way of all) {
      if (way.sendsZeros && round > 0) continue;
      times.get(way)?.push(await timed(() => way.copy()));
      if (round === 0 && (await digest(2)) !== wanted)
        throw new Error(`${way.name}: other bytes have arrived`);
      await sh(2, `virsh -q undefine copy 2>/dev/null || :; rm ${FOLDER}/*; virsh -q pool-refresh ${POOL}`);
    }
  const seconds = (way: Way): number => median(times.get(way) ?? []) / 1000;
  for (const theirs of ways.theirs)
    for (const ours of ways.ours)
      report.add(`A clone to another host, ${sample.name}, ${ours.name}`, 's', {
        ours: seconds(ours),
        theirs: seconds(theirs),
        against: theirs.name,
      });
}

async function waysOf(
  lab: Lab,
  { sh, core }: { sh: (at: number, script: string) => Promise<string>; core: TestCore },
): Promise<Ways> {
  const uri = await virshUri(lab);
  const second = uri.replace(lab.address(1), lab.address(2));
  const ssh = (at: number): string =>
    `ssh -F /dev/null -i ${lab.keyFile} -o IdentitiesOnly=yes -o UserKnownHostsFile=${lab.knownHosts} root@${lab.address(at)}`;
  const pipe = (script: string) => run('sh', ['-ec', script]);
  const virsh: Way = {
    name: 'virsh vol-download | vol-upload',
    sendsZeros: true,
    copy: async () => {
      const size = (await sh(1, `stat -c %s ${FOLDER}/source.img`)).trim();
      await sh(2, `virsh -q vol-create-as ${POOL} copy.img ${size} --allocation 0 --format raw`);
      await pipe(
        `virsh -q -c '${uri}' vol-download --pool ${POOL} source.img /dev/stdout | virsh -q -c '${second}' vol-upload --pool ${POOL} copy.img /dev/stdin`,
      );
    },
  };
  const convert: Way = {
    name: 'qemu-img convert to a file | ssh',
    sendsZeros: false,
    copy: () =>
      pipe(
        `${ssh(1)} 'qemu-img convert -O qcow2 ${FOLDER}/source.img ${FOLDER}/way.qcow2 && cat ${FOLDER}/way.qcow2; rm ${FOLDER}/way.qcow2' | ${ssh(2)} 'cat >${FOLDER}/copy.qcow2'`,
      ),
  };
  const digests = (way: Way, copy: string): Way => ({
    ...way,
    name: `${way.name}, and SHA-256 of both`,
    copy: async () => {
      await way.copy();
      await Promise.all([
        pipe(`${ssh(1)} ${SUM} ${FOLDER}/source.img`),
        pipe(`${ssh(2)} ${SUM} ${FOLDER}/${copy}`),
      ]);
    },
  });
  return {
    ours: [commandWay(lab), commandWay(lab, 'direct'), ...(await windowWays(lab, core))],
    theirs: [virsh, digests(virsh, 'copy.img'), convert],
  };
}

function commandWay(lab: Lab, by: 'computer' | 'direct' = 'computer'): Way {
  const target = (at: number): string => `qemu+ssh://root@${lab.address(at)}/system?keyfile=${lab.keyFile}`;
  const env = { ...process.env, VIRTLANE_DATA_DIR: path.join(lab.state, 'bench-clone') };
  const hosts = HOSTS.flatMap((at) => ['-c', target(at)]);
  const asked = [
    '--accept-new',
    'clone',
    'source',
    'copy',
    '--to',
    target(2),
    '--pool',
    POOL,
    ...(by === 'direct' ? ['--direct'] : []),
  ];
  return {
    name: by === 'direct' ? 'by command, by the hosts' : 'by command',
    sendsZeros: false,
    copy: () => run(process.execPath, ['main/launch/cli.mjs', ...hosts, ...asked], { env }),
  };
}

/** From the button to the end of the job. */
async function windowWays(lab: Lab, core: TestCore): Promise<Way[]> {
  const [host, to] = [
    await core.connect(`root@${lab.address(1)}`),
    await core.connect(`root@${lab.address(2)}`),
  ];
  return [false, true].map((direct) => {
    const asked = { ...cloneInput({ host, machine: UUID, to, name: 'copy' }), direct };
    return {
      name: direct ? 'from a window, by the hosts' : 'from a window',
      sendsZeros: false,
      copy: async () => core.jobDone((await core.client.clone.run(asked)).job, JOB_MS),
    };
  });
}

function sourceXml(): string {
  return `<domain type='qemu'><name>source</name><uuid>${UUID}</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>
    <devices><disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${FOLDER}/source.img'/><target dev='vda' bus='virtio'/></disk></devices></domain>`;
}
