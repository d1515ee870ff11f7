import { z } from 'zod';
import { toFailure } from '../../hosts/failures.ts';
import type { StepContext, StepKind } from '../engine/step.ts';
import { stepKind } from '../engine/step-kinds.ts';
import type { Packing } from '../source/devices.ts';
import { besides, PUT, PUTTING } from '../source/file-scripts.ts';
import { watching } from '../source/lease.ts';
import { endsWell, overSourceLinks, uninterrupted, type SourceHost } from '../source/source-host.ts';
import { CLOSE, KEYS_LOCK, KEYS_WAIT, LOOK_AROUND, RECEIVE, SET_UP } from './host-scripts.ts';
import { closeArguments, closeWay, lineOf, withLine, type Lined } from './key-line.ts';
import { send, type Sender } from './sender.ts';
import {
  hostOfPlan,
  keyResult,
  receiverFolder,
  unawaited,
  wayParams,
  type DirectResult,
  type WayKinds,
} from './way.ts';

const directParams = wayParams.extend({
  /** Id of the step that gave the source its key. */
  key: z.string(),
});
export type DirectParams = z.infer<typeof directParams>;

/** What the host runs for it, beside what every host has. */
const PROGRAMS = ['flock', 'fallocate', 'dd', 'stat', 'sha256sum', 'find', 'setsid'];
/** By what the source packs with. zstd also passes on what is not packed, where that would not get smaller. */
const UNPACKERS = { zstd: 'zstd -dcqf', lz4: 'lz4 -dcq', gzip: 'gzip -dc', none: 'cat' } as const;

const TRIAL_MS = 10_000;
/** Of several jobs that begin together one after the other gets its line in. */
const PUT_TRIES = 20;

/**
 * Lets the source's key start one program on the host, which writes to the volume that the job names there and to nothing else, and tries it. It is one line of the login's authorized_keys, which
 * the host takes out by itself when it hears nothing of the job for half an hour, and which is good for a day. Where that cannot be, it says why, leaves nothing, and the bytes go the other way.
 */
export function directStep({ of, wait, sourceOf }: WayKinds): StepKind {
  const close = (params: DirectParams, step: StepContext): Promise<void> =>
    closeWay(unawaited(hostOfPlan(params, step, wait.clock)), step.noted(), step.signal);
  return stepKind<DirectParams, DirectResult>({
    name: `${of}.direct`,
    params: directParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      const source = sourceOf(params.source, step);
      const result = await opened(params, { source, host: hostOfPlan(params, step, wait.clock) }, step);
      step.log(
        'open' in result
          ? `The bytes go from ${source.name} straight to ${params.hostName} (${result.open.address})`
          : `The bytes go from ${source.name} through this computer: ${result.why}`,
        'remark',
      );
      return result;
    },
    async settle(params, step) {
      await close(params, step);
      return { done: false };
    },
    undo: (params, _result, step) => close(params, step),
    leaves: ({ tag, hostName }) =>
      `on ${hostName} the line of ${tag} in the login's authorized_keys, which it takes out itself in half an hour where it runs on`,
    namesHosts: true,
  });
}

interface Ends {
  readonly source: SourceHost;
  readonly host: SourceHost;
}

async function opened(
  { tag, key: keyBy }: DirectParams,
  { source, host }: Ends,
  step: StepContext,
): Promise<DirectResult> {
  const given = keyResult.safeParse(step.result(keyBy)).data ?? { why: `${source.name} has no key` };
  if ('why' in given) return given;
  const { key } = given;
  const { signal } = step;
  try {
    const found = await lookAround(host, signal);
    if (found.why !== null) return { why: found.why };
    const packer = (['zstd', 'lz4', 'gzip'] as const).find(
      (program) => key.packers.includes(program) && found.programs.includes(program),
    );
    const packing: Packing = packer ?? 'none';
    const command = `exec sh ${receiverFolder(tag)}/receive ${UNPACKERS[packing]}`;
    const keys = { path: `${found.home}/.ssh/authorized_keys`, tag };
    const line = lineOf(key, { tag, command, until: found.until });
    const file = await putLine({ host, keys, line }, step);
    const open = { address: key.address, port: key.port, user: key.user, packing };
    const refused = await trial(source, { tag, ...open }, signal);
    if (refused === null) return { open };
    await closeWay(host, file, signal);
    return { why: `${source.name} does not reach ${host.name} at ${key.address} (${refused})` };
  } catch (error) {
    signal.throwIfAborted();
    await closeWay(host, step.noted(), signal);
    const { message } = toFailure(error, { message: `${host.name} could not be made ready for it.` });
    return { why: message.replace(/\.$/, '') };
  }
}

/** Puts the line there, and what it starts before it. @returns the file that has it */
async function putLine(
  {
    host,
    keys,
    line,
  }: { readonly host: SourceHost; readonly keys: { path: string; tag: string }; readonly line: string },
  step: StepContext,
): Promise<Lined> {
  const { signal } = step;
  const { tag, path } = keys;
  const failed = `The line could not be put into ${path} of ${host.name}.`;
  for (let tries = 1; ; tries += 1) {
    const { file, before, content } = await withLine(host, keys, line, signal);
    await step.note(file);
    const watch = watching(tag, 'direct', { script: CLOSE, args: closeArguments(file) });
    await endsWell(host, watch, failed, { signal });
    await endsWell(host, ['sh', '-c', SET_UP, 'sh', receiverFolder(tag)], failed, { signal, stdin: RECEIVE });
    const what = [file.op, path, besides(tag, path), file.sha256, before ?? '-'];
    const put = ['flock', '-w', KEYS_WAIT, KEYS_LOCK, 'sh', '-c', PUT, PUTTING, ...what];
    try {
      await endsWell(host, uninterrupted(put), failed, { signal, stdin: content });
      return file;
    } catch (error) {
      signal.throwIfAborted();
      const now = await withLine(host, keys, line, signal);
      // Else another job has put its line there meanwhile, or taken it out.
      if (tries === PUT_TRIES || now.before === before) throw error;
    }
  }
}

/** Asks the receiver for a sign of life. @returns why there was none, in words of ssh; null: there was one */
async function trial(
  source: SourceHost,
  way: Omit<Sender, 'summing'>,
  signal: AbortSignal,
): Promise<string | null> {
  const late = new AbortController();
  const stop = source.clock.setTimer(() => late.abort(), TRIAL_MS);
  const until = AbortSignal.any([signal, late.signal]);
  let answered = false;
  try {
    const { stderr } = await overSourceLinks(source, until, (exec) =>
      send(
        { name: source.name, boot: source.boot },
        exec,
        { ...way, summing: 'sha256sum' },
        {
          ranges: [{ to: 0, device: null }],
          signal: until,
          onOk: () => (answered = true),
          onSum: () => undefined,
        },
      ),
    );
    if (answered) return null;
    return stderr.trim().split('\n').at(-1)?.trim().slice(0, 300) || 'it said nothing';
  } catch (error) {
    signal.throwIfAborted();
    if (late.signal.aborted) return 'no answer within ten seconds';
    throw error;
  } finally {
    stop();
  }
}

interface Found {
  readonly home: string;
  /** When the line ends to be good, as sshd wants it. */
  readonly until: string;
  readonly programs: readonly string[];
  /** Why the host cannot do it; null: it can. */
  readonly why: string | null;
}

async function lookAround(host: SourceHost, signal: AbortSignal): Promise<Found> {
  const argv = ['sh', '-c', LOOK_AROUND, 'sh', ...PROGRAMS, 'zstd', 'lz4', 'gzip'];
  const { stdout } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  const [user, home = '', until = '', ...programs] = stdout.trimEnd().split('\n');
  const missing = PROGRAMS.filter((program) => !programs.includes(program));
  const why =
    user !== '0'
      ? `the login to ${host.name} is not root's, and may not write to the volume's file`
      : !/^\/[\w./-]*$/.test(home) || !/^\d{14}$/.test(until)
        ? `${host.name} does not tell where the login's keys are`
        : missing.length > 0
          ? `${host.name} has no ${missing.join(', ')}`
          : null;
  return { home, until, programs, why };
}
