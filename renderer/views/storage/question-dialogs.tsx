import { Skeleton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatBytes } from '../../ui/format.ts';
import { useAnswer } from '../../ui/use-answer.ts';
import { SubmitForm } from './submit-form.tsx';
import { UnseenQuestion } from './unseen.tsx';
import { showWork } from './work.ts';
import classes from './forms.module.css';

export function StopDialog({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const { t } = useTranslation('storage');
  return (
    <Dialog title={t('stop.title', { name: pool.name })} onClose={onClose}>
      <SubmitForm
        verb={t('stop.stop')}
        ready
        work={() => api.pool.stop({ host: pool.host, uuid: pool.uuid })}
        onClose={onClose}
      >
        <p className={classes['note']}>{t('stop.text')}</p>
        {!pool.persistent && <p className={classes['warning']}>{t('stop.transient')}</p>}
      </SubmitForm>
    </Dialog>
  );
}

export function WipeDialog({ pool, volume, onClose }: { pool: Pool; volume: Volume; onClose: () => void }) {
  const { t } = useTranslation('storage');
  const { host, uuid } = pool;
  const { name } = volume;
  const loss = useAnswer((signal) => api.volume.loss({ host, uuid, name }, { signal }), {
    subject: `${host}/${uuid}/${name}`,
  });
  const [agreed, setAgreed] = useState(false);
  const unseen = loss.value?.unseen ?? [];
  return (
    <Dialog title={t('wipe.title', { name })} onClose={onClose}>
      <SubmitForm
        verb={t('wipe.wipe')}
        ready={loss.value !== null && (agreed || unseen.length === 0)}
        dangerous
        work={async () => {
          const { job } = await api.volume.wipe({ host, uuid, name, accepted: agreed ? unseen : [] });
          showWork({ job, host, pool: uuid });
        }}
        onClose={onClose}
      >
        {loss.failure !== null && <FailureView failure={loss.failure} />}
        {loss.value === null && loss.failure === null && <Skeleton height={40} />}
        <UnseenQuestion unseen={unseen} agreed={agreed} onAgree={setAgreed} />
        <p className={classes['warning']}>{t('wipe.text', { size: formatBytes(volume.capacityBytes) })}</p>
      </SubmitForm>
    </Dialog>
  );
}
