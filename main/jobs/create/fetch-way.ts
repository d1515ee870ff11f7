import { z } from 'zod';
import type { Pool } from '../../contract/storage.ts';
import { isExpected } from '../../hosts/failures.ts';
import type { HostSession } from '../../hosts/session.ts';
import { isOwn, isSimulated } from './simulated-web.ts';

/** How a file of the web comes into a pool. */
export const fetchWay = z.discriminatedUnion('kind', [
  /** The host fetches it itself, into the directory of the pool. */
  z.object({ kind: z.literal('host'), folder: z.string(), tool: z.enum(['curl', 'wget']) }),
  /** Through this computer, which works wherever libvirt does; `reason` says what the host lacks. */
  z.object({ kind: z.literal('app'), reason: z.string() }),
  /** Nothing is fetched: the host is simulated. */
  z.object({ kind: z.literal('simulated') }),
]);
export type FetchWay = z.infer<typeof fetchWay>;

/** Pools that are a directory of the host. */
const DIRECTORIES = new Set(['dir', 'fs', 'netfs']);

/** Of busybox' wget the options are too few. */
const LOOK = [
  'if [ -d "$1" ] && [ -w "$1" ]; then echo folder; fi',
  'if command -v curl >/dev/null; then echo curl; fi',
  'if wget --version 2>/dev/null | grep -q "GNU Wget"; then echo wget; fi',
  'if command -v sha256sum >/dev/null && command -v sha512sum >/dev/null; then echo sums; fi',
  'if command -v xz >/dev/null; then echo xz; fi',
].join('\n');

export interface FetchAsked {
  readonly url: string;
  readonly pool: Pool;
  readonly compression: 'xz' | null;
}

/** It in words, for a plan. */
export function wayWords(way: FetchWay, host: string): string {
  switch (way.kind) {
    case 'host':
      return `${host} fetches it itself`;
    case 'app':
      return `through this computer: ${way.reason}`;
    case 'simulated':
      return 'simulated: nothing is fetched';
  }
}

/** Asks a host whether it can fetch a file into a pool itself. What it could not tell counts as no. */
export async function readFetchWay(
  session: HostSession,
  { url, pool, compression }: FetchAsked,
  signal: AbortSignal,
): Promise<FetchWay> {
  const { commands } = session.link;
  if (isSimulated(session, url)) return { kind: 'simulated' };
  const through = (reason: string): FetchWay => ({ kind: 'app', reason });
  if (isOwn(url)) return through('the address is one of this computer');
  if (pool.path === null || !DIRECTORIES.has(pool.type))
    return through(`the pool ${pool.name} is no directory`);
  if (commands.exec === undefined) return through(commands.reason);
  try {
    const { stdout } = await commands.exec(['sh', '-c', LOOK, 'sh', pool.path], { signal });
    const found = new Set(stdout.split('\n'));
    if (!found.has('folder')) return through(`its login may not write to ${pool.path}`);
    const tool = found.has('curl') ? 'curl' : found.has('wget') ? 'wget' : null;
    if (tool === null) return through('it has neither curl nor wget');
    if (!found.has('sums')) return through('it cannot make checksums');
    if (compression !== null && !found.has(compression)) return through(`it has no ${compression}`);
    return { kind: 'host', folder: pool.path, tool };
  } catch (error) {
    signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    return through(error instanceof Error ? error.message : 'it runs no programs');
  }
}
