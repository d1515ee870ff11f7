import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { dialUnix } from '../../drivers/transport/dial-unix.ts';
import type { Lab } from '../lab/lab.ts';
import { openClient, sshToLab } from './ours.ts';
import { median, timed, type Report } from './report.ts';
import { theirs } from './theirs.ts';

const run = promisify(execFile);
const CALLS = 2000;
const LISTS = 5;

interface CallTimes {
  sequentialMs: number;
  pipelinedMs: number;
}

/** The time of a small call (node_get_free_memory), one after another and five under way, on a unix socket and over SSH. */
export async function benchCalls(lab: Lab, report: Report): Promise<void> {
  const socket = await unixSocketOf(lab, 1);
  const local = await openClient(await dialUnix(socket)());
  compare(
    report,
    'unix socket',
    await callTimes(local),
    await theirs<CallTimes>('calls', `qemu+unix:///system?socket=${socket}`, String(CALLS)),
  );
  await local.close();

  const ssh = await sshToLab(lab, 1);
  const remote = await openClient(await ssh.openUnix('/run/libvirt/libvirt-sock'));
  compare(
    report,
    'SSH',
    await callTimes(remote),
    await theirs<CallTimes>('calls', await virshUri(lab), String(CALLS)),
  );
  await remote.close();
  await ssh.close();
}

/** From nothing to the whole list over SSH, as two commands of a shell. */
export async function benchFirstList(lab: Lab, report: Report): Promise<void> {
  const address = lab.address(1);
  const ours: number[] = [];
  const virsh: number[] = [];
  const uri = await virshUri(lab);
  const env = { ...process.env, VIRTLANE_DATA_DIR: `${lab.state}/bench-data` };
  for (let round = 0; round < LISTS; round += 1) {
    ours.push(
      await timed(() =>
        run(
          process.execPath,
          [
            'main/launch/cli.mjs',
            '-c',
            `qemu+ssh://root@${address}/system?keyfile=${lab.keyFile}`,
            '--accept-new',
            'list',
          ],
          { env },
        ),
      ),
    );
    virsh.push(await timed(() => run('virsh', ['-c', uri, 'list', '--all'])));
  }
  report.add('From nothing to the list of a host over SSH, as a command', 'ms', {
    ours: median(ours),
    theirs: median(virsh),
    against: 'virsh list --all',
  });
}

/**
 * The host for libvirt's own client, which starts `ssh`: by a command of ours that knows the lab's keys, so that nothing of this
 * user's ~/.ssh is read or written.
 */
export async function virshUri(lab: Lab): Promise<string> {
  const command = path.join(lab.state, 'bench-ssh');
  await writeFile(
    command,
    `#!/bin/sh\nexec ssh -F /dev/null -o UserKnownHostsFile=${lab.knownHosts} -o IdentitiesOnly=yes "$@"\n`,
    { mode: 0o700 },
  );
  return `qemu+ssh://root@${lab.address(1)}/system?keyfile=${lab.keyFile}&no_tty=1&command=${command}`;
}

function compare(report: Report, where: string, ours: CallTimes, other: CallTimes): void {
  report.add(`A call on ${where}, one after another`, 'ms', {
    ours: ours.sequentialMs,
    theirs: other.sequentialMs,
    against: 'the C library',
  });
  report.add(`A call on ${where}, five under way`, 'ms', {
    ours: ours.pipelinedMs,
    theirs: other.pipelinedMs,
    against: 'the C library with five threads',
  });
}

async function callTimes({ remote }: LibvirtClient): Promise<CallTimes> {
  for (let i = 0; i < CALLS; i += 1) await remote.nodeGetFreeMemory();
  const sequential = await timed(async () => {
    for (let i = 0; i < CALLS; i += 1) await remote.nodeGetFreeMemory();
  });
  const pipelined = await timed(() =>
    Promise.all(Array.from({ length: CALLS }, () => remote.nodeGetFreeMemory())),
  );
  return { sequentialMs: sequential / CALLS, pipelinedMs: pipelined / CALLS };
}

/** The host's socket as seen from outside its namespaces, through /proc. */
async function unixSocketOf(lab: Lab, host: number): Promise<string> {
  return `/proc/${await lab.initPid(host)}/root/run/libvirt/libvirt-sock`;
}
