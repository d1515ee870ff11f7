import type { CallOptions } from '../../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../../drivers/transport/errors.ts';
import { NoCommands, runProgram, type ProgramHost } from '../../host-commands.ts';
import { IN_PLACE, PATHS } from './scripts.ts';

/** A login that is as slow as that tells nothing. */
const LOOK_LIMIT_MS = 5000;

/** What it takes on the host. nbdkit is wanted by virt-v2v itself, which does not use it here. */
const NEEDED: readonly (readonly [program: string, from: string])[] = [
  [IN_PLACE, 'install virt-v2v there, version 2.2 or later'],
  ['nbdkit', 'virt-v2v needs it: install it there'],
  ['qemu-img', 'install QEMU’s tools there'],
  ['flock', 'install util-linux there'],
  ['unshare', 'install util-linux there'],
];

/** Containers may have no right to them. */
const NO_NAMESPACES = 'no namespaces';
/** `sh -c LOOK sh PROGRAM…`: the user's number, and those of the programs that are not there. */
const LOOK = `${PATHS}; id -u; for p; do command -v "$p" >/dev/null 2>&1 || echo "$p"; done; unshare --mount --net true 2>/dev/null || echo "${NO_NAMESPACES}"`;

/** Why the host's virt-v2v cannot prepare a copy, in a sentence; null: it can. */
export async function readNoVirtV2v(session: ProgramHost, { signal }: CallOptions): Promise<string | null> {
  const limit = AbortSignal.timeout(LOOK_LIMIT_MS);
  const look = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const { name } = session;
  try {
    const argv = ['sh', '-c', LOOK, 'sh', ...NEEDED.map(([program]) => program)];
    const { status, stdout } = await runProgram(session, argv, look);
    if (status !== 0) return `Whether ${name} has virt-v2v could not be seen.`;
    const [user, ...missing] = stdout.split('\n').filter((line) => line !== '');
    const first = NEEDED.find(([program]) => missing.includes(program));
    if (first !== undefined) return `${name} has no ${first[0]}: ${first[1]}.`;
    // libvirt's volumes are root's alone.
    if (user !== '0')
      return `The login to ${name} is not root’s, and virt-v2v has to write to the new disks.`;
    if (missing.includes(NO_NAMESPACES))
      return `${name} gives a program no mounts and no network of its own (unshare --mount --net), which virt-v2v is to have: it runs programs of the copied system.`;
    return null;
  } catch (error) {
    if (error instanceof NoCommands)
      return `No virt-v2v can be run: ${error.failure.message.replace(/\.$/, '')}.`;
    if (error instanceof TransportError) return `Whether ${name} has virt-v2v could not be seen.`;
    throw error;
  }
}
