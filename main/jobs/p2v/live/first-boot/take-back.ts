import { z } from 'zod';
import { FailureError } from '../../../../hosts/failures.ts';
import { Stays, type StepContext } from '../../../engine/step.ts';
import { leaseFile } from '../../../source/lease.ts';
import { overSourceLinks, uninterrupted, untilOver, type SourceHost } from '../../../source/source-host.ts';
import { besides, PUTTING, TAKE_BACK } from '../../../source/file-scripts.ts';

/** What was put on the source: in a step's note before the source is asked for it, and its result. */
const putFiles = z.object({
  tag: z.string(),
  files: z.array(
    z.object({
      op: z.enum(['replaced', 'new']),
      path: z.string(),
      /** Of what was put there. */
      sha256: z.string(),
      /** That are made with it, the innermost first. */
      folders: z.array(z.string()),
    }),
  ),
});
export type Put = z.infer<typeof putFiles>;

/** What a step has noted, or given. @returns null for what is none such */
export function putBy(value: unknown): Put | null {
  return putFiles.safeParse(value).data ?? null;
}

/** A program that waits for those that put files and go on after a cancel, or a lost link. */
export function untilPut(tag: string): string[] {
  return untilOver(PUTTING, tag);
}

/** As TAKE_BACK takes them. */
export function putArguments({ tag, files }: Put): string[] {
  return files.flatMap(({ op, path, sha256, folders }) => [
    op,
    path,
    besides(tag, path),
    sha256,
    ...folders.flatMap((folder) => ['folder', folder, '', '']),
  ]);
}

/**
 * Takes files away again; waits while the source is away.
 * @param only paths of those that are taken away; left out: all, and nothing watches over them any more
 * @throws Stays where somebody has changed one meanwhile; FailureError
 */
export async function takeBack(
  host: SourceHost,
  put: Put,
  { signal, only }: Pick<StepContext, 'signal'> & { readonly only?: readonly string[] },
): Promise<void> {
  const over = untilPut(put.tag);
  const { status: busy } = await overSourceLinks(host, signal, (exec) => exec(over, { signal }));
  if (busy !== 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `A file is still being put on ${host.name}, which takes it back itself in six hours where it runs on.`,
    });
  const paths = pathsIn(put, only ?? null);
  const files = put.files.filter(({ path }) => paths.includes(path));
  const argv = ['sh', '-c', TAKE_BACK, 'sh', ...putArguments({ tag: put.tag, files })];
  const { status, stdout, stderr } = await overSourceLinks(host, signal, (exec) =>
    exec(uninterrupted(argv), { signal }),
  );
  const told = stdout.split('\n');
  const pathsOf = (word: string): string[] => paths.filter((path) => told.includes(`${word} ${path}`));
  const failed = pathsOf('failed');
  if (status !== 0 || failed.length > 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${(failed.length > 0 ? failed : paths).join(', ')} on ${host.name} could not be put back as it was.`,
      detail: stderr.trim(),
    });
  if (only === undefined) {
    const lease = ['rm', '-f', leaseFile(put.tag, 'files')];
    await overSourceLinks(host, signal, (exec) => exec(lease, { signal }));
  }
  const [changed] = pathsOf('stays');
  if (changed !== undefined)
    throw new Stays(
      `${changed} on ${host.name}`,
      `somebody has changed it meanwhile; as it was before is ${besides(put.tag, changed)}, if it was there`,
    );
}

/** @param only null: all */
export function pathsIn({ files }: Put, only: readonly string[] | null): string[] {
  return files.map(({ path }) => path).filter((path) => only?.includes(path) ?? true);
}

/** What may be there of it yet, for a person. */
export function leftFiles({
  tag,
  files,
}: {
  readonly tag: string;
  readonly files: readonly Pick<Put['files'][number], 'op' | 'path'>[];
}): string {
  const told = files.map(({ op, path }) =>
    op === 'new' ? path : `${path} as the copy has it (as it was: ${besides(tag, path)})`,
  );
  return `${told.join(', ')} may be there yet: it takes that back itself in six hours where it runs on; it is right for this machine, too`;
}

/** Where it heard nothing of the job for long, or was started anew, the source may have taken its files back. @throws FailureError */
export async function assertPut(host: SourceHost, tag: string, signal: AbortSignal): Promise<void> {
  const argv = ['test', '-e', leaseFile(tag, 'files')];
  const { status } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  if (status === 0) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `What was put on ${host.name} for the first boot may not be in the copy: it heard nothing of this for six hours, or was started anew. Copy it anew.`,
  });
}
