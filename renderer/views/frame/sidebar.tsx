import { ActionIcon, Drawer } from '@mantine/core';
import { IconDatabase, IconList, IconNetwork, IconPlus } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { openDialog } from '../../state/dialogs.ts';
import { clearFilter, useFilter } from '../../state/filter.ts';
import { useDomains, useHosts, useInventoryLoaded } from '../../state/inventory.ts';
import { navigate, useRoute } from '../../state/router.ts';
import { setUi, useUi } from '../../state/ui.ts';
import { followToPage } from '../../ui/landing.ts';
import { ResizeHandle } from '../../ui/resize-handle.tsx';
import { HostRow } from './host-row.tsx';
import classes from './sidebar.module.css';

const BOUNDS = { min: 180, max: 420 };

export function Sidebar() {
  const { t } = useTranslation('frame');
  const open = useUi('sidebarOpen');
  const width = useUi('sidebarWidth');
  if (!open) return null;
  return (
    <aside className={classes['sidebar']} style={{ width }} aria-label={t('sidebar')}>
      <SidebarContent onLeave={() => undefined} />
      <ResizeHandle
        what={t('sidebar')}
        edge="right"
        size={width}
        bounds={BOUNDS}
        onResize={(sidebarWidth) => setUi({ sidebarWidth })}
      />
    </aside>
  );
}

/** The same in a drawer, on a window too narrow for both. */
export function MobileSidebar({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation('common');
  return (
    <Drawer
      opened={open}
      onClose={onClose}
      size={260}
      title="Virtlane"
      closeButtonProps={{ 'aria-label': t('close') }}
      padding={8}
      classNames={{ header: classes['drawerHeader'] ?? '', title: classes['drawerTitle'] ?? '' }}
      transitionProps={{ duration: 120 }}
    >
      <SidebarContent onLeave={onClose} />
    </Drawer>
  );
}

function SidebarContent({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation(['frame', 'hosts']);
  const hosts = useHosts();
  const loaded = useInventoryLoaded();
  const domains = useDomains();
  const filter = useFilter();
  const route = useRoute();
  const counts = useMemo(() => {
    const byHost = new Map<string, number>();
    for (const domain of domains) byHost.set(domain.host, (byHost.get(domain.host) ?? 0) + 1);
    return byHost;
  }, [domains]);
  const onMachines = route.page === 'machines' && filter.host === null;
  return (
    <div className={classes['content']}>
      <nav aria-label={t('frame:pages')}>
        <a
          className={classes['item']}
          href="#/machines"
          aria-current={onMachines ? 'page' : undefined}
          onClick={() => {
            clearFilter();
            navigate({ page: 'machines' });
            followToPage();
            onLeave();
          }}
        >
          <IconList size={16} stroke={1.75} aria-hidden="true" />
          <span className="strong">{t('frame:machines')}</span>
          <span className={classes['count']}>{domains.length > 0 ? domains.length : ''}</span>
        </a>
        <a
          className={classes['item']}
          href="#/storage"
          aria-current={route.page === 'storage' ? 'page' : undefined}
          onClick={() => {
            navigate({ page: 'storage' });
            followToPage();
            onLeave();
          }}
        >
          <IconDatabase size={16} stroke={1.75} aria-hidden="true" />
          <span className="strong">{t('frame:storage')}</span>
        </a>
        <a
          className={classes['item']}
          href="#/networks"
          aria-current={route.page === 'networks' ? 'page' : undefined}
          onClick={() => {
            navigate({ page: 'networks', view: 'networks' });
            followToPage();
            onLeave();
          }}
        >
          <IconNetwork size={16} stroke={1.75} aria-hidden="true" />
          <span className="strong">{t('frame:networks')}</span>
        </a>
      </nav>
      <div className={classes['caption']}>
        <h2 className={classes['heading']}>{t('hosts:title')}</h2>
        <ActionIcon
          variant="subtle"
          size={20}
          aria-label={t('hosts:add')}
          title={t('hosts:add')}
          onClick={() => openDialog({ kind: 'addHost' })}
        >
          <IconPlus size={14} />
        </ActionIcon>
      </div>
      <ul className={classes['hosts']}>
        {hosts.map((host) => (
          <HostRow
            key={host.id}
            host={host}
            machines={counts.get(host.id) ?? 0}
            chosen={route.page === 'machines' && filter.host === host.id}
            onLeave={onLeave}
          />
        ))}
        {!loaded &&
          [70, 55, 62].map((width) => (
            <li key={width} className={classes['ghost']} style={{ width: `${width}%` }} />
          ))}
      </ul>
    </div>
  );
}
