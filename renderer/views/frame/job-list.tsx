import { UnstyledButton } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconBan,
  IconCheck,
  IconHelpCircle,
  IconHourglass,
  IconLoader,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../main/contract/activity.ts';
import { isRound } from '../../../main/contract/migrate-steps.ts';
import { isMoving, useJobs } from '../../state/activity.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatClock, formatCount, formatDuration, formatExact } from '../../ui/format.ts';
import { useNow } from '../../ui/time.tsx';
import { CancelJob } from './cancel-job.tsx';
import { MigrationDoors, useEnds } from './job-migration.tsx';
import {
  JobProgress,
  useJobFigures,
  useJobMeaning,
  useJobPlaces,
  useJobState,
  useJobTitle,
} from './job-parts.tsx';
import { Interrupted, JobSteps } from './job-steps.tsx';
import { reasonOf } from './job-reason.ts';
import classes from './drawer.module.css';

export function JobList() {
  const { t } = useTranslation('frame');
  const jobs = useJobs();
  const [open, setOpen] = useState<string | null>(null);
  if (jobs.length === 0) return <p className={classes['none']}>{t('jobs.none')}</p>;
  return (
    <>
      <div className={`${classes['line']} ${classes['job']} ${classes['heads']}`}>
        <span />
        <span>{t('jobs.head.job')}</span>
        <span className={classes['wide']}>{t('jobs.head.where')}</span>
        <span>{t('jobs.head.state')}</span>
        <span className={classes['wide']} />
        <span className={classes['wide']}>{t('jobs.head.began')}</span>
        <span className={classes['wide']}>{t('jobs.head.took')}</span>
      </div>
      {jobs.map((job) => (
        <JobLine
          key={job.id}
          job={job}
          open={open === job.id}
          onToggle={() => setOpen(open === job.id ? null : job.id)}
        />
      ))}
    </>
  );
}

const ICONS = {
  running: IconLoader,
  undoing: IconArrowBackUp,
  waiting: IconHourglass,
  settling: IconHourglass,
  interrupted: IconHelpCircle,
  done: IconCheck,
  failed: IconAlertTriangle,
  cancelled: IconBan,
};

function JobLine({ job, open, onToggle }: { job: Job; open: boolean; onToggle: () => void }) {
  const { t } = useTranslation('frame');
  const title = useJobTitle();
  const where = useJobPlaces()(job);
  const state = useJobState();
  const figures = useJobFigures(job);
  const Icon = ICONS[job.state];
  const moves = isMoving(job);
  const now = useNow();
  const meaning = useJobMeaning(job);
  const done = useDoneWords(job);
  // Opened, it says them itself, with all that belongs to them.
  const reason = (open ? null : (meaning ?? reasonOf(job))) ?? done;
  return (
    <>
      <div
        className={`${classes['line']} ${classes['job']}`}
        // For the pointer; the keyboard has the button in it.
        onClick={({ target }) => {
          if (target instanceof Element && target.closest('button') === null) onToggle();
        }}
      >
        <Icon size={14} className={classes['icon']} data-state={job.state} aria-hidden="true" />
        <UnstyledButton className={classes['jobButton'] ?? ''} aria-expanded={open} onClick={onToggle}>
          {title(job.kind)} <span className="strong">{job.name}</span>
          {job.by !== undefined && <span className="muted"> {t(`jobs.by.${job.by}`)}</span>}
        </UnstyledButton>
        <span className={`muted truncate ${classes['wide']}`}>{where}</span>
        <span>{moves ? <JobProgress job={job} width="100%" /> : state(job)}</span>
        {reason === null ? (
          <span className={`muted truncate ${classes['wide']}`}>{moves ? figures : ''}</span>
        ) : (
          <span className={`muted ${classes['reason']}`}>{reason}</span>
        )}
        <time
          className={`faint num ${classes['wide']}`}
          dateTime={new Date(job.startedAt).toISOString()}
          title={formatExact(job.startedAt)}
        >
          {formatClock(job.startedAt, now)}
        </time>
        <span className={`faint num ${classes['wide']}`}>
          {formatDuration((job.finishedAt ?? now) - job.startedAt)}
        </span>
        <span>{job.state === 'running' && job.cancellable && <CancelJob job={job} />}</span>
      </div>
      {job.state === 'interrupted' && <Interrupted job={job} />}
      {open && <JobLog job={job} />}
    </>
  );
}

/** Where a machine is that was moved, and how long it stood still for it. */
function useDoneWords(job: Job): string | null {
  const { t } = useTranslation('migrate');
  const { to } = useEnds(job);
  if (job.state !== 'done') return null;
  // What is not as one would expect after it.
  if (isRound(job)) return job.log.find(({ remark }) => remark === true)?.text ?? null;
  if (job.kind !== 'migrate') return null;
  const stood = job.migration?.downtimeMs ?? null;
  if (stood === null) return t('move.isOn', { host: to });
  return t('move.isOnStood', { host: to, time: t('move.ms', { value: formatCount(stood) }) });
}

function JobLog({ job }: { job: Job }) {
  const { t } = useTranslation('frame');
  const now = useNow(60_000);
  const lines = job.log.map((line) => `${formatClock(line.time, now)}  ${line.text}`);
  return (
    <div className={classes['log']}>
      <JobSteps job={job} />
      <MigrationDoors job={job} />
      <pre>{lines.length === 0 ? t('jobs.noLog') : lines.join('\n')}</pre>
      {job.failure !== null && <FailureView failure={job.failure} />}
    </div>
  );
}
