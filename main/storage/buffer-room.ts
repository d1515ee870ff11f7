import v8 from 'node:v8';

/** More than the buffers of a transfer that wait to be swept with the young ones: some 40 MiB. */
const ROOM_BYTES = 64 << 20;

/** Transfers that are under way. */
let holders = 0;

/**
 * V8 counts the bytes of all buffers as old ones when it decides whether to look through the whole heap, though nearly all of them are young
 * and go without that. A heap that has once been looked through may grow by little: from then on it is done anew for each 12 MiB that an upload
 * moves, which costs more than to encrypt them. Until the function given is called, there is room for the buffers.
 */
export function roomForBuffers(setFlags: (flags: string) => void = flagsOfNode): () => void {
  holders += 1;
  if (holders === 1) setFlags(`--heap-growing-percent=${growth(v8.getHeapStatistics().used_heap_size)}`);
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    holders -= 1;
    // 0: as V8 thinks best.
    if (holders === 0) setFlags('--heap-growing-percent=0');
  };
}

/** How much a heap of that size may grow, in percent. A large one has the room without that. */
export function growth(usedBytes: number): number {
  return Math.min(500, Math.max(50, Math.ceil((ROOM_BYTES / usedBytes) * 100)));
}

/** V8 reads this one each time, so it may be set late. What embeds V8 otherwise may have locked all of them. */
function flagsOfNode(flags: string): void {
  if (!('electron' in process.versions)) v8.setFlagsFromString(flags);
}
