import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../../../drivers/libvirt/uuid.ts';
import { runProgram } from '../../host-commands.ts';
import type { StepContext } from '../../engine/step.ts';

/** From its begin: longer than that is waited for, a freeze is, and its file systems are held (freeze.ts), so that it never comes in between. */
const WATCH_SECONDS = 60;
/** It is a precaution: a host that is slow to begin it does without. */
const BEGIN_MS = 10_000;

/** `sh -c WATCH sh FILE SECONDS URI UUID`: thaws when that time is over and the file still there. A guest may be slow to answer. The file has something in it when it is on its own. */
const WATCH = [
  '[ -e "$1" ] && echo $$ >"$1" || exit 1',
  'i=0',
  'while [ -e "$1" ] && [ $i -lt "$2" ]; do sleep 1; i=$((i + 1)); done',
  'for t in 1 2 3 4 5 6; do [ -e "$1" ] || exit 0; virsh -q -c "$3" domfsthaw "$4" && break; sleep 5; done',
  'rm -f -- "$1"',
].join('\n');

/**
 * `sh -c BEGIN sh WATCH SECONDS URI UUID`: begins that, apart from the login that ends when the link is lost, also where systemd ends what a login leaves
 * behind; says which file keeps it. Not where virsh is not let in without being asked something.
 */
const BEGIN = [
  'virsh -q -c "$3" domstate "$4" </dev/null >/dev/null || exit 1',
  'file=$(mktemp "${TMPDIR:-/tmp}/virtlane-thaw.XXXXXXXX") || exit 1',
  'watch=$1; shift; set -- setsid sh -c "$watch" sh "$file" "$@"',
  'if systemd-run --quiet --scope -- true </dev/null >/dev/null 2>&1; then set -- systemd-run --quiet --scope -- "$@"; fi',
  '"$@" </dev/null >/dev/null 2>&1 &',
  // What has not left the login yet ends with this.
  'n=0; until [ -s "$file" ]; do n=$((n + 1)); [ $n -le 50 ] || { rm -f -- "$file"; echo "it does not begin" >&2; exit 1; }; sleep 0.1; done',
  'printf %s "$file"',
].join('\n');

const KEPT_BY = /^\/[^\0\n]*\/virtlane-thaw\.[A-Za-z0-9]{8}$/;

/**
 * Lets the host itself thaw a guest that is about to be frozen, should nobody call that off: Virtlane may die meanwhile, or lose its link. Does nothing on a
 * host without virsh, or whose login runs no programs.
 * @returns calls it off
 */
export async function watchThaw(
  step: Pick<StepContext, 'session' | 'client' | 'log' | 'signal'>,
  { host, dom }: { readonly host: string; readonly dom: DomainRef },
): Promise<() => Promise<void>> {
  try {
    const limit = AbortSignal.any([step.signal, AbortSignal.timeout(BEGIN_MS)]);
    const { uri } = await step.client(host).remote.connectGetUri();
    const argv = ['sh', '-c', BEGIN, 'sh', WATCH, String(WATCH_SECONDS), uri, uuidToString(dom.uuid)];
    const { status, stdout, stderr } = await runProgram(step.session(host), argv, limit);
    if (status !== 0 || !KEPT_BY.test(stdout)) throw new Error(stderr.trim());
    return async () => {
      try {
        await runProgram(step.session(host), ['rm', '-f', '--', stdout], AbortSignal.timeout(BEGIN_MS));
      } catch {
        // Where the link is lost now it thaws what is thawed already.
      }
    };
  } catch (error) {
    step.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    step.log(
      `The host does not thaw ${dom.name} by itself, should Virtlane end or lose its link meanwhile: ${why}`,
    );
    return () => Promise.resolve();
  }
}
