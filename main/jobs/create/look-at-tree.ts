import type { CreateInput } from '../../contract/create.ts';
import type { HostSession } from '../../hosts/session.ts';
import type { InstallTrees, TreeLook } from './install-tree.ts';
import { isSimulated } from './simulated-web.ts';

/** A simulated host's installer is simulated too: nobody is asked. */
export async function lookAtTree(
  session: HostSession,
  { source, spec }: CreateInput,
  trees: InstallTrees,
): Promise<TreeLook | null> {
  if (source.kind !== 'tree') return null;
  if (!isSimulated(session, source.url)) return trees.look(source.url, spec.arch);
  const at = (name: string) => ({ url: `${source.url.replace(/\/+$/, '')}/${name}`, checksum: null });
  return { found: { kernel: at('linux'), initrd: at('initrd.gz'), arguments: '' } };
}
