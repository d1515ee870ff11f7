import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FailureError } from '../../../../hosts/failures.ts';
import type { StepKind } from '../../../engine/step.ts';
import { stepKind } from '../../../engine/step-kinds.ts';
import { besides, LOOK, PUT, PUTTING, TAKE_BACK } from '../../../source/file-scripts.ts';
import { watching } from '../../../source/lease.ts';
import { endsWell, overSourceLinks, uninterrupted, type SourceHost } from '../../../source/source-host.ts';
import { taggedParams, type SourceOf } from '../source-params.ts';
import { putFile, withWords, type PutFile } from './put-file.ts';
import { leftFiles, putArguments, putBy, takeBack, untilPut, type Put } from './take-back.ts';

export const filesParams = taggedParams.extend({
  files: z.array(putFile),
});
export type FilesParams = z.infer<typeof filesParams>;

/**
 * Puts files on the source that its copy starts by. They are taken away by `p2v.release`, by the undo, and by the source itself when it hears nothing of the job
 * for six hours; what is there until then is right for the source, too.
 */
export function filesStep(sourceOf: SourceOf): StepKind {
  return stepKind<FilesParams, Put>({
    name: 'p2v.files',
    params: filesParams,
    async check(params, step) {
      await prepared(sourceOf(params.source, step), params, step.signal);
    },
    async run(params, step) {
      const host = sourceOf(params.source, step);
      const ready = await prepared(host, params, step.signal);
      const put: Put = { tag: params.tag, files: ready.map(({ file }) => file) };
      // From here on they may be there.
      await step.note(put);
      const watch = watching(params.tag, 'files', { script: TAKE_BACK, args: putArguments(put) });
      const unwatched = `Nothing could be started on ${host.name} that watches over its files.`;
      await endsWell(host, watch, unwatched, step);
      for (const { file, from, before, content } of ready) {
        const { op, path, sha256 } = file;
        const argv = ['sh', '-c', PUT, PUTTING, op, path, besides(put.tag, path), sha256, before ?? from];
        await endsWell(host, uninterrupted(argv), `${path} could not be put on ${host.name}.`, {
          signal: step.signal,
          stdin: content,
          // After a lost link the one before goes on there: two at one time would be in each other's way.
          before: untilPut(put.tag),
        });
        step.log(
          `${host.name}: ${file.path} is ${file.op === 'new' ? 'there' : 'replaced'} while it is copied`,
        );
      }
      return put;
    },
    // A half goes: what it is made of may have changed meanwhile.
    async settle(params, step) {
      const noted = putBy(step.noted());
      if (noted !== null) await takeBack(sourceOf(params.source, step), noted, step);
      return { done: false };
    },
    async undo(params, _result, step) {
      const noted = putBy(step.noted());
      if (noted !== null) await takeBack(sourceOf(params.source, step), noted, step);
    },
    leaves: ({ source, files, tag }) =>
      `on ${source.target} ${leftFiles({
        tag,
        files: files.map(({ kind, path }) => ({ op: kind === 'renamed' ? 'replaced' : 'new', path })),
      })}`,
    namesHosts: true,
    apart: true,
  });
}

interface Ready {
  readonly file: Put['files'][number];
  /** What it is a copy of; `-`: of what the program reads. */
  readonly from: string;
  /** The sum of what is replaced. */
  readonly before: string | null;
  readonly content: string;
}

/** What is to be put where, from how the source is now. @throws FailureError where it is not as it was planned with */
async function prepared(
  host: SourceHost,
  { files, tag }: FilesParams,
  signal: AbortSignal,
): Promise<Ready[]> {
  const looked = files.flatMap((file) => [
    [file.path, besides(tag, file.path)],
    ...(file.kind === 'copy' ? [[file.from, '']] : []),
  ]);
  const argv = ['sh', '-c', LOOK, 'sh', ...looked.flat()];
  const { stdout } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  const states = stdout.trim().split('\n');
  const stateOf = (path: string): string => states[looked.findIndex(([each]) => each === path)] ?? '';
  const ready: Ready[] = [];
  for (const file of files) {
    const state = stateOf(file.path);
    if (state === 'left') throw refused(`${besides(tag, file.path)} is on ${host.name} already.`);
    if (file.kind === 'renamed') ready.push(await renamed(host, file, state, signal));
    else ready.push(added(host, file, { state, from: file.kind === 'copy' ? stateOf(file.from) : '' }));
  }
  return ready;
}

async function renamed(
  host: SourceHost,
  { path, sha256, words }: Extract<PutFile, { kind: 'renamed' }>,
  state: string,
  signal: AbortSignal,
): Promise<Ready> {
  const changed = refused(
    `${path} of ${host.name} is not as it was when the copy was planned, or lies behind a link. Plan it anew.`,
  );
  if (state !== `file ${sha256}`) throw changed;
  const { stdout } = await overSourceLinks(host, signal, (exec) => exec(['cat', path], { signal }));
  const content = sumOf(stdout) === sha256 ? withWords(stdout, words) : null;
  if (content === null) throw changed;
  const file = { op: 'replaced' as const, path, sha256: sumOf(content), folders: [] };
  return { file, from: '-', before: sha256, content };
}

function added(
  { name }: SourceHost,
  file: Exclude<PutFile, { kind: 'renamed' }>,
  { state, from }: { readonly state: string; readonly from: string },
): Ready {
  const { path } = file;
  const missing = /^none (\d{1,3})$/.exec(state)?.[1];
  if (missing === undefined)
    throw refused(`${path} is on ${name} already, or lies behind a link. Plan it anew.`);
  const parts = path.split('/').slice(0, -1);
  const folders = Array.from({ length: Number(missing) }, (_each, at) =>
    parts.slice(0, parts.length - at).join('/'),
  );
  if (file.kind === 'new')
    return {
      file: { op: 'new', path, sha256: sumOf(file.text), folders },
      from: '-',
      before: null,
      content: file.text,
    };
  const sha256 = /^file ([0-9a-f]{64})$/.exec(from)?.[1];
  if (sha256 === undefined)
    throw refused(`${file.from} is not on ${name} any more, or lies behind a link. Plan it anew.`);
  return { file: { op: 'new', path, sha256, folders }, from: file.from, before: null, content: '' };
}

function refused(message: string): FailureError {
  return new FailureError({ code: 'CONFLICT', message });
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
