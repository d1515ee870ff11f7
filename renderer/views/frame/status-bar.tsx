import { UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconPlugConnectedX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../main/contract/activity.ts';
import { connectionState } from '../../api/connection.ts';
import { isMoving, isUnderWay, useFailedJob, useJobs, useUnseenEvents } from '../../state/activity.ts';
import { useStore } from '../../state/store.ts';
import { setUi, useUi } from '../../state/ui.ts';
import { Kbd } from '../../ui/kbd.tsx';
import { JobProgress, useJobFigures, useJobPlaces, useJobState, useJobTitle } from './job-parts.tsx';
import classes from './status-bar.module.css';

/** 28 px: the running job, and the door to all of them. */
export function StatusBar() {
  const { t } = useTranslation('frame');
  const jobs = useJobs();
  const unseen = useUnseenEvents();
  const failed = useFailedJob();
  const open = useUi('drawerOpen');
  const connection = useStore(connectionState);
  const running = jobs.filter((job) => isUnderWay(job) || job.state === 'interrupted');
  const first = running.find(({ state }) => state === 'running') ?? running[0];
  const lost = t(connection === 'lost' ? 'coreLost' : 'coreConnecting');
  return (
    <footer className={classes['bar']}>
      <div className={classes['what']} role="status">
        {connection === 'open' ? (
          first !== undefined && <RunningJob job={first} />
        ) : (
          <span className={classes['lost']}>
            <IconPlugConnectedX size={14} aria-hidden="true" />
            <span className="truncate" title={lost}>
              {lost}
            </span>
          </span>
        )}
        {connection === 'open' && first === undefined && failed !== null && <FailedJob job={failed} />}
        {connection === 'open' && first === undefined && failed === null && (
          <span className={classes['idle']}>
            <IconCheck size={14} aria-hidden="true" />
            {t('noJobs')}
          </span>
        )}
      </div>
      <span className="spacer" />
      <UnstyledButton
        className={classes['door'] ?? ''}
        aria-expanded={open}
        aria-keyshortcuts="Control+J"
        onClick={() => setUi({ drawerOpen: !open })}
      >
        <span className="num">
          {t('jobs.count', { count: running.length })} · {t('events.count', { count: unseen })}
        </span>
        <Kbd keys="Ctrl J" />
      </UnstyledButton>
    </footer>
  );
}

/** It stays until the list of jobs, which says why, was shown. */
function FailedJob({ job }: { job: Job }) {
  const { t } = useTranslation('frame');
  const title = useJobTitle();
  return (
    <span className={classes['failed']}>
      <IconAlertTriangle size={14} aria-hidden="true" />
      <span className="truncate">{t('jobs.failed', { kind: title(job.kind), name: job.name })}</span>
    </span>
  );
}

function RunningJob({ job }: { job: Job }) {
  const state = useJobState();
  const title = useJobTitle();
  const where = useJobPlaces()(job);
  const figures = useJobFigures(job);
  return (
    <>
      <span className={classes['title']}>
        {title(job.kind)} <span className="strong">{job.name}</span> <span className="muted">{where}</span>
      </span>
      {isMoving(job) ? (
        <>
          <JobProgress job={job} width={160} />
          <span className="muted truncate num">{figures}</span>
        </>
      ) : (
        <span className="muted truncate">{state(job)}</span>
      )}
    </>
  );
}
