import { ActionIcon } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../main/contract/activity.ts';
import type { Pool } from '../../../main/contract/storage.ts';
import { isEnded, isMoving, useJobs } from '../../state/activity.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { CopyButton } from '../../ui/key-value.tsx';
import { JobProgress, useJobFigures, useJobState, useJobTitle } from '../frame/job-parts.tsx';
import { CancelJob } from '../frame/cancel-job.tsx';
import { checksumOf } from './checksum.ts';
import { hideWork, useWorks } from './work.ts';
import classes from './storage.module.css';

/** The jobs that were started here for this pool. One that is done goes, unless it has a checksum to tell; the others until they are put away. */
export function WorkList({ pool }: { pool: Pool }) {
  const { t } = useTranslation('storage');
  const works = useWorks().filter((work) => work.host === pool.host && work.pool === pool.uuid);
  const jobs = useJobs();
  const shown = works.flatMap(({ job: id }) =>
    jobs.filter((job) => job.id === id && (job.state !== 'done' || checksumOf(job) !== null)),
  );
  if (shown.length === 0) return null;
  return (
    <ul className={classes['works']} aria-label={t('work.title')}>
      {shown.map((job) => (
        <WorkLine key={job.id} job={job} />
      ))}
    </ul>
  );
}

function WorkLine({ job }: { job: Job }) {
  const { t } = useTranslation(['storage', 'frame']);
  const title = useJobTitle();
  const state = useJobState();
  const figures = useJobFigures(job);
  const ended = isEnded(job);
  const checksum = checksumOf(job);
  return (
    <li className={classes['work']} data-state={job.state}>
      <div className={classes['workLine']}>
        {job.state === 'done' && <IconCheck size={14} className={classes['workDone']} aria-hidden="true" />}
        <span className="truncate">
          {title(job.kind)} <span className="strong">{job.name}</span>
        </span>
        {isMoving(job) ? (
          <>
            <JobProgress job={job} width={140} />
            <span className="muted num truncate">{figures}</span>
          </>
        ) : (
          <span className="muted">{state(job)}</span>
        )}
        <span className="spacer" />
        {job.state === 'running' && job.cancellable && <CancelJob job={job} />}
        {ended && (
          <ActionIcon
            variant="subtle"
            size={22}
            aria-label={t('storage:work.dismiss', { name: job.name })}
            onClick={() => hideWork(job.id)}
          >
            <IconX size={14} />
          </ActionIcon>
        )}
      </div>
      {checksum !== null && (
        <div className={classes['checksum']}>
          <span className="faint">{t('storage:work.sha256')}</span>
          <span className="mono truncate" title={checksum}>
            {checksum}
          </span>
          <CopyButton text={checksum} label={t('storage:work.sha256')} />
        </div>
      )}
      {job.failure !== null && ended && <FailureView failure={job.failure} />}
    </li>
  );
}
