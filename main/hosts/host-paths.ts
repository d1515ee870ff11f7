import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { Exec } from '../../drivers/transport/exec.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { HostLink } from './link.ts';

/** Two paths of 4 KiB each, and the program's output is at most 1 MiB. */
const MAX_CHARS = 1 << 18;
/** A folder of a server that is away never answers. */
const LIMIT_MS = 15_000;

/**
 * One line for each line: where the path leads, by all links; empty where that cannot be told. A link that leads nowhere leads to what is not
 * there.
 */
const FOLLOW = 'while IFS= read -r path; do readlink -f -- "$path" 2>/dev/null || echo; done';

const known = new WeakMap<LibvirtClient, Exec>();

/** Remembers how programs are run on a client's host, where its login may. */
export function noteHostPaths(client: LibvirtClient, { commands }: Pick<HostLink, 'commands'>): void {
  if (commands.exec !== undefined) known.set(client, commands.exec);
}

/**
 * Where absolute paths of a client's host lead, by all symbolic links: libvirt itself tells of none. What is not in the answer is not known,
 * as where the login runs no programs, or may not look there.
 * @throws TransportError CLOSED, CANCELLED
 */
export async function readRealPaths(
  client: LibvirtClient,
  paths: Iterable<string>,
  { signal }: Pick<CallOptions, 'signal'>,
): Promise<Map<string, string>> {
  const exec = known.get(client);
  const asked = exec === undefined ? [] : fitting(paths);
  if (exec === undefined || asked.length === 0) return new Map();
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    const { stdout } = await exec(['sh', '-c', FOLLOW], {
      stdin: asked.map((path) => `${path}\n`).join(''),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    const lines = stdout.split('\n');
    // One line more, after the last end of line. A path that leads to a name with an end of line in it is told as two.
    if (lines.length !== asked.length + 1) return new Map();
    return new Map(
      asked.flatMap((path, at) => {
        const real = lines[at] ?? '';
        return real.startsWith('/') ? [[path, real] as const] : [];
      }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TransportError && error.code === 'CLOSED') throw error;
    return new Map();
  }
}

function fitting(paths: Iterable<string>): string[] {
  const asked: string[] = [];
  let chars = 0;
  for (const path of new Set(paths)) {
    if (!path.startsWith('/') || path.includes('\n')) continue;
    chars += path.length + 1;
    if (chars > MAX_CHARS) break;
    asked.push(path);
  }
  return asked;
}
