import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../main/contract/activity.ts';
import { failureOf } from '../api/failure.ts';
import { jobLeaves } from '../state/activity.ts';
import { openDialog } from '../state/dialogs.ts';
import { FailureView } from './failure-view.tsx';

/** For a failure whose place is gone (a menu that has closed): shown until it is put away. */
export function notifyFailure(error: unknown): void {
  show(error);
}

/** For what was asked of a job: shown until the job is in another state, or gone, and once for each job. */
export function notifyJobFailure(job: Pick<Job, 'id' | 'state'>, error: unknown): void {
  const id = `job-${job.id}`;
  notifications.hide(id);
  show(error, id);
  void jobLeaves(job).then(() => notifications.hide(id));
}

function show(error: unknown, known?: string): void {
  const failure = failureOf(error);
  const id = notifications.show({
    ...(known === undefined ? {} : { id: known }),
    message: (
      <FailureView failure={failure}>
        {failure.notListed !== undefined && (
          <AddHost target={failure.notListed.uri} onDone={() => notifications.hide(id)} />
        )}
      </FailureView>
    ),
    autoClose: false,
    withBorder: false,
    color: 'transparent',
    styles: { root: { padding: 4, paddingRight: 28 } },
  });
}

function AddHost({ target, onDone }: { target: string; onDone: () => void }) {
  const { t } = useTranslation('failure');
  return (
    <Button
      size="compact-xs"
      variant="filled"
      onClick={() => {
        onDone();
        openDialog({ kind: 'addHost', target });
      }}
    >
      {t('addHost')}
    </Button>
  );
}
