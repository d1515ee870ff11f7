import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '../lab/lab.ts';
import { median, timed, type Report } from './report.ts';

const run = promisify(execFile);
const HOSTS = [1, 2] as const;
type At = (typeof HOSTS)[number];
const other = (at: At): At => (at === 1 ? 2 : 1);
const ROUNDS = 4;
const SIZE = '512M';
/** In both hosts' memory: the disk that all share would be measured else. */
const OWN = '/var/lib/libvirt/bench';
const SHARED = '/srv/shared';

/** Two machines that differ in where their disk is. */
const MACHINES = [
  { name: 'relay-own', folder: OWN, flags: [] },
  { name: 'relay-shared', folder: SHARED, flags: ['--disk', 'vda=share', '--unsafe'] },
] as const;
const REFRESH = 'for p in $(virsh -q pool-list --name); do virsh -q pool-refresh $p; done';

/**
 * The storage part of a live migration that goes through this computer: how much longer a machine takes with its disk of random bytes than
 * one whose disk both hosts have, against the same bytes through a pipe of two ssh. In turns, each as often in either direction. The machines have
 * nothing to boot and wait in their firmware: a guest on an emulated processor would take the hosts' time.
 */
export async function benchRelay(lab: Lab, report: Report): Promise<void> {
  const sh = (at: At, script: string): Promise<string> => lab.exec(at, 'sh', '-ec', script);
  const times = { own: [] as number[], shared: [] as number[], pipe: [] as number[] };
  try {
    // Built where it is stale: that is no part of a move.
    await run(process.execPath, ['main/launch/cli.mjs', '--version']);
    await prepare(lab, sh);
    let from: At = 1;
    for (let round = 0; round < ROUNDS; round += 1) {
      const at = from;
      times.pipe.push(await timed(() => pipe(lab, at)));
      await sh(other(at), `[ $(stat -c %s ${OWN}/pipe.img) = $((512 << 20)) ]; rm ${OWN}/pipe.img`);
      times.own.push(await timed(() => move(lab, MACHINES[0], at)));
      await sh(at, `rm ${OWN}/${MACHINES[0].name}.img; ${REFRESH}`);
      times.shared.push(await timed(() => move(lab, MACHINES[1], at)));
      from = other(at);
    }
  } finally {
    for (const at of HOSTS) {
      await lab.clean(at);
      await sh(
        at,
        `rm -f ${SHARED}/relay-*; for p in own shared; do virsh -q pool-destroy $p; done; umount ${OWN}; rmdir ${OWN}`,
      ).catch(() => undefined);
    }
    await rm(dataOf(lab), { recursive: true, force: true });
  }
  report.add(`The storage part of a relayed live migration, ${SIZE} of random bytes`, 's', {
    ours: (median(times.own) - median(times.shared)) / 1000,
    theirs: median(times.pipe) / 1000,
    against: 'ssh a cat | ssh b cat',
  });
}

async function prepare(lab: Lab, sh: (at: At, script: string) => Promise<string>): Promise<void> {
  for (const at of HOSTS)
    await sh(
      at,
      `mkdir -p ${OWN}; mount -t tmpfs -o size=3g tmpfs ${OWN}
       virsh -q pool-create-as own dir --target ${OWN}; virsh -q pool-create-as shared dir --target ${SHARED}`,
    );
  for (const machine of MACHINES) {
    await sh(1, `head -c ${SIZE} /dev/urandom >${machine.folder}/${machine.name}.img`);
    await lab.execWith(machineXml(machine), 1, 'sh', '-ec', 'cat >/tmp/m.xml; virsh -q define /tmp/m.xml');
    await sh(1, `${REFRESH}; virsh -q start ${machine.name}`);
  }
  await sh(2, REFRESH);
}

function move(lab: Lab, { name, flags }: (typeof MACHINES)[number], from: At): Promise<unknown> {
  const uri = (at: At): string => `qemu+ssh://root@${lab.address(at)}/system?keyfile=${lab.keyFile}`;
  const hosts = HOSTS.flatMap((at) => ['-c', uri(at)]);
  const asked = ['--accept-new', 'migrate', name, lab.address(other(from)), '--via', 'relay', ...flags];
  const env = { ...process.env, VIRTLANE_DATA_DIR: dataOf(lab) };
  return run(process.execPath, ['main/launch/cli.mjs', ...hosts, ...asked], { env });
}

function pipe(lab: Lab, from: At): Promise<unknown> {
  const ssh = (at: At): string =>
    `ssh -F /dev/null -i ${lab.keyFile} -o IdentitiesOnly=yes -o UserKnownHostsFile=${lab.knownHosts} root@${lab.address(at)}`;
  const disk = `${OWN}/${MACHINES[0].name}.img`;
  return run('sh', ['-ec', `${ssh(from)} 'cat ${disk}' | ${ssh(other(from))} 'cat >${OWN}/pipe.img'`]);
}

function dataOf(lab: Lab): string {
  return path.join(lab.state, 'bench-relay');
}

function machineXml({ name, folder }: (typeof MACHINES)[number]): string {
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
    <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/><apic/></features>
    <cpu mode='custom' match='exact' check='none'><model fallback='allow'>qemu64</model></cpu>
    <devices><disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${folder}/${name}.img'/><target dev='vda' bus='virtio'/></disk></devices></domain>`;
}
