import { ActionIcon, Tabs } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { markEventsSeen, markFailureSeen, useFailedJob, useUnseenEvents } from '../../state/activity.ts';
import { setUi, useUi } from '../../state/ui.ts';
import { useReturnFocus } from '../../ui/landing.ts';
import { ResizeHandle } from '../../ui/resize-handle.tsx';
import { EventList } from './event-list.tsx';
import { JobList } from './job-list.tsx';
import classes from './drawer.module.css';

const BOUNDS = { min: 120, max: 600 };

/** Ctrl J: jobs and events, over the status bar. */
export function Drawer() {
  const open = useUi('drawerOpen');
  return open ? <OpenDrawer /> : null;
}

function OpenDrawer() {
  const { t } = useTranslation(['frame', 'common']);
  const tab = useUi('drawerTab');
  const height = useUi('drawerHeight');
  const unseen = useUnseenEvents();
  const failed = useFailedJob();
  useReturnFocus();
  useEffect(() => {
    if (tab === 'events' && unseen > 0) markEventsSeen();
  }, [tab, unseen]);
  useEffect(() => {
    if (tab === 'jobs' && failed !== null) markFailureSeen();
  }, [tab, failed]);
  return (
    <section
      className={classes['drawer']}
      style={{ height, maxHeight: '60vh' }}
      aria-label={t('frame:activity')}
      onKeyDown={(event) => {
        if (event.key === 'Escape') setUi({ drawerOpen: false });
      }}
    >
      <ResizeHandle
        what={t('frame:activity')}
        edge="top"
        size={height}
        bounds={BOUNDS}
        onResize={(drawerHeight) => setUi({ drawerHeight })}
      />
      <Tabs
        value={tab}
        onChange={(value) => setUi({ drawerTab: value === 'events' ? 'events' : 'jobs' })}
        className={classes['tabs'] ?? ''}
        classNames={{ list: classes['list'] ?? '', tab: classes['tab'] ?? '', panel: classes['panel'] ?? '' }}
      >
        <Tabs.List>
          <Tabs.Tab value="jobs">{t('frame:jobs.title')}</Tabs.Tab>
          <Tabs.Tab value="events">{t('frame:events.title')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="jobs" tabIndex={0}>
          {tab === 'jobs' && <JobList />}
        </Tabs.Panel>
        <Tabs.Panel value="events" tabIndex={0}>
          {tab === 'events' && <EventList />}
        </Tabs.Panel>
      </Tabs>
      <ActionIcon
        variant="subtle"
        size={22}
        className={classes['close'] ?? ''}
        aria-label={t('common:close')}
        onClick={() => setUi({ drawerOpen: false })}
      >
        <IconX size={14} />
      </ActionIcon>
    </section>
  );
}
