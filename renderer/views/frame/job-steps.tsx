import { Button } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconCheck,
  IconCircleDashed,
  IconLoader,
  IconTrashOff,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job, JobStep } from '../../../main/contract/activity.ts';
import { hasGone } from '../../../main/contract/migrate-steps.ts';
import { api } from '../../api/client.ts';
import { isEnded, isMoving, isOnBoth } from '../../state/activity.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { formatDuration } from '../../ui/format.ts';
import { notifyJobFailure } from '../../ui/notify.tsx';
import { useNow } from '../../ui/time.tsx';
import { CancelJob } from './cancel-job.tsx';
import { JobMigrationView, useEnds } from './job-migration.tsx';
import { JobSpeeds, useJobMeaning } from './job-parts.tsx';
import classes from './job-steps.module.css';

const ICONS = {
  waiting: IconCircleDashed,
  running: IconLoader,
  done: IconCheck,
  failed: IconAlertTriangle,
  undoing: IconArrowBackUp,
  undone: IconArrowBackUp,
  left: IconTrashOff,
};

/** A job's steps with their times, and what it may leave on the hosts. Nothing for a job without steps. */
export function JobSteps({ job }: { job: Job }) {
  return (
    <>
      <Meaning job={job} />
      {job.steps.length > 0 && (
        <ol className={classes['steps']}>
          {job.steps.map((step) => (
            <StepLine key={step.id} step={step} />
          ))}
        </ol>
      )}
      <JobMigrationView job={job} />
      {(isMoving(job) || isEnded(job)) && <JobSpeeds speeds={job.speeds} />}
      <Leftovers job={job} />
    </>
  );
}

function StepLine({ step }: { step: JobStep }) {
  const { t } = useTranslation('frame');
  const Icon = ICONS[step.state];
  return (
    <li className={classes['step']} data-state={step.state}>
      <Icon size={14} className={classes['icon']} aria-hidden="true" />
      <span className={classes['title']}>{step.title}</span>
      <span className="faint">{t(`jobs.step.${step.state}`)}</span>
      <StepTime step={step} />
    </li>
  );
}

/** How long it took, or has taken so far. */
function StepTime({ step: { state, startedAt, finishedAt } }: { step: JobStep }) {
  const now = useNow();
  const end = finishedAt ?? (state === 'running' || state === 'undoing' ? now : null);
  return (
    <span className={`faint num ${classes['time']}`}>
      {startedAt === null || end === null ? '' : formatDuration(end - startedAt)}
    </span>
  );
}

/** While it waits or is taken back: why, and where a machine is that was to go; who does not answer. */
function Meaning({ job }: { job: Job }) {
  const meaning = useJobMeaning(job);
  if (meaning === null) return null;
  return (
    <p className={classes['meaning']} role="status">
      {meaning}
    </p>
  );
}

function Leftovers({ job }: { job: Job }) {
  const { t } = useTranslation('frame');
  if (job.mayBeLeft.length === 0) return null;
  return (
    <div className={classes['left']}>
      <span className="strong">{t(isEnded(job) ? 'jobs.left' : 'jobs.mayBeLeft')}</span>
      <ul>
        {job.mayBeLeft.map((thing) => (
          <li key={thing}>{thing}</li>
        ))}
      </ul>
      {job.state === 'waiting' && (
        <span className={classes['wait']}>
          <span className="muted">{t('jobs.waitingWhy')}</span>
          {job.cancellable && <CancelJob job={job} label={t('jobs.giveUp')} />}
        </span>
      )}
    </div>
  );
}

/** The question of a job whose program ended while it ran. */
export function Interrupted({ job }: { job: Job }) {
  const { t } = useTranslation('frame');
  const ends = useEnds(job);
  const gone = hasGone(job);
  const [asks, setAsks] = useState(false);
  const choose = (choice: 'goOn' | 'undo'): void =>
    void api.activity
      .resumeJob({ job: job.id, choice })
      .catch((error: unknown) => notifyJobFailure(job, error));
  return (
    <div className={classes['question']}>
      <span className="muted">{t(interruptedKey(job), { ...ends, name: job.name })}</span>
      {job.onlyBack === true ? (
        <span>{t('jobs.onlyBack')}</span>
      ) : (
        <Button size="compact-xs" variant="filled" onClick={() => choose('goOn')}>
          {t('jobs.goOn')}
        </Button>
      )}
      {!gone && (
        <Button size="compact-xs" onClick={() => setAsks(true)}>
          {t('jobs.takeBackAsk')}
        </Button>
      )}
      {asks && (
        <TakeBackDialog
          job={job}
          onClose={() => setAsks(false)}
          onYes={() => {
            setAsks(false);
            choose('undo');
          }}
        />
      )}
    </div>
  );
}

function interruptedKey(job: Job) {
  if (job.kind !== 'migrate') return job.onlyBack === true ? 'jobs.interruptedBack' : 'jobs.interruptedWhy';
  if (hasGone(job)) return 'jobs.interruptedGone';
  return isOnBoth(job) ? 'jobs.interruptedBoth' : 'jobs.interruptedMove';
}

function takeBackKey(job: Job) {
  if (job.kind !== 'migrate') return 'frame:jobs.takeBackWhat';
  return isOnBoth(job) ? 'frame:jobs.takeBackBoth' : 'frame:jobs.takeBackMove';
}

/** What is taken back is gone, with all that was put into it since: nobody does that by one click. */
function TakeBackDialog({ job, onClose, onYes }: { job: Job; onClose: () => void; onYes: () => void }) {
  const { t } = useTranslation(['frame', 'common']);
  const ends = useEnds(job);
  const done = job.steps.filter(({ state }) => state === 'done');
  return (
    <Dialog title={t('frame:jobs.takeBackTitle', { name: job.name })} onClose={onClose}>
      <p>{t(takeBackKey(job), { ...ends, name: job.name })}</p>
      <ul className={classes['steps']}>
        {done.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ul>
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          {t('common:cancel')}
        </Button>
        <Button color="bad" variant="filled" onClick={onYes}>
          {t('frame:jobs.takeBack')}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
