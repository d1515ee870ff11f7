import type { ContainerSource, Medium } from '../../contract/create.ts';
import { UsageError } from '../errors.ts';
import type { CreateFlags } from './create.ts';

const FOLDER = 'dir:';

/** A folder of the host: `dir:/srv/web`. A path alone is a file of this computer. */
export function isFolder(text: string): boolean {
  return text.startsWith(FOLDER);
}

/**
 * What a container is made from.
 * @throws {UsageError} for a variable that is none
 */
export function containerOf(
  { container = '', init = '/sbin/init', arg, env, unprivileged }: CreateFlags,
  { pool, archive }: { readonly pool: string; readonly archive: (text: string) => Medium },
): ContainerSource {
  return {
    kind: 'container',
    root: rootOf(container, pool, archive),
    init,
    args: [...arg],
    env: env.map((text) => {
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
      if (name !== undefined && value !== undefined) return { name, value };
      throw new UsageError(`--env is a name and a value, as LANG=C.UTF-8, not ${text}.`);
    }),
    unprivileged,
  };
}

function rootOf(text: string, pool: string, archive: (text: string) => Medium): ContainerSource['root'] {
  if (text === 'host') return { kind: 'host' };
  if (isFolder(text)) return { kind: 'directory', path: text.slice(FOLDER.length) };
  return { kind: 'template', archive: archive(text), pool };
}
