import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { useHost } from '../../state/inventory.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';

export function RemoveHostDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation(['hosts', 'common']);
  const host = useHost(id);
  const [failure, setFailure] = useState<Failure | null>(null);
  const name = host?.name ?? id;
  const remove = (): void => {
    api.host.remove({ id }).then(onClose, (error: unknown) => setFailure(failureOf(error)));
  };
  return (
    <Dialog title={t('hosts:removeTitle', { name })} onClose={onClose}>
      <span>{t('hosts:removeText', { name })}</span>
      {failure !== null && <FailureView failure={failure} />}
      <DialogButtons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button variant="filled" color="bad" onClick={remove} data-autofocus>
          {t('hosts:remove')}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
