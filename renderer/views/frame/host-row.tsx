import { ActionIcon, Badge, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { memo, useState, type DragEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import { openDialog } from '../../state/dialogs.ts';
import { endDrag, useDragged } from '../../state/drag.ts';
import { setFilter } from '../../state/filter.ts';
import { navigate } from '../../state/router.ts';
import { useHostFigures } from '../../state/stats.ts';
import { hostTone, silentSince } from '../../ui/domain-state.ts';
import { formatKiB, formatPercent } from '../../ui/format.ts';
import { followToPage } from '../../ui/landing.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { useHostWord } from '../../ui/state-label.tsx';
import { Age } from '../../ui/time.tsx';
import { HostMenuItems } from '../hosts/host-menu.tsx';
import classes from './sidebar.module.css';

/** A host: state, name, number of machines (or for how long it has been away), CPU and memory as two hair-thin bars. */
export const HostRow = memo(function HostRow({
  host,
  machines,
  chosen,
  onLeave,
}: {
  host: Host;
  machines: number;
  chosen: boolean;
  onLeave: () => void;
}) {
  const { t } = useTranslation(['hosts', 'common']);
  const [menu, setMenu] = useState(false);
  const word = useHostWord()(host);
  return (
    <li
      className={classes['host']}
      data-chosen={chosen || undefined}
      data-menu={menu || undefined}
      {...useDrop(host)}
      onContextMenu={(event) => {
        event.preventDefault();
        setMenu(true);
      }}
    >
      <a
        className={classes['item']}
        href="#/machines"
        aria-current={chosen ? 'page' : undefined}
        title={`${host.name}\n${host.uri}\n${word}`}
        onClick={() => {
          setFilter({ host: host.id, state: null, text: '' });
          navigate({ page: 'machines' });
          followToPage();
          onLeave();
        }}
      >
        <StateDot tone={hostTone(host)} />
        <span className="strong truncate">{host.name}</span>
        <span className="sr-only">{word}</span>
        {host.kind === 'demo' && <Badge className={classes['badge'] ?? ''}>{t('common:demo')}</Badge>}
        <span className={classes['count']}>
          <HostCount host={host} machines={machines} />
        </span>
        <HostBars id={host.id} />
      </a>
      <Menu opened={menu} onChange={setMenu} position="bottom-end">
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            size={20}
            className={classes['hostMenu'] ?? ''}
            aria-label={t('hosts:menu', { name: host.name })}
          >
            <IconDots size={14} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <HostMenuItems host={host} />
        </Menu.Dropdown>
      </Menu>
    </li>
  );
});

/** Machines can be dropped on a host that is connected and does not have them: then the sheet that moves them opens. */
function useDrop({ id, state }: Host) {
  const dragged = useDragged();
  const [over, setOver] = useState(false);
  const away = dragged?.machines.filter(({ host }) => host !== id) ?? [];
  if (dragged === null || away.length === 0 || state !== 'connected') return {};
  return {
    'data-drop': dragged.levels.get(id) ?? 'unknown',
    'data-over': over || undefined,
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      event.dataTransfer.dropEffect = 'move' as const;
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      endDrag();
      openDialog({ kind: 'migrate', machines: away, to: id });
    },
  };
}

function HostCount({ host, machines }: { host: Host; machines: number }) {
  const { t } = useTranslation('hosts');
  const silent = silentSince(host);
  if (silent !== null) return <Age since={silent} />;
  if (host.state === 'connected') return <>{machines}</>;
  if (host.state === 'connecting') return <>{t('connecting')}</>;
  if (host.state === 'asking') return <>{t('asks')}</>;
  if (host.lastSeen !== null && host.state !== 'disconnected') return <Age since={host.lastSeen} />;
  return <>{t(host.state === 'failed' ? 'failed' : 'off')}</>;
}

function HostBars({ id }: { id: string }) {
  const { t } = useTranslation('hosts');
  const figures = useHostFigures(id);
  const cpu = figures?.cpu ?? null;
  const used = figures?.memoryUsedKiB ?? null;
  const total = figures?.memoryTotalKiB ?? null;
  const memory = used === null || total === null || total === 0 ? null : (used / total) * 100;
  const title =
    figures === null
      ? undefined
      : t('bars', { cpu: formatPercent(cpu), used: formatKiB(used), total: formatKiB(total) });
  return (
    <svg width={34} height={10} className={classes['bars']} role="img" aria-label={title ?? t('noFigures')}>
      {title !== undefined && <title>{title}</title>}
      <Bar y={1} percent={cpu} paint="var(--cpu)" />
      <Bar y={6} percent={memory} paint="var(--mem)" />
    </svg>
  );
}

function Bar({ y, percent, paint }: { y: number; percent: number | null; paint: string }) {
  return (
    <>
      <rect y={y} width={34} height={3} rx={1.5} fill="var(--line)" />
      {percent !== null && (
        <rect y={y} width={34 * Math.min(1, percent / 100)} height={3} rx={1.5} fill={paint} />
      )}
    </>
  );
}
