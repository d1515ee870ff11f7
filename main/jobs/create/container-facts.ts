import { readCapabilities, type CapabilitiesModel } from '../../../drivers/libvirt/model/index.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { CreateInput } from '../../contract/create.ts';
import type { Pool } from '../../contract/storage.ts';
import type { HostSession } from '../../hosts/session.ts';
import { NoCommands, runProgram } from '../host-commands.ts';
import { imagePlace } from './media.ts';

/** What a plan of a container must know of its host. */
export interface ContainerFacts {
  /** libvirt's LXC driver answers on this connection. */
  readonly lxc: boolean;
  /** Why the host cannot be asked about its files, and unpacks nothing; null: it can. */
  readonly noCommands: string | null;
  /** What is so on the host. `tar`: it is GNU's; `writable`: the pool, to the login; `root` and `init`: the folder, and the program in it. */
  readonly found: ReadonlySet<(typeof FOUND)[number]>;
  /** The program beside tar that the archive needs; null: none. */
  readonly unpacker: string | null;
}

const FOUND = ['tar', 'unpacker', 'writable', 'root', 'init'] as const;

/** Names of archives, and what tar calls to read them. */
const UNPACKERS: readonly (readonly [RegExp, string | null])[] = [
  [/[.]tar$/i, null],
  [/[.](tar[.]gz|tgz)$/i, 'gzip'],
  [/[.](tar[.]xz|txz)$/i, 'xz'],
  [/[.](tar[.]zst|tzst)$/i, 'zstd'],
  [/[.](tar[.]bz2|tbz2?)$/i, 'bzip2'],
];

export function isArchive(name: string): boolean {
  return UNPACKERS.some(([pattern]) => pattern.test(name));
}

const LOOK_LIMIT_MS = 30_000;

/** `sh -c LOOK sh ROOT INIT POOL UNPACKER`: a word for each thing that is so. A link is taken for what it is called, not for where it points. */
const LOOK = [
  'tar --version 2>/dev/null | grep -q GNU && echo tar',
  'command -v "$4" >/dev/null && echo unpacker',
  '[ -w "$3" ] && echo writable',
  '[ -d "$1" ] && echo root',
  '{ [ -x "$1$2" ] || [ -L "$1$2" ]; } && echo init',
  ':',
].join('; ');

/** Whether libvirt makes containers on this connection. */
export function makesContainers({ guests }: CapabilitiesModel): boolean {
  return guests.some(({ osType, domainTypes }) => osType === 'exe' && domainTypes.includes('lxc'));
}

/** Null where the input is of no container. */
export async function readContainerFacts(
  session: HostSession,
  { input, pools }: { readonly input: CreateInput; readonly pools: readonly Pool[] },
  options: CallOptions,
): Promise<ContainerFacts | null> {
  const { source } = input;
  if (source.kind !== 'container') return null;
  const { root, init } = source;
  const reply = await session.client.remote.connectGetCapabilities(undefined, options);
  const lxc = makesContainers(readCapabilities(reply.capabilities));
  const name = root.kind === 'template' ? imagePlace(root.archive).name : '';
  const unpacker = UNPACKERS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
  const folder = root.kind === 'directory' ? root.path : '';
  const pool = root.kind === 'template' ? pools.find(({ uuid }) => uuid === root.pool)?.path : null;
  const argv = ['sh', '-c', LOOK, 'sh', folder === '' ? '/' : folder, init, pool ?? '', unpacker ?? 'tar'];
  const told = await look(session, argv, options.signal ?? AbortSignal.timeout(LOOK_LIMIT_MS));
  return {
    lxc,
    noCommands: typeof told === 'string' ? told : null,
    found: typeof told === 'string' ? new Set() : told,
    unpacker,
  };
}

/** What is so; where the login runs no commands, why. */
async function look(
  session: HostSession,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<ContainerFacts['found'] | string> {
  try {
    const { stdout } = await runProgram(session, argv, signal);
    const lines = stdout.split('\n');
    return new Set(FOUND.filter((word) => lines.includes(word)));
  } catch (error) {
    if (error instanceof NoCommands) return error.message;
    throw error;
  }
}
