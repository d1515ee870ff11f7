import { FailureError } from '../../../hosts/failures.ts';
import { overSourceLinks, type SourceHost } from '../../source/source-host.ts';

/** Of a disk that is busy; one that does not answer any more takes longer. */
const LIMIT_MS = 10 * 60_000;

/**
 * `sh -c SYNC sync DEVICE…` writes what is kept of file systems on local devices, and of these devices themselves. Those of networks are left alone: one whose server
 * is gone would be waited for without end. Where a file system cannot be asked for by itself, all are.
 */
const SYNC = [
  // Names of the kernel's list have octal escapes, which printf wants with a zero.
  "sed 's/\\\\\\([0-7][0-7][0-7]\\)/\\\\0\\1/g' /proc/mounts | while read -r device at rest; do case $device in /dev/*) ;; *) continue ;; esac",
  'case " $seen " in *" $device "*) continue ;; esac; seen="$seen $device"; sync -f "$(printf %b "$at")" 2>/dev/null || { sync; break; }; done',
  'for device; do [ ! -b "$device" ] || blockdev --flushbufs "$device" 2>/dev/null; done; true',
].join('\n');

/**
 * Lets a source write to its disks what it keeps in its memory.
 * @param devices of partitions and volumes, by their paths
 * @throws FailureError where that does not end
 */
export async function syncDisks(
  host: SourceHost,
  devices: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const late = new AbortController();
  const stop = host.clock.setTimer(() => late.abort(), LIMIT_MS);
  const until = AbortSignal.any([signal, late.signal]);
  try {
    await overSourceLinks(host, until, (exec) =>
      exec(['sh', '-c', SYNC, 'sync', ...devices], { signal: until }),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!late.signal.aborted) throw error;
    throw new FailureError({
      code: 'CONFLICT',
      message: `${host.name} has not written all that it keeps in its memory to its disks within ten minutes: one of them may not answer any more.`,
    });
  } finally {
    stop();
  }
}
