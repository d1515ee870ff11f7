import { execFile } from 'node:child_process';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '../lab/lab.ts';
import { virshUri } from './calls.ts';
import { median, timed, type Report } from './report.ts';

const run = promisify(execFile);
const GUEST = path.join(process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest', 'tiny.qcow2');
const IMAGES = '/var/lib/libvirt/images';
const ROUNDS = 5;
const USER_DATA = '#cloud-config\npackages: [nginx]\n';

/**
 * From a command to the first line on the serial console of a machine over a cloud image that the host has, with its first-boot data, over
 * SSH: the command line against virt-install. The guest is the lab's tiny one, and the same for both: processor, memory, disk, card, display.
 */
export async function benchCreate(lab: Lab, report: Report): Promise<void> {
  const file = path.join(lab.state, 'bench-user-data');
  await lab.clean(1);
  await writeFile(file, USER_DATA);
  await copyFile(GUEST, path.join(lab.state, '1', 'images', 'base.qcow2'));
  await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
  const uri = await virshUri(lab);
  const sides = [
    { times: [] as number[], start: (name: string) => ours(lab, name, file) },
    { times: [] as number[], start: (name: string) => theirs(uri, name, file) },
  ];
  try {
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [index, { times, start }] of sides.entries()) {
        const name = `bench-${index}-${round}`;
        times.push(await timed(() => Promise.all([start(name), firstLine(lab, name)])));
        await remove(lab, name);
      }
  } finally {
    await lab.clean(1);
    await rm(file);
  }
  const [own = Number.NaN, other = Number.NaN] = sides.map(({ times }) => median(times) / 1000);
  report.add('A machine from a cached cloud image, to its first serial line', 's', {
    ours: own,
    theirs: other,
    against: 'virt-install --import --cloud-init',
  });
}

function ours(lab: Lab, name: string, userData: string): Promise<unknown> {
  const target = `qemu+ssh://root@${lab.address(1)}/system?keyfile=${lab.keyFile}`;
  const of = ['--cloud-image', 'base.qcow2', '--os', 'debian11', '--cloud-init', userData];
  const size = ['--memory', '128MiB', '--vcpus', '1', '--disk-size', '1GiB', '--network', 'user'];
  const env = { ...process.env, VIRTLANE_DATA_DIR: path.join(lab.state, 'bench-data') };
  const command = ['main/launch/cli.mjs', '-c', target, '--accept-new', 'create', name, ...of, ...size];
  return run(process.execPath, command, { env });
}

function theirs(uri: string, name: string, userData: string): Promise<unknown> {
  const disk = [
    `path=${IMAGES}/${name}.qcow2`,
    'size=1',
    'format=qcow2',
    'bus=virtio',
    `backing_store=${IMAGES}/base.qcow2`,
    'backing_format=qcow2',
  ];
  const machine = ['--virt-type', 'qemu', '--machine', 'q35', '--cpu', 'mode=maximum'];
  const size = ['--memory', '128', '--vcpus', '1', '--network', 'user,model.type=virtio'];
  const more = ['--graphics', 'vnc', '--video', 'virtio', '--noautoconsole', '--quiet'];
  const from = ['--import', '--osinfo', 'debian11', '--disk', disk.join(','), '--cloud-init'];
  const words = [...from, `user-data=${userData}`, ...machine, ...size, ...more];
  return run('virt-install', ['--connect', uri, '--name', name, ...words]);
}

/** Ends when the guest has said something on its serial port; looked at on the host itself. */
function firstLine(lab: Lab, name: string): Promise<unknown> {
  const script = `until tty=$(virsh -q ttyconsole ${name} 2>/dev/null) && [ -n "$tty" ]; do sleep .05; done; head -n 1 <"$tty"`;
  return lab.exec(1, 'timeout', '300', 'sh', '-c', script);
}

async function remove(lab: Lab, name: string): Promise<void> {
  const gone = `virsh -q destroy ${name}; virsh -q undefine ${name}; rm -f ${IMAGES}/${name}*; virsh -q pool-refresh default`;
  await lab.exec(1, 'sh', '-c', gone);
}
