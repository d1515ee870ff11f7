// A lock file between processes of one computer: held by one living process at a time. Plain Node: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';

/** A lock without a readable owner is one that is being written, for no longer than this. */
const WRITTEN_WITHIN_MS = 5000;
const RETRY_MS = 300;

/**
 * Takes the lock, waiting for whoever has it. Answers with what gives it back. `onWait` is called once, before the first wait.
 *
 * A lock whose process is gone is removed by one of those who wait: by the one that has the lock named after it. Only that one may
 * remove it, and looks once more before it does, so a lock that somebody has taken in the meantime is safe. When it dies in doing so,
 * its own lock is removed in the same way.
 */
export async function takeLock(file, onWait = () => undefined) {
  for (let waited = false; !create(file);) {
    const found = read(file);
    if (found === null) continue; // given back in this moment
    if (!isHeld(found)) {
      const giveBack = await takeLock(`${file}.${found.id}`);
      if (read(file)?.id === found.id) fs.rmSync(file, { force: true });
      giveBack();
      continue;
    }
    if (!waited) onWait();
    waited = true;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return () => fs.rmSync(file, { force: true });
}

/** Makes the file with its owner in it, in one step; false when it is there already. */
function create(file) {
  const owner = `${process.pid} ${crypto.randomBytes(6).toString('hex')} ${startOf(process.pid) ?? ''}`;
  const whole = `${file}.${process.pid}.new`;
  fs.writeFileSync(whole, owner);
  try {
    fs.linkSync(whole, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    return createInPlace(file, owner); // a file system without hard links
  } finally {
    fs.rmSync(whole, { force: true });
  }
}

function createInPlace(file, owner) {
  try {
    fs.writeFileSync(file, owner, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Who a lock names, and an id that no later lock has; null when there is no lock. */
function read(file) {
  try {
    const text = fs.readFileSync(file, 'utf8');
    const { mtimeMs } = fs.statSync(file);
    const [, pid = '', , started = ''] = /^(\d+)(?: (\w+) (.*))?$/s.exec(text) ?? [];
    const id = crypto.createHash('sha256').update(`${text}\0${mtimeMs}`).digest('hex').slice(0, 12);
    return { id, pid: Number(pid), started, mtimeMs };
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Whether the process that took the lock still runs: a number alone may by now be another process's. */
function isHeld({ pid, started, mtimeMs }) {
  if (pid === 0) return Math.abs(Date.now() - mtimeMs) < WRITTEN_WITHIN_MS;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  const now = started === '' ? null : startOf(pid);
  return now === null || now === started;
}

/** When a process began, in the system's own words; null where that is not known without asking for long (Windows). */
export function startOf(pid, platform = process.platform) {
  if (platform === 'darwin') {
    const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return status === 0 ? stdout.trim() : null;
  }
  if (platform !== 'linux') return null;
  try {
    // proc_pid_stat(5): field 22 is the start in ticks since boot; the name in field 2 may hold blanks and brackets
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null; // ended in this moment
  }
}
