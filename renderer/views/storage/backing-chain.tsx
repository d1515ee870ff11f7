import { useElementSize } from '@mantine/hooks';
import { IconDeviceDesktop, IconFile, IconFileStack } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { routeHash } from '../../state/router.ts';
import type { Chain, ChainNode, PlacedVolume } from './chain.ts';
import classes from './storage.module.css';

const BOX_PX = 30;
const LEVEL_PX = 54;
const GAP_PX = 8;
const MAX_BOX_PX = 240;

interface Box {
  readonly node: ChainNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Boxes from top to bottom, each above what it lies on; lines between them. The boxes are links. */
export function BackingChain({
  host,
  chain,
  byPath,
}: {
  host: string;
  chain: Chain;
  byPath: ReadonlyMap<string, PlacedVolume>;
}) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const boxes = width === 0 ? [] : placed(chain, width);
  const byId = new Map(boxes.map((box) => [box.node.id, box]));
  const height = (chain.levels.length - 1) * LEVEL_PX + BOX_PX;
  return (
    <div ref={ref} className={classes['chain']} style={{ height }}>
      <svg width={width} height={height} aria-hidden="true">
        {chain.edges.map(({ from, to }) => {
          const upper = byId.get(from);
          const lower = byId.get(to);
          if (upper === undefined || lower === undefined) return null;
          return <path key={`${from} ${to}`} d={line(upper, lower)} className={classes['chainLine']} />;
        })}
      </svg>
      {boxes.map((box) => (
        <ChainBox key={box.node.id} host={host} box={box} byPath={byPath} />
      ))}
    </div>
  );
}

function placed({ levels }: Chain, width: number): readonly Box[] {
  return levels.flatMap((level, depth) => {
    const each = Math.min(MAX_BOX_PX, (width - GAP_PX * (level.length - 1)) / level.length);
    const start = (width - each * level.length - GAP_PX * (level.length - 1)) / 2;
    return level.map((node, index) => ({
      node,
      x: start + index * (each + GAP_PX),
      y: depth * LEVEL_PX,
      width: each,
    }));
  });
}

/** Down from the middle of one box to the middle of the other, with a bend half way. */
function line(upper: Box, lower: Box): string {
  const from = { x: upper.x + upper.width / 2, y: upper.y + BOX_PX };
  const to = { x: lower.x + lower.width / 2, y: lower.y };
  const middle = (from.y + to.y) / 2;
  return `M${from.x} ${from.y}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`;
}

const ICONS = { machine: IconDeviceDesktop, volume: IconFileStack, file: IconFile };

function ChainBox({
  host,
  box: { node, x, y, width },
  byPath,
}: {
  host: string;
  box: Box;
  byPath: ReadonlyMap<string, PlacedVolume>;
}) {
  const { t } = useTranslation('storage');
  const style = { transform: `translate(${x}px, ${y}px)`, width, height: BOX_PX };
  if (node.kind === 'more')
    return (
      <span className={classes['chainBox']} data-kind="more" style={style}>
        {t('chainMore', { count: Number(node.label) })}
      </span>
    );
  const Icon = ICONS[node.kind];
  const name = {
    machine: t('chainMachine', { name: node.label }),
    volume: t('chainVolume', { name: node.label }),
    file: t('chainFile', { name: node.label }),
  }[node.kind];
  const content = (
    <>
      <Icon size={14} aria-hidden="true" />
      <span className="truncate">{node.kind === 'file' ? node.label.replace(/^.*\//, '') : node.label}</span>
    </>
  );
  const href = addressOf(host, node, byPath);
  if (href === null || node.self)
    return (
      <span
        className={classes['chainBox']}
        data-kind={node.kind}
        data-self={node.self || undefined}
        style={style}
        title={node.self ? t('chainSelf') : name}
      >
        {content}
      </span>
    );
  return (
    <a className={classes['chainBox']} data-kind={node.kind} style={style} href={href} title={name}>
      {content}
    </a>
  );
}

function addressOf(host: string, node: ChainNode, byPath: ReadonlyMap<string, PlacedVolume>): string | null {
  if (node.kind === 'machine') return routeHash({ page: 'machine', host, uuid: node.ref, tab: 'overview' });
  const placedVolume = byPath.get(node.id);
  if (placedVolume === undefined) return null;
  return routeHash({
    page: 'storage',
    pool: { host, uuid: placedVolume.pool },
    volume: placedVolume.volume.name,
  });
}
