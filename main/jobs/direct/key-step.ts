import { isIP } from 'node:net';
import { wireKeyType } from '../../../drivers/transport/known-hosts-line.ts';
import { newSshKey } from '../../../drivers/transport/ssh-new-key.ts';
import type { SshPeer } from '../../hosts/link.ts';
import { toFailure } from '../../hosts/failures.ts';
import type { StepContext, StepKind } from '../engine/step.ts';
import { stepKind } from '../engine/step-kinds.ts';
import { leaseFile, watching } from '../source/lease.ts';
import { endsWell, overSourceLinks, untilOver, type SourceHost } from '../source/source-host.ts';
import { HOST_ALIAS, PUT_KEY, ROUTES } from './source-scripts.ts';
import {
  hostOfPlan,
  keyFolder,
  sourceName,
  unawaited,
  wayParams,
  type KeyResult,
  type WayKinds,
  type WayParams,
} from './way.ts';

/** What the source runs for it, beside what every source has. */
const PROGRAMS = ['ssh', 'ip', 'tee'];
const PACKERS = ['zstd', 'lz4', 'gzip'];

/**
 * Gives the source a key of its own for the host, and the host's key as the login to it has found it good. Nothing of the host lets that key in yet. The source removes it by itself when it hears
 * nothing of the job for half an hour. Where that cannot be, it says why, and the bytes go the other way.
 */
export function keyStep({ of, wait, sourceOf, apart }: WayKinds): StepKind {
  const remove = async (params: WayParams, step: StepContext): Promise<void> => {
    if (step.noted() === undefined) return;
    const source = sourceOf(params.source, step);
    await removeKey(apart ? source : unawaited(source), params.tag, step.signal);
  };
  return stepKind<WayParams, KeyResult>({
    name: `${of}.key`,
    params: wayParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      const source = sourceOf(params.source, step);
      const host = hostOfPlan(params, step, wait.clock);
      try {
        const own = await connectionOf(host, step.signal);
        const { ssh } = step.session(params.host).link;
        if (ssh === undefined) return { why: `the login to ${params.hostName} is none by SSH` };
        const places = placesOf(ssh, own);
        const argv = ['sh', '-c', ROUTES, 'sh', ...places.map(({ address }) => address)];
        const { stdout } = await overSourceLinks(source, step.signal, (exec) =>
          exec(argv, { signal: step.signal }),
        );
        const [user, ...lines] = stdout.split('\n');
        if (user !== '0')
          return {
            why: `the login to ${source.name} is not root's, and may not read the disks' own files`,
          };
        const missing = PROGRAMS.filter((program) => !lines.includes(program));
        if (missing.length > 0) return { why: `${source.name} has no ${missing.join(', ')}` };
        const routes = new Map(lines.map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']));
        const place = places.find(({ address }) => isIP(routes.get(address) ?? '') !== 0);
        if (place === undefined)
          return {
            why: `${source.name} knows no way to ${places.map(({ address }) => address).join(', ') || params.hostName}`,
          };
        // From here on it may be there.
        await step.note({ tag: params.tag });
        const made = newSshKey();
        await putKey(source, { tag: params.tag, key: made.private, peer: ssh }, step);
        return {
          key: {
            public: made.public,
            ...place,
            user: ssh.user,
            from: routes.get(place.address) ?? '',
            packers: PACKERS.filter((program) => lines.includes(program)),
          },
        };
      } catch (error) {
        step.signal.throwIfAborted();
        if (step.noted() !== undefined) await removeKey(source, params.tag, step.signal);
        return { why: toFailure(error, { message: `${source.name} got no key.` }).message };
      }
    },
    async settle(params, step) {
      await remove(params, step);
      return { done: false };
    },
    undo: (params, _result, step) => remove(params, step),
    leaves: ({ source, tag }) =>
      `on ${sourceName(source)} the key in ${keyFolder(tag)}, which it removes itself in half an hour where it runs on`,
    namesHosts: true,
    ...(apart ? { apart: true } : {}),
  });
}

async function putKey(
  source: SourceHost,
  { tag, key, peer }: { readonly tag: string; readonly key: string; readonly peer: SshPeer },
  { signal }: Pick<StepContext, 'signal'>,
): Promise<void> {
  const failed = `The key for the host could not be put on ${source.name}.`;
  const watch = watching(tag, 'direct', { script: 'rm -rf "$1"', args: [keyFolder(tag)] });
  await endsWell(source, watch, failed, { signal });
  const known = `${HOST_ALIAS} ${wireKeyType(peer.hostKey) ?? ''} ${peer.hostKey.toString('base64')}`;
  const put = ['sh', '-c', PUT_KEY, PUTTING_KEY, keyFolder(tag), known];
  await endsWell(source, put, failed, { signal, stdin: key, before: untilKey(tag) });
}

/** What the program that puts the key is called, so that it is found. */
const PUTTING_KEY = 'virtlane-key';

/** Waits for one that goes on after a cancel, or a lost link: it would put the key into what another one has made, or where none is to be any more. */
function untilKey(tag: string): string[] {
  return untilOver(PUTTING_KEY, tag);
}

/** Takes it away again. */
export async function removeKey(source: SourceHost, tag: string, signal: AbortSignal): Promise<void> {
  const argv = ['rm', '-rf', keyFolder(tag), leaseFile(tag, 'direct')];
  await endsWell(source, argv, `The key in ${keyFolder(tag)} of ${source.name} could not be removed.`, {
    signal,
    before: untilKey(tag),
  });
}

interface Place {
  readonly address: string;
  readonly port: number;
}

/** Where the host says that this login came to. @returns null where it does not */
async function connectionOf(host: SourceHost, signal: AbortSignal): Promise<Place | null> {
  const argv = ['sh', '-c', 'echo "$SSH_CONNECTION"'];
  const { stdout } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  const [, , address = '', port = ''] = stdout.trim().split(' ');
  return isIP(address) === 0 ? null : { address, port: Number(port) };
}

/** Addresses at which the source may reach the host: as it calls itself first, as this computer may go through another one. */
function placesOf({ host: address, port }: SshPeer, own: Place | null): Place[] {
  const all = [...(own === null ? [] : [own]), ...(isIP(address) === 0 ? [] : [{ address, port }])];
  return all.filter(
    (place, at) =>
      !/^(?:127\.|::1$)/.test(place.address) &&
      all.findIndex((other) => other.address === place.address && other.port === place.port) === at,
  );
}
