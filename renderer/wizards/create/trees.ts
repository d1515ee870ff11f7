import type { CreateOptions } from '../../../main/contract/create.ts';

type Systems = CreateOptions['systems'];

/** The tree of a system for an architecture; null: none is known. */
export function treeOf(systems: Systems, id: string | null, arch: string): string | null {
  const system = systems.find((one) => one.id === id);
  return system?.trees.find((tree) => tree.arch === arch)?.url ?? null;
}

export function isKnownTree(systems: Systems, url: string): boolean {
  return systems.some(({ trees }) => trees.some((tree) => tree.url === plain(url)));
}

/** The system whose tree is at an address: the very one, or a mirror of it, where the end of its path says enough. */
export function systemOfTree(systems: Systems, url: string): string | null {
  const exact = systems.find(({ trees }) => trees.some((tree) => tree.url === plain(url)));
  if (exact !== undefined) return exact.id;
  const end = endOf(url);
  if (end === null) return null;
  const [found, other] = systems.filter(({ trees }) => trees.some((tree) => endOf(tree.url) === end));
  return found !== undefined && other === undefined ? found.id : null;
}

function plain(url: string): string {
  return url.trim().replace(/\/+$/, '');
}

/** `dists/bookworm/main/installer-amd64` */
function endOf(url: string): string | null {
  const parts = (URL.parse(plain(url))?.pathname ?? '').split('/').filter((part) => part !== '');
  return parts.length < 4 ? null : parts.slice(-4).join('/');
}
