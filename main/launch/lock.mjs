// A lock file: held by one living process at a time. Plain Node: it runs before anything is installed.
//
// A process of this computer can be looked for by its number. One in a container that has the same folder, or on another computer, cannot:
// its lock counts as held while it is touched, so their clocks have to agree within half a minute, and one that is stopped for longer loses it.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';

/** A lock without a readable owner is one that is being written, for no longer than this. */
const WRITTEN_WITHIN_MS = 5000;
const RETRY_MS = 300;
const TOUCH_MS = 5000;
/** A lock from elsewhere that was not touched for this long has no owner any more. */
const TOUCHED_WITHIN_MS = 30_000;

/**
 * Takes the lock, waiting for whoever has it. Answers with what gives it back. `onWait` is called once, before the first wait.
 *
 * @param {string} file
 * @param {() => void} onWait
 * @returns {Promise<() => void>}
 */
export async function takeLock(file, onWait = () => undefined) {
  for (let waited = false; ; waited = true) {
    const giveBack = await tryLock(file);
    if (giveBack !== null) return giveBack;
    if (!waited) onWait();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/**
 * Gives it back.
 *
 * @typedef {(() => void) & { isOurs: () => boolean }} Lock `isOurs`: looks whether it still is this process's; throws the file system's error
 */

/**
 * Takes the lock; answers with null when somebody has it.
 *
 * A lock whose process is gone is removed by one of those who want it: by the one that has the lock named after it. Only that one may
 * remove it, and looks once more before it does, so a lock that somebody has taken in the meantime is safe. When it dies in doing so,
 * its own lock is removed in the same way.
 *
 * @param {string} file
 * @param {() => void} onLost called when somebody else has it, as this process stood still for too long
 * @returns {Promise<Lock | null>}
 */
export async function tryLock(file, onLost = () => undefined) {
  const owner = `${process.pid} ${crypto.randomBytes(6).toString('hex')} @${place()} ${startOf(process.pid) ?? ''}`;
  while (!create(file, owner)) {
    const found = read(file);
    if (found === null) continue; // given back in this moment
    if (isHeld(found)) return null;
    const giveBack = await takeLock(`${file}.${found.id}`);
    const now = read(file);
    if (now?.id === found.id && !isHeld(now)) fs.rmSync(file, { force: true });
    giveBack();
  }
  const isOurs = () => {
    if (readOwner(file) === owner) return true;
    clearInterval(touching);
    return false;
  };
  const touching = setInterval(() => {
    try {
      if (isOurs()) touch(file);
      else onLost();
    } catch {
      // what cannot be read now says nothing of who has it
    }
  }, TOUCH_MS);
  touching.unref();
  const giveBack = () => {
    clearInterval(touching);
    if (readOwner(file) === owner) fs.rmSync(file, { force: true });
  };
  return Object.assign(giveBack, { isOurs });
}

/**
 * Whether a living process has the lock.
 *
 * @param {string} file
 * @returns {boolean}
 */
export function isLocked(file) {
  const found = read(file);
  return found !== null && isHeld(found);
}

/** Where this process's number means something: this start of this computer, and the namespace (pid_namespaces(7)) that a container has. */
function place() {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${fs.readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return os.hostname().replaceAll(/\s/g, '');
  }
}

function touch(file) {
  const now = new Date();
  try {
    fs.utimesSync(file, now, now);
  } catch {
    // somebody removed it; whoever waits has it now
  }
}

function readOwner(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Makes the file with its owner in it, in one step; false when it is there already. */
function create(file, owner) {
  // not by the process's number: in another container there may be one of the same
  const whole = `${file}.${crypto.randomBytes(6).toString('hex')}.new`;
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
  const text = readOwner(file);
  const stat = text === null ? undefined : fs.statSync(file, { throwIfNoEntry: false });
  if (text === null || stat === undefined) return null;
  const { mtimeMs } = stat;
  const [, pid = '', nonce, where, started = ''] = /^(\d+)(?: (\w+) (?:@(\S+) )?(.*))?$/s.exec(text) ?? [];
  // one that is held changes its time; one without a number of its own has nothing else
  const unique = nonce === undefined ? `${text}\0${mtimeMs}` : text;
  const id = crypto.createHash('sha256').update(unique).digest('hex').slice(0, 12);
  return { id, pid: Number(pid), isElsewhere: where !== undefined && where !== place(), started, mtimeMs };
}

/** Whether the process that took the lock still runs: a number alone may by now be another process's. */
function isHeld({ pid, isElsewhere, started, mtimeMs }) {
  const ageMs = Math.abs(Date.now() - mtimeMs);
  if (pid === 0) return ageMs < WRITTEN_WITHIN_MS;
  if (isElsewhere) return ageMs < TOUCHED_WITHIN_MS;
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
