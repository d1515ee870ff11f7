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
import { isMoving, useJobs } from '../../state/activity.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatClock } from '../../ui/format.ts';
import { Age, useNow } from '../../ui/time.tsx';
import { MigrationDoors } from './job-migration.tsx';
import {
  JobProgress,
  useJobFigures,
  useJobPlaces,
  useJobState,
  useJobTitle,
  useWhyUndone,
} from './job-parts.tsx';
import { CancelJob, Interrupted, JobSteps } from './job-steps.tsx';
import classes from './drawer.module.css';

export function JobList() {
  const { t } = useTranslation('frame');
  const jobs = useJobs();
  const [open, setOpen] = useState<string | null>(null);
  if (jobs.length === 0) return <p className={classes['none']}>{t('jobs.none')}</p>;
  return jobs.map((job) => (
    <JobLine
      key={job.id}
      job={job}
      open={open === job.id}
      onToggle={() => setOpen(open === job.id ? null : job.id)}
    />
  ));
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
  const title = useJobTitle();
  const where = useJobPlaces()(job);
  const state = useJobState();
  const figures = useJobFigures(job);
  const Icon = ICONS[job.state];
  const moves = isMoving(job);
  const why = useWhyUndone(job);
  const reason = why ?? reasonOf(job);
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
        </UnstyledButton>
        <span className={`muted truncate ${classes['wide']}`}>{where}</span>
        <span>{moves ? <JobProgress job={job} width="100%" /> : state(job)}</span>
        {reason === null ? (
          <span className={`muted truncate ${classes['wide']}`}>{moves ? figures : ''}</span>
        ) : (
          <span className={`muted truncate ${classes['reason']}`} title={reason}>
            {reason}
          </span>
        )}
        <span className={`faint ${classes['wide']}`}>
          <Age since={job.finishedAt ?? job.startedAt} />
        </span>
        <span>{job.state === 'running' && job.cancellable && <CancelJob job={job} />}</span>
      </div>
      {job.state === 'interrupted' && <Interrupted job={job} />}
      {open && <JobLog job={job} />}
    </>
  );
}

/** Why it failed, in the words that tell most: the list says already what did not happen. */
function reasonOf({ kind, state, failure }: Job): string | null {
  if (state !== 'failed' || failure === null) return null;
  // Where the machine is counts more than what went wrong on its way.
  if (kind === 'migrate') return failure.message;
  const words = failure.libvirt?.message ?? failure.detail ?? failure.problems?.[0]?.message;
  return firstLine(words ?? '') ?? firstLine(failure.message);
}

function firstLine(text: string): string | null {
  return text.split('\n').find((line) => line.trim() !== '') ?? null;
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
