import type { RemoteApi } from '../../drivers/libvirt/api.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { FailureError } from '../hosts/failures.ts';
import type { HostSession } from '../hosts/session.ts';
import { NoCommands, runProgram } from '../jobs/host-commands.ts';

export type ContainerHost = Pick<HostSession, 'link' | 'name'>;

/** Signals by number: what libvirt sends to a container's first process, and what systemd wants there instead (systemd(1)). */
export const FIRST_PROCESS = {
  shutDown: { signal: '15', systemd: '38', done: 'asked to shut down', again: false },
  reboot: { signal: '1', systemd: '39', done: 'asked to reboot', again: true },
} as const;

/** A host that does not answer so long is not waited for. */
const LIMIT_MS = 30_000;

/**
 * `sh -c SCRIPT sh CONTROLLER NAME SIGNAL SYSTEMD`. The controller is the parent of the first process, which is number 1 to itself; it ends
 * with it, and is waited for a moment. That it has ended is said only where all processes are seen, libvirt's among them: a login that is not
 * root may see none of others (hidepid), nor does one in another PID namespace.
 */
export const SIGNAL_SCRIPT = `seen() { [ "$(id -u)" = 0 ] && cat /proc/[0-9]*/comm 2>/dev/null | grep -qxE 'libvirtd|virtlxcd'; }
[ -d "/proc/$1" ] || seen || exit 1
if [ -d "/proc/$1" ]; then
  tr '\\0' ' ' <"/proc/$1/cmdline" | grep -qF -- "libvirt_lxc --name $2 " || exit 1
  first=
  for child in $(cat "/proc/$1/task/$1/children"); do
    [ "$(sed -n 's/^NSpid:.*[[:space:]]//p' "/proc/$child/status")" != 1 ] || first=$child
  done
  [ -n "$first" ] || exit 1
  [ "$(cat "/proc/$first/comm")" = systemd ] && signal=$4 || signal=$3
  kill "-$signal" "$first" || exit 1
fi
seconds=0
while [ -d "/proc/$1" ] && [ $seconds -lt 5 ]; do sleep 1; seconds=$((seconds+1)); done
[ -d "/proc/$1" ] || { seen || exit 0; sleep 1; echo ended; }`;

/**
 * Sends a signal to a container's first process where libvirt does not know which one that is. A container's controller tells it once, and
 * libvirt (virLXCMonitorNew, seen with 9.0) loses the word that comes before it listens. In the worst case it has closed the connection to
 * the controller then, and takes a container that has ended for one that runs: of that it is told. The domain's ID is the controller's PID.
 * @throws FailureError when the host does not do it
 */
export async function signalFirstProcess(
  remote: RemoteApi,
  uuid: DomainRef['uuid'],
  {
    host,
    as: { signal, systemd, done, again },
  }: { readonly host: ContainerHost; readonly as: (typeof FIRST_PROCESS)[keyof typeof FIRST_PROCESS] },
): Promise<void> {
  const { dom } = await remote.domainLookupByUuid({ uuid });
  const argv = ['sh', '-c', SIGNAL_SCRIPT, 'sh', String(dom.id), dom.name, signal, systemd];
  const said = await runProgram(host, argv, AbortSignal.timeout(LIMIT_MS)).catch((error: unknown) => {
    if (!(error instanceof NoCommands)) throw error;
    return { status: 1, stdout: '', stderr: error.message };
  });
  if (said.status !== 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${dom.name} was not ${done} on ${host.name}: libvirt has lost there which process is its first one, and the login may not signal it. It can be forced off.`,
      ...(said.stderr === '' ? {} : { detail: said.stderr }),
    });
  const unseen = said.stdout.trim() === 'ended' && (await forget(remote, dom));
  if (unseen && again) await remote.domainCreate({ dom });
}

/** Tells libvirt of the end of a run where it has not seen it, and answers whether: no process is left that this could end. */
async function forget(remote: RemoteApi, ended: DomainRef): Promise<boolean> {
  try {
    const { dom } = await remote.domainLookupByUuid({ uuid: ended.uuid });
    if (dom.id !== ended.id) return false;
    await remote.domainDestroy({ dom });
    return true;
  } catch (error) {
    if (error instanceof LibvirtError && GONE.has(error.code)) return false;
    throw error;
  }
}

const GONE = new Set(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_DOMAIN']);
