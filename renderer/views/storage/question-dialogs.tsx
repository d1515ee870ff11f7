import { useTranslation } from 'react-i18next';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { formatBytes } from '../../ui/format.ts';
import { SubmitForm } from './submit-form.tsx';
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
  return (
    <Dialog title={t('wipe.title', { name: volume.name })} onClose={onClose}>
      <SubmitForm
        verb={t('wipe.wipe')}
        ready
        dangerous
        work={async () => {
          const { host, uuid } = pool;
          const { job } = await api.volume.wipe({ host, uuid, name: volume.name });
          showWork({ job, host, pool: uuid });
        }}
        onClose={onClose}
      >
        <p className={classes['warning']}>{t('wipe.text', { size: formatBytes(volume.capacityBytes) })}</p>
      </SubmitForm>
    </Dialog>
  );
}
