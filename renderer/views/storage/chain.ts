import type { Volume } from '../../../main/contract/storage.ts';
import { diskUsers } from './volume-list.ts';

/** One box of the drawing of what lies on what. */
export interface ChainNode {
  readonly id: string;
  readonly kind: 'machine' | 'volume' | 'file' | 'more';
  /** A name, or how many more there are. */
  readonly label: string;
  /** The machine's UUID; the volume's pool. */
  readonly ref: string;
  readonly running: boolean;
  /** It is the volume that the drawing is of. */
  readonly self: boolean;
}

export interface ChainEdge {
  readonly from: string;
  readonly to: string;
}

/** From top to bottom: machines, volumes that lie on it, the volume, the files under it. */
export interface Chain {
  readonly levels: readonly (readonly ChainNode[])[];
  readonly edges: readonly ChainEdge[];
}

export interface PlacedVolume {
  readonly pool: string;
  readonly volume: Volume;
}

/** More boxes than this on a level become one that counts them. */
const MAX_WIDE = 3;
/** A chain that is longer goes round in a circle, or is a mistake. */
const MAX_DEEP = 16;

/** `byPath`: all volumes of the host that are known. */
export function chainOf({ pool, volume }: PlacedVolume, byPath: ReadonlyMap<string, PlacedVolume>): Chain {
  const edges: ChainEdge[] = [];
  const self = volumeNode({ pool, volume }, true);
  const children = volume.baseOf.map((path) => nodeOfPath(path, byPath));
  const upper: ChainNode[] = [];
  for (const child of children.slice(0, MAX_WIDE))
    upper.push(...machinesOn(byPath.get(child.id)?.volume, child.id, edges));
  const beside = [...machinesOn(volume, self.id, edges), ...children];
  for (const child of children) edges.push({ from: child.id, to: self.id });
  const below = filesUnder(volume, byPath, edges);
  const levels = [narrowed(upper), narrowed(beside), [self], ...below.map((node) => [node])];
  const shown = levels.filter((level) => level.length > 0);
  const there = new Set(shown.flat().map(({ id }) => id));
  return { levels: shown, edges: edges.filter(({ from, to }) => there.has(from) && there.has(to)) };
}

function machinesOn(volume: Volume | undefined, on: string, edges: ChainEdge[]): ChainNode[] {
  if (volume === undefined) return [];
  return diskUsers(volume).map(({ uuid, name, running }) => {
    const id = `${uuid} ${on}`;
    edges.push({ from: id, to: on });
    return { id, kind: 'machine', label: name, ref: uuid, running, self: false };
  });
}

function filesUnder(
  volume: Volume,
  byPath: ReadonlyMap<string, PlacedVolume>,
  edges: ChainEdge[],
): ChainNode[] {
  const seen = new Set([volume.path]);
  const nodes: ChainNode[] = [];
  let above: Volume | undefined = volume;
  while (above !== undefined && above.backing !== null && nodes.length < MAX_DEEP) {
    const path: string = above.backing;
    if (seen.has(path)) break;
    seen.add(path);
    edges.push({ from: above.path, to: path });
    nodes.push(nodeOfPath(path, byPath));
    above = byPath.get(path)?.volume;
  }
  return nodes;
}

function nodeOfPath(path: string, byPath: ReadonlyMap<string, PlacedVolume>): ChainNode {
  const placed = byPath.get(path);
  if (placed !== undefined) return volumeNode(placed, false);
  return { id: path, kind: 'file', label: path, ref: '', running: false, self: false };
}

function volumeNode({ pool, volume }: PlacedVolume, self: boolean): ChainNode {
  return { id: volume.path, kind: 'volume', label: volume.name, ref: pool, running: false, self };
}

function narrowed(level: readonly ChainNode[]): readonly ChainNode[] {
  if (level.length <= MAX_WIDE) return level;
  const rest = level.length - MAX_WIDE + 1;
  const more = { kind: 'more', label: String(rest), ref: '', running: false, self: false } as const;
  return [...level.slice(0, MAX_WIDE - 1), { id: `more ${level[0]?.id ?? ''}`, ...more }];
}
