import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatBytes } from '../../ui/format.ts';
import { useAnswer } from '../../ui/use-answer.ts';
import { SizeInput } from './size-input.tsx';
import { SubmitForm } from './submit-form.tsx';
import { UnseenQuestion } from './unseen.tsx';
import classes from './forms.module.css';

/** A new size; a smaller one only when it is said that the end may go. */
export function ResizeDialog({ pool, volume, onClose }: { pool: Pool; volume: Volume; onClose: () => void }) {
  const { t } = useTranslation('storage');
  const [bytes, setBytes] = useState<number | null>(volume.capacityBytes);
  const [shrink, setShrink] = useState(false);
  const running = volume.usedBy.filter((user) => user.running);
  const smaller = bytes !== null && bytes < volume.capacityBytes;
  const live = running.length > 0;
  const { host, uuid } = pool;
  const { name } = volume;
  const loss = useAnswer((signal) => api.volume.loss({ host, uuid, name }, { signal }), {
    subject: `${host}/${uuid}/${name}`,
    enabled: smaller && !live,
  });
  const [agreed, setAgreed] = useState(false);
  const unseen = loss.value?.unseen ?? [];
  const known = loss.value !== null && (agreed || unseen.length === 0);
  const allowed = !smaller || (shrink && !live && known);
  return (
    <Dialog title={t('resize.title', { name })} onClose={onClose}>
      <SubmitForm
        verb={t('resize.resize')}
        ready={bytes !== null && bytes !== volume.capacityBytes && allowed}
        dangerous={smaller}
        work={() =>
          api.volume.resize({
            host,
            uuid,
            name,
            capacityBytes: bytes ?? volume.capacityBytes,
            ...(smaller ? { shrink, accepted: agreed ? unseen : [] } : {}),
          })
        }
        onClose={onClose}
      >
        <SizeInput
          label={t('resize.size')}
          description={t('resize.now', { size: formatBytes(volume.capacityBytes) })}
          initialBytes={volume.capacityBytes}
          error={smaller && live ? t('resize.noShrinkLive') : undefined}
          autoFocus
          onChange={setBytes}
        />
        {smaller && !live && (
          <Checkbox
            label={t('resize.shrink')}
            description={t('resize.shrinkHelp')}
            checked={shrink}
            onChange={(event) => setShrink(event.currentTarget.checked)}
          />
        )}
        {smaller && loss.failure !== null && <FailureView failure={loss.failure} />}
        {smaller && !live && <UnseenQuestion unseen={unseen} agreed={agreed} onAgree={setAgreed} />}
        <p className={classes['note']}>
          {live
            ? t('resize.live', { names: [...new Set(running.map(({ name }) => name))].join(', ') })
            : t('resize.offline')}
        </p>
      </SubmitForm>
    </Dialog>
  );
}
