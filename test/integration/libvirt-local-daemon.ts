import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { dialUnix } from '../../drivers/transport/dial-unix.ts';

/** A libvirtd of one test file's own: its sockets and its state are in a temporary folder. */
export interface PrivateLibvirtd {
  /** The read-write socket. */
  socket: string;
  dir: string;
  stop(): Promise<void>;
}

/** Why no libvirtd of one's own can be had here; false when it can. */
export function whyNoLibvirtd(): string | false {
  if (process.platform !== 'linux') return 'libvirtd runs on Linux only';
  if (process.getuid?.() !== 0) return 'needs root for a mount namespace';
  for (const command of ['libvirtd', 'unshare']) {
    const found = spawnSync('sh', ['-c', `command -v ${command}`], { env: environment() }).status === 0;
    if (!found) return `${command} is not installed`;
  }
  return false;
}

/** Folders that a system libvirtd keeps its state in; the private one gets empty ones in their place. */
const STATE = ['/run/libvirt', '/var/lib/libvirt', '/var/log/libvirt', '/etc/libvirt'];

/** It works without systemd, D-Bus and KVM, and goes by itself when nobody is connected for a minute. */
export async function startPrivateLibvirtd(): Promise<PrivateLibvirtd> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'virtlane-libvirtd-'));
  const conf = path.join(dir, 'libvirtd.conf');
  await fs.writeFile(
    conf,
    [`unix_sock_dir = "${dir}"`, 'auth_unix_rw = "none"', 'auth_unix_ro = "none"', 'log_level = 4', ''].join(
      '\n',
    ),
  );
  const mounts = STATE.map((folder) => `mkdir -p ${folder} && mount -t tmpfs tmpfs ${folder}`).join(' && ');
  const run = `${mounts} && exec libvirtd --timeout 60 --config "$1" --pid-file "$2"`;
  const child = spawn('unshare', ['--mount', 'sh', '-c', run, 'sh', conf, path.join(dir, 'pid')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment(),
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4_000);
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const socket = path.join(dir, 'libvirt-sock');
  const stop = async (): Promise<void> => {
    child.kill();
    await exited;
    await fs.rm(dir, { recursive: true, force: true });
  };
  if (!(await isUp(socket, exited))) {
    await stop();
    throw new Error(`libvirtd did not come up: ${log}`);
  }
  return { socket, dir, stop };
}

/** Whether the socket takes connections within half a minute, while the daemon lives. */
async function isUp(socket: string, exited: Promise<void>): Promise<boolean> {
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  for (let attempt = 0; attempt < 300 && !gone; attempt++) {
    try {
      (await dialUnix(socket)()).destroy();
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return false;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
}
