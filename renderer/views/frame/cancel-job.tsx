import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../main/contract/activity.ts';
import { api } from '../../api/client.ts';
import { losesWork } from '../../state/activity.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { formatDuration } from '../../ui/format.ts';
import { notifyJobFailure } from '../../ui/notify.tsx';
import { useNow } from '../../ui/time.tsx';
import { useJobTitle } from './job-parts.tsx';
import classes from './job-steps.module.css';

/** Asks first where work would be lost. @param label left out: Cancel */
export function CancelJob({ job, label }: { job: Job; label?: string }) {
  const { t } = useTranslation('common');
  const [asks, setAsks] = useState(false);
  const cancel = (): void =>
    void api.activity.cancelJob({ job: job.id }).catch((error: unknown) => notifyJobFailure(job, error));
  return (
    <>
      <Button size="compact-xs" onClick={() => (losesWork(job, Date.now()) ? setAsks(true) : cancel())}>
        {label ?? t('cancel')}
      </Button>
      {asks && (
        <CancelDialog
          job={job}
          onClose={() => setAsks(false)}
          onYes={() => {
            setAsks(false);
            cancel();
          }}
        />
      )}
    </>
  );
}

/** What is taken back then; it goes by itself when the job ends. */
function CancelDialog({ job, onClose, onYes }: { job: Job; onClose: () => void; onYes: () => void }) {
  const { t } = useTranslation('frame');
  const title = useJobTitle();
  const now = useNow();
  const begun = job.steps.filter(({ state }) => state === 'done' || state === 'running');
  return (
    <Dialog title={t('jobs.cancelTitle', { job: title(job.kind), name: job.name })} onClose={onClose}>
      <p>{t('jobs.cancelWhat', { time: formatDuration(now - job.startedAt) })}</p>
      {begun.length > 0 && (
        <ul className={classes['steps']}>
          {begun.map(({ id, title: step }) => (
            <li key={id}>{step}</li>
          ))}
        </ul>
      )}
      <DialogButtons>
        <Button variant="default" onClick={onClose} data-autofocus>
          {t('jobs.keepGoing')}
        </Button>
        <Button color="bad" variant="filled" onClick={onYes}>
          {t('jobs.cancelYes')}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
