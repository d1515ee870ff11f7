import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '../lab/lab.ts';
import { ServerMachine } from '../support/server-machine.ts';
import { median, timed, type Report } from './report.ts';

const run = promisify(execFile);
const ROUNDS = 3;
const IMAGES = '/var/lib/libvirt/images';
/** Of the machine, and what they are called on the host. */
const DISKS = [
  ['sda', 'live.img'],
  ['sdb', 'live-2.img'],
] as const;

/**
 * A machine that runs (test/support/server-machine.ts) to raw disks on a host: the whole command, with its look at the machine, its snapshot, its second
 * look and the definition, against dd of its whole disks through two links of ssh.
 */
export async function benchP2vLive(lab: Lab, report: Report): Promise<void> {
  await lab.clean(1);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-bench-live-'));
  const machine = await ServerMachine.up();
  try {
    const sides = [
      { times: [] as number[], copy: () => ours(lab, machine, folder) },
      { times: [] as number[], copy: () => theirs(lab, machine, folder) },
    ];
    for (let round = 0; round < ROUNDS; round += 1)
      for (const { times, copy } of sides) {
        times.push(await timed(copy));
        const clear = `virsh -q undefine live || :; rm ${DISKS.map(([, file]) => `${IMAGES}/${file}`).join(' ')}; virsh -q pool-refresh default`;
        await lab.exec(1, 'sh', '-c', clear);
      }
    const [own = Number.NaN, other = Number.NaN] = sides.map(({ times }) => median(times) / 1000);
    const against = 'ssh dd | ssh dd of all of them';
    report.add('A machine that runs to raw disks on a host', 's', { ours: own, theirs: other, against });
  } finally {
    await machine.close();
    await lab.clean(1);
    await rm(folder, { recursive: true });
  }
}

function ours(lab: Lab, { target, keyFile }: ServerMachine, folder: string): Promise<unknown> {
  const host = `qemu+ssh://root@${lab.address(1)}/system?keyfile=${lab.keyFile}`;
  const from = ['p2v', 'import', target, '--key-file', keyFile, '--allow', 'snapshot'];
  const made = ['--name', 'live', '--format', 'raw', '--network', 'user'];
  const env = { ...process.env, VIRTLANE_DATA_DIR: path.join(folder, 'data') };
  const command = ['main/launch/cli.mjs', '-c', host, '--accept-new', ...from, ...made];
  return run(process.execPath, command, { env });
}

function theirs(lab: Lab, { port, keyFile }: ServerMachine, folder: string): Promise<unknown> {
  const options = `-o BatchMode=yes -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=${folder}/known`;
  const copies = DISKS.map(([disk, file]) => {
    const read = `ssh ${options} -i ${keyFile} -p ${port} root@127.0.0.1 dd if=/dev/${disk} bs=1M status=none`;
    const write = `dd of=${IMAGES}/${file} bs=1M iflag=fullblock conv=sparse status=none`;
    return `${read} | ssh ${options} -i ${lab.keyFile} root@${lab.address(1)} ${write}`;
  });
  return run('bash', ['-o', 'pipefail', '-c', copies.join(' && ')]);
}
