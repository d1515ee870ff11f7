import { Button, Loader } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { openDialog } from '../../state/dialogs.ts';
import { setFilter } from '../../state/filter.ts';
import { useHost } from '../../state/inventory.ts';
import { navigate } from '../../state/router.ts';
import { DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { notifyFailure } from '../../ui/notify.tsx';

/** How a new host's first connection goes; closes itself and shows the host's machines when it is there. */
export function ConnectingPanel({ id, onDone }: { id: string; onDone: () => void }) {
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
  return (
    <>
      {stopped && failure !== null ? (
        <FailureView failure={failure} />
      ) : (
        <div className="row" role="status">
          <Loader size={16} />
          <span>{t('hosts:connectingTo', { name: host?.name ?? id })}</span>
        </div>
      )}
      <DialogButtons>
        {stopped && <Button onClick={() => openDialog({ kind: 'editHost', id })}>{t('hosts:edit')}</Button>}
        {stopped && (
          <Button variant="filled" onClick={() => void api.host.connect({ id }).catch(notifyFailure)}>
            {t('hosts:tryAgain')}
          </Button>
        )}
        <Button onClick={onDone}>{t(stopped ? 'common:close' : 'hosts:inBackground')}</Button>
      </DialogButtons>
    </>
  );
}
