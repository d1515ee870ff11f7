import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { dialUnix } from '../../drivers/transport/dial-unix.ts';
import type { Lab } from '../lab/lab.ts';
import { openClient, sshToLab } from './ours.ts';
import { median, timed, type Report } from './report.ts';
import { startTheirs } from './theirs.ts';

const run = promisify(execFile);
/** Both sides take turns, so that whatever else this machine does meets both. */
const ROUNDS = 15;
const CALLS = 500;
const LISTS = 5;

interface CallTimes {
  sequentialMs: number;
  pipelinedMs: number;
}

/** The time of a small call (node_get_free_memory), one after another and five under way, on a unix socket and over SSH. */
export async function benchCalls(lab: Lab, report: Report): Promise<void> {
  const socket = await unixSocketOf(lab, 1);
  const local = await openClient(await dialUnix(socket)());
  await compare(report, {
    where: 'a unix socket',
    uri: `qemu+unix:///system?socket=${socket}`,
    client: local,
  });
  await local.close();

  const ssh = await sshToLab(lab, 1);
  const remote = await openClient(await ssh.openUnix('/run/libvirt/libvirt-sock'));
  await compare(report, { where: 'SSH', uri: await virshUri(lab), client: remote });
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

async function compare(
  report: Report,
  { where, uri, client }: { where: string; uri: string; client: LibvirtClient },
): Promise<void> {
  const library = startTheirs<CallTimes>('calls', uri);
  const ours: CallTimes[] = [];
  const other: CallTimes[] = [];
  try {
    // Not counted: the engine compiles what runs often.
    for (let round = 0; round < 4; round += 1) await callTimes(client);
    await library.ask(CALLS);
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await callTimes(client));
      other.push(await library.ask(CALLS));
    }
  } finally {
    library.end();
  }
  report.add(`A call on ${where}, one after another`, 'ms', {
    ours: median(ours.map(({ sequentialMs }) => sequentialMs)),
    theirs: median(other.map(({ sequentialMs }) => sequentialMs)),
    against: 'the C library',
  });
  report.add(`A call on ${where}, five under way`, 'ms', {
    ours: median(ours.map(({ pipelinedMs }) => pipelinedMs)),
    theirs: median(other.map(({ pipelinedMs }) => pipelinedMs)),
    against: 'the C library with five threads',
  });
}

async function callTimes({ remote }: LibvirtClient): Promise<CallTimes> {
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
