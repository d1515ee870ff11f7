import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import { FailureError } from '../../hosts/failures.ts';
import { besides, LOOK, PUTTING } from '../source/file-scripts.ts';
import { leaseFile } from '../source/lease.ts';
import { overSourceLinks, uninterrupted, untilOver, type SourceHost } from '../source/source-host.ts';
import { CLOSE } from './host-scripts.ts';
import { receiverFolder, type SourceKey } from './way.ts';

/** The file that got the line, noted before the host is asked for it. */
const lined = z.object({
  tag: z.string(),
  op: z.enum(['replaced', 'new']),
  path: z.string(),
  sha256: z.string(),
  /** It is made with it; null: it is there. */
  folder: z.string().nullable(),
});
export type Lined = z.infer<typeof lined>;

/** A line of authorized_keys (sshd(8)). */
export function lineOf(
  key: SourceKey,
  { tag, command, until }: { readonly tag: string; readonly command: string; readonly until: string },
): string {
  if (isIP(key.from) === 0)
    throw new FailureError({ code: 'CONFLICT', message: 'The source has no address.' });
  return `restrict,from="${key.from}",expiry-time="${until}",command="${command}" ${key.public} ${tag}`;
}

interface WithLine {
  readonly file: Lined;
  /** The sum of what is replaced; null: there is no such file. */
  readonly before: string | null;
  readonly content: string;
}

/** The file with one line more. @throws FailureError where it is behind a link, or another job's line is there under that name */
export async function withLine(
  host: SourceHost,
  { path, tag }: { readonly path: string; readonly tag: string },
  line: string,
  signal: AbortSignal,
): Promise<WithLine> {
  const ask = (argv: readonly string[]) => overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  const { stdout } = await ask(['sh', '-c', LOOK, 'sh', path, besides(tag, path)]);
  const state = stdout.trim();
  const before = /^file ([0-9a-f]{64})$/.exec(state)?.[1] ?? null;
  const text = before === null ? '' : (await ask(['cat', path])).stdout;
  if ((before === null && !state.startsWith('none ')) || (before !== null && sumOf(text) !== before))
    throw new FailureError({
      code: 'CONFLICT',
      message: `${path} of ${host.name} lies behind a link, or is no plain text.`,
    });
  const content = `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
  const file = {
    tag,
    op: before === null ? ('new' as const) : ('replaced' as const),
    path,
    sha256: sumOf(content),
    folder: state === 'none 1' ? path.slice(0, path.lastIndexOf('/')) : null,
  };
  return { file, before, content };
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function closeArguments({ op, path, sha256, tag, folder }: Lined): string[] {
  return [
    op,
    path,
    besides(tag, path),
    sha256,
    tag,
    receiverFolder(tag),
    leaseFile(tag, 'direct'),
    folder ?? '',
  ];
}

/**
 * Takes the line out again.
 * @param noted of the step that has put the line
 */
export async function closeWay(host: SourceHost, noted: unknown, signal: AbortSignal): Promise<void> {
  const file = lined.safeParse(noted).data;
  if (file === undefined) return;
  // One that was begun goes on after a cancel, and a lost link.
  const over = untilOver(PUTTING, file.tag);
  const close = uninterrupted(['sh', '-c', CLOSE, 'sh', ...closeArguments(file)]);
  await overSourceLinks(host, signal, async (exec) => {
    for (const argv of [over, close]) {
      const { status, stderr } = await exec(argv, { signal });
      if (status === 0) continue;
      throw new FailureError({
        code: 'CONFLICT',
        message: `The line of ${file.tag} could not be taken out of ${file.path} of ${host.name}: take it out by hand.`,
        detail: stderr.trim(),
      });
    }
  });
}
