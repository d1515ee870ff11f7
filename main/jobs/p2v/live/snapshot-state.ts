import { FailureError } from '../../../hosts/failures.ts';
import { overSourceLinks, type SourceHost } from '../../source/source-host.ts';

/**
 * That snapshots can be read: days may lie between the step that made them and this, and one that is full holds nothing any more.
 * @param paths `/dev/GROUP/NAME`
 * @throws FailureError CONFLICT
 */
export async function assertReadable(
  host: SourceHost,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const path of paths) {
    const argv = ['lvs', '--noheadings', '-o', 'lv_attr', path];
    const { status, stdout } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
    if (status !== 0)
      throw new FailureError({
        code: 'CONFLICT',
        message: `The snapshot ${path} of ${host.name} is not there any more: somebody removed it, or the machine itself did, as it had heard nothing of this job for six hours. Begin anew.`,
      });
    // lvs(8), lv_attr: the fifth letter is its state.
    if (/^....[IS]/.test(stdout.trim()))
      throw new FailureError({
        code: 'CONFLICT',
        message: `The snapshot ${path} of ${host.name} is full, and so holds nothing any more: more was written meanwhile than it has room for. Leave more room free in its volume group, stop what writes most, or copy at a quieter time.`,
      });
  }
}
