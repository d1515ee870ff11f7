import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import classes from './forms.module.css';

/** The inside of a dialog that does one thing: fields, what it failed with, Cancel and the button that does it. Enter does it too. */
export function SubmitForm({
  verb,
  ready,
  dangerous = false,
  work,
  onClose,
  children,
}: {
  /** On the button. */
  verb: string;
  ready: boolean;
  dangerous?: boolean;
  work: () => Promise<unknown>;
  /** Called when it is done, or left. */
  onClose: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation('common');
  const { busy, failure, run } = useSubmit(onClose);
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) run(work);
      }}
    >
      {children}
      {failure !== null && <FailureView failure={failure} />}
      <DialogButtons>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button
          type="submit"
          variant="filled"
          disabled={!ready}
          loading={busy}
          {...(dangerous ? { color: 'bad' } : {})}
        >
          {verb}
        </Button>
      </DialogButtons>
    </form>
  );
}
