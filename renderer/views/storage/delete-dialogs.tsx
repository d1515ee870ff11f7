import { Checkbox, Skeleton, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pool, StorageLoss, Volume } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatBytes } from '../../ui/format.ts';
import { useAnswer } from '../../ui/use-answer.ts';
import { SubmitForm } from './submit-form.tsx';
import { UnseenQuestion } from './unseen.tsx';
import { showWork } from './work.ts';
import classes from './forms.module.css';

/** Says what is lost and asks for the volume's name. */
export function DeleteVolumeDialog({
  pool,
  volume,
  onClose,
}: {
  pool: Pool;
  volume: Volume;
  onClose: () => void;
}) {
  const { t } = useTranslation('storage');
  const { host, uuid } = pool;
  const { name } = volume;
  const loss = useAnswer((signal) => api.volume.loss({ host, uuid, name }, { signal }), {
    subject: `${host}/${uuid}/${name}`,
  });
  const [typed, setTyped] = useState('');
  const [agreed, setAgreed] = useState(false);
  const unseen = loss.value?.unseen ?? [];
  const free = loss.value !== null && loss.value.refused === null;
  return (
    <Dialog title={t('delete.title', { name })} size={480} onClose={onClose}>
      <SubmitForm
        verb={t('delete.deleteSize', { size: formatBytes(volume.allocationBytes) })}
        ready={free && typed === name && (agreed || unseen.length === 0)}
        dangerous
        work={async () => {
          const { job } = await api.volume.delete({ host, uuid, name, accepted: agreed ? unseen : [] });
          showWork({ job, host, pool: uuid });
        }}
        onClose={onClose}
      >
        {loss.failure !== null && <FailureView failure={loss.failure} />}
        {loss.value === null && loss.failure === null && <Skeleton height={80} />}
        {loss.value !== null && <LossText loss={loss.value} lost={t('delete.volume')} />}
        {free && <UnseenQuestion unseen={unseen} agreed={agreed} onAgree={setAgreed} />}
        {free && <TypeName name={name} typed={typed} onType={setTyped} />}
      </SubmitForm>
    </Dialog>
  );
}

/** Removes a pool, with its volumes only when they are ticked and the pool's name is typed. */
export function DeletePoolDialog({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const { t } = useTranslation('storage');
  const { host, uuid, name } = pool;
  const loss = useAnswer((signal) => api.pool.loss({ host, uuid }, { signal }), {
    subject: `${host}/${uuid}`,
  });
  const [volumes, setVolumes] = useState(false);
  const [typed, setTyped] = useState('');
  const inIt = loss.value?.volumes ?? [];
  const size = formatBytes(inIt.reduce((sum, { allocationBytes }) => sum + allocationBytes, 0));
  const [agreed, setAgreed] = useState(false);
  const unseen = loss.value?.unseen ?? [];
  const deletable = loss.value !== null && loss.value.refused === null;
  const free = !volumes || (deletable && typed === name && (agreed || unseen.length === 0));
  return (
    <Dialog title={t('deletePool.title', { name })} size={480} onClose={onClose}>
      <SubmitForm
        verb={t('deletePool.delete')}
        ready={loss.value !== null && free}
        dangerous
        work={() => api.pool.delete({ host, uuid, volumes, accepted: volumes && agreed ? unseen : [] })}
        onClose={onClose}
      >
        {loss.failure !== null && <FailureView failure={loss.failure} />}
        {loss.value === null && loss.failure === null && <Skeleton height={80} />}
        {!volumes && <p className={classes['note']}>{t('deletePool.keeps')}</p>}
        {inIt.length > 0 && (
          <Checkbox
            label={t('deletePool.volumes', { count: inIt.length, size })}
            checked={volumes}
            onChange={(event) => setVolumes(event.currentTarget.checked)}
          />
        )}
        {volumes && loss.value !== null && <LossText loss={loss.value} lost={t('deletePool.lost')} />}
        {volumes && deletable && <UnseenQuestion unseen={unseen} agreed={agreed} onAgree={setAgreed} />}
        {volumes && deletable && <TypeName name={name} typed={typed} onType={setTyped} />}
      </SubmitForm>
    </Dialog>
  );
}

function TypeName({ name, typed, onType }: { name: string; typed: string; onType: (text: string) => void }) {
  const { t } = useTranslation('storage');
  return (
    <TextInput
      label={t('delete.typeName', { name })}
      value={typed}
      autoComplete="off"
      spellCheck={false}
      autoFocus
      onChange={(event) => onType(event.currentTarget.value)}
    />
  );
}

function LossText({ loss, lost }: { loss: StorageLoss; lost: string }) {
  const { t } = useTranslation('storage');
  const machines = [...new Set(loss.users.map(({ name, target }) => `${name} (${target})`))];
  return (
    <>
      {loss.refused === null ? (
        <p className={classes['warning']}>{lost}</p>
      ) : (
        <div className={classes['warning']} role="status">
          <span className="strong">{t('delete.refused')}</span> {loss.refused}
        </div>
      )}
      <Lines title={t('delete.machines')} lines={machines} />
      <Lines title={t('delete.breaks')} lines={loss.breaks} />
    </>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <div className={classes['loss']}>
      <span className="small">{title}</span>
      <ul className={classes['losses']}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
