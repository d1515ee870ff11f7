import { Button, Loader } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { setFilter } from '../../state/filter.ts';
import { useHost } from '../../state/inventory.ts';
import { navigate } from '../../state/router.ts';
import { DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { notifyFailure } from '../../ui/notify.tsx';

interface ConnectingPanelProps {
  readonly id: string;
  /** The host is there, saved, or goes on without the dialog. */
  readonly onDone: () => void;
  /** Back to the form. */
  readonly onEdit: () => void;
  readonly onCancel: () => void;
}

/** How a new host's first connection goes; closes itself and shows the host's machines when it is there. */
export function ConnectingPanel({ id, onDone, onEdit, onCancel }: ConnectingPanelProps) {
  const { t } = useTranslation(['hosts', 'common']);
  const host = useHost(id);
  const state = host?.state;
  useEffect(() => {
    if (state !== 'connected') return;
    setFilter({ host: id, state: null, text: '' });
    navigate({ page: 'machines' });
    onDone();
  }, [state, id, onDone]);
  const failure = host?.failure ?? null;
  const stopped = state === 'failed' || state === 'away' || state === 'disconnected';
  if (!stopped || failure === null)
    return (
      <>
        <div className="row" role="status">
          <Loader size={16} />
          <span>{t('hosts:connectingTo', { name: host?.name ?? id })}</span>
        </div>
        <DialogButtons>
          <Button onClick={onCancel}>{t('common:cancel')}</Button>
          <Button onClick={onDone}>{t('hosts:inBackground')}</Button>
        </DialogButtons>
      </>
    );
  const keep = (): void => void api.host.keep({ id }).then(onDone, notifyFailure);
  return (
    <>
      <FailureView failure={failure} />
      <span className="muted small">{t('hosts:notSaved')}</span>
      <DialogButtons>
        <Button onClick={onCancel}>{t('common:cancel')}</Button>
        <Button onClick={onEdit}>{t('hosts:edit')}</Button>
        <Button onClick={keep}>{t('hosts:saveAnyway')}</Button>
        <Button
          variant="filled"
          data-autofocus
          onClick={() => void api.host.connect({ id }).catch(notifyFailure)}
        >
          {t('hosts:tryAgain')}
        </Button>
      </DialogButtons>
    </>
  );
}
