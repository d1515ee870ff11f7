import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../main/contract/activity.ts';
import { connectionState } from '../../api/connection.ts';
import { isEnded, isGoingBack } from '../../state/activity.ts';
import { useStore } from '../../state/store.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatClock } from '../../ui/format.ts';
import { SheetFooter } from '../../ui/sheet-frame.tsx';
import { useNow } from '../../ui/time.tsx';
import { JobProgress, useJobFigures, useJobState } from '../../views/frame/job-parts.tsx';
import { CancelJob } from '../../views/frame/cancel-job.tsx';
import { Interrupted, JobSteps } from '../../views/frame/job-steps.tsx';
import { More, Note } from './cards.tsx';
import classes from './job-view.module.css';

/** A wizard after its last click: how far it is, the steps with their times, the log, Cancel, and at the end the door to what was made. */
export function JobView(props: {
  job: Job;
  title: string;
  doors: ReactNode;
  /** What else there is to see of it, below its steps. */
  more?: ReactNode;
}) {
  const { job, title, doors } = props;
  const { t } = useTranslation(['create', 'frame']);
  const state = useJobState();
  const figures = useJobFigures(job);
  const ended = isEnded(job);
  // What is shown is how it was when Virtlane was last heard of.
  const isHeard = useStore(connectionState) === 'open';
  const region = useRef<HTMLDivElement>(null);
  // The button of the form is gone, and the keyboard with it.
  useEffect(() => region.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <div ref={region} className={classes['job']} role="region" aria-label={title} tabIndex={-1}>
        <div className={classes['head']}>
          <h3 aria-live="polite">
            {title} {(isHeard || ended) && <span className="muted">{state(job)}</span>}
          </h3>
          {isHeard && !ended && !isGoingBack(job) && <JobProgress job={job} width="100%" />}
          {isHeard && !ended && !isGoingBack(job) && <span className="muted num small">{figures}</span>}
        </div>
        {!isHeard && !ended && <Note tone="warn">{t('frame:coreLost')}</Note>}
        {job.failure !== null && ended && <FailureView failure={job.failure} />}
        {job.state === 'interrupted' && <Interrupted job={job} />}
        <Remarks job={job} />
        <JobSteps job={job} />
        {props.more}
        {job.log.length > 0 && (
          <More title={t('create:job.log')}>
            <Log job={job} />
          </More>
        )}
      </div>
      <SheetFooter>
        {isHeard && !ended && <span className="muted small">{t('create:job.goesOn')}</span>}
        <span className="spacer" />
        {job.state === 'running' && job.cancelling === true && (
          <span className="muted small" role="status">
            {t('create:job.cancelling')}
          </span>
        )}
        {isHeard && job.state === 'running' && job.cancellable && job.cancelling !== true && (
          <CancelJob job={job} />
        )}
        {doors}
      </SheetFooter>
    </>
  );
}

/** What is not as it was planned, and is done all the same. */
function Remarks({ job }: { job: Job }) {
  return job.log
    .filter(({ remark }) => remark === true)
    .map(({ time, text }) => (
      <Note key={`${time} ${text}`} tone="warn">
        {text}
      </Note>
    ));
}

function Log({ job }: { job: Job }) {
  const now = useNow();
  return (
    <ol className={classes['log']}>
      {job.log.map(({ time, text }, index) => (
        <li key={index}>
          <span className="faint num">{formatClock(time, now)}</span> {text}
        </li>
      ))}
    </ol>
  );
}
