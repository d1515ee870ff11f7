import { Button, Radio, Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PoolType } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { isEnded, isMoving, useJob } from '../../state/activity.ts';
import { useHosts } from '../../state/inventory.ts';
import { navigate } from '../../state/router.ts';
import { useHostStorage } from '../../state/storage.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { CancelJob } from '../frame/cancel-job.tsx';
import { JobSteps } from '../frame/job-steps.tsx';
import { JobProgress, useJobState } from '../frame/job-parts.tsx';
import type { PoolForm } from './pool-kinds.ts';
import { EMPTY_FORM, POOL_KINDS, poolInputOf, poolProblems } from './pool-kinds.ts';
import { PoolFields } from './pool-fields.tsx';
import { PoolPreview } from './pool-preview.tsx';
import { useSheetKeys } from '../../ui/use-sheet-keys.ts';
import { useSubmit } from '../../ui/use-submit.ts';
import classes from './pool-sheet.module.css';

/** One sheet: the kinds at the left, the form in the middle, the XML at the right. After the last click it shows the job. */
export function PoolSheet({ host, onClose }: { host: string; onClose: () => void }) {
  const { t } = useTranslation('storage');
  const [job, setJob] = useState<string | null>(null);
  const [form, setForm] = useState<PoolForm>(EMPTY_FORM);
  const [on, setOn] = useState(host);
  return (
    <Dialog title={t('pool.title')} size={1080} onClose={onClose}>
      {job === null ? (
        <Sheet host={on} onHost={setOn} form={form} onForm={setForm} onJob={setJob} onClose={onClose} />
      ) : (
        <Making job={job} host={on} name={form.name.trim()} onBack={() => setJob(null)} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Sheet({
  host,
  form,
  onHost,
  onForm,
  onJob,
  onClose,
}: {
  host: string;
  form: PoolForm;
  onHost: (host: string) => void;
  onForm: (form: PoolForm) => void;
  onJob: (job: string) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation(['storage', 'common']);
  const [type, setType] = useState<PoolType>('dir');
  // Until a person types a path it follows the name.
  const [ownPath, setOwnPath] = useState(false);
  const { pools } = useHostStorage(host);
  const { busy, failure, run } = useSubmit(() => undefined, form);
  const usual = POOL_KINDS[type].path?.replace('<name>', form.name.trim()) ?? '';
  const filled: PoolForm = {
    ...form,
    ...(ownPath || form.name.trim() === '' ? {} : { path: usual }),
  };
  const problems = poolProblems(
    type,
    filled,
    pools.map(({ name }) => name),
  );
  const ready = Object.keys(problems).length === 0;
  const input = poolInputOf(host, type, filled);
  const create = (): void =>
    run(async () => {
      const { job } = await api.pool.create(input);
      onJob(job);
    });
  const submit = (): void => {
    if (ready && !busy) create();
  };
  useSheetKeys([], () => undefined, submit);
  return (
    <form
      className={classes['sheet']}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className={classes['columns']}>
        <TypeCards
          type={type}
          onType={(next) => {
            setType(next);
            // A folder is made without a thought; a file system or a partition table is not.
            onForm({ ...form, format: '', build: next === 'dir' || next === 'netfs' });
          }}
        />
        <div className={classes['fields']}>
          <HostField host={host} onHost={onHost} />
          <PoolFields
            host={host}
            type={type}
            form={filled}
            problems={problems}
            onForm={(next) => {
              if (next.path !== filled.path) setOwnPath(next.path !== '');
              onForm(next);
            }}
          />
          {failure !== null && <FailureView failure={failure} />}
        </div>
        <PoolPreview input={ready ? input : null} />
      </div>
      <DialogButtons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" variant="filled" disabled={!ready} loading={busy}>
          {t('storage:pool.create')}
        </Button>
      </DialogButtons>
    </form>
  );
}

const TYPES = Object.keys(POOL_KINDS) as readonly PoolType[];

/** Cards where there is room, one field where there is not. */
function TypeCards({ type, onType }: { type: PoolType; onType: (type: PoolType) => void }) {
  const { t } = useTranslation('storage');
  const choose = (value: string | null): void => onType(TYPES.find((one) => one === value) ?? type);
  return (
    <>
      <Radio.Group
        className={classes['types'] ?? ''}
        aria-label={t('pool.typeLegend')}
        value={type}
        onChange={choose}
      >
        {TYPES.map((one) => (
          <Radio.Card key={one} value={one} className={classes['type'] ?? ''}>
            <span className="strong">{t(`type.${one}`)}</span>
            <span className="muted small">{t(`typeHelp.${one}`)}</span>
          </Radio.Card>
        ))}
      </Radio.Group>
      <Select
        className={classes['typeField'] ?? ''}
        label={t('pool.typeLegend')}
        description={t(`typeHelp.${type}`)}
        data={TYPES.map((value) => ({ value, label: t(`type.${value}`) }))}
        value={type}
        allowDeselect={false}
        onChange={choose}
      />
    </>
  );
}

function HostField({ host, onHost }: { host: string; onHost: (host: string) => void }) {
  const { t } = useTranslation('storage');
  const hosts = useHosts().filter(({ state }) => state === 'connected');
  if (hosts.length < 2) return null;
  return (
    <Select
      label={t('pool.on')}
      data={hosts.map(({ id, name }) => ({ value: id, label: name }))}
      value={host}
      allowDeselect={false}
      onChange={(value) => onHost(value ?? host)}
    />
  );
}

/** The sheet after its last click. */
function Making({
  job: id,
  host,
  name,
  onBack,
  onClose,
}: {
  job: string;
  host: string;
  name: string;
  onBack: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation(['storage', 'common', 'frame']);
  const job = useJob(id);
  const state = useJobState();
  const made = useHostStorage(host).pools.find((pool) => pool.name === name);
  if (job === undefined) return null;
  const ended = isEnded(job);
  return (
    <div className={classes['making']}>
      <div className="row">
        <span className="strong">{name}</span>
        {isMoving(job) ? <JobProgress job={job} width={200} /> : <span className="muted">{state(job)}</span>}
      </div>
      <JobSteps job={job} />
      {job.failure !== null && ended && <FailureView failure={job.failure} />}
      <DialogButtons>
        {job.state === 'running' && job.cancellable && <CancelJob job={job} />}
        {ended && job.state !== 'done' && <Button onClick={onBack}>{t('storage:pool.back')}</Button>}
        <Button onClick={onClose}>{t('common:close')}</Button>
        {job.state === 'done' && made !== undefined && (
          <Button
            variant="filled"
            onClick={() => {
              navigate({ page: 'storage', pool: { host, uuid: made.uuid } });
              onClose();
            }}
          >
            {t('storage:pool.open', { name })}
          </Button>
        )}
      </DialogButtons>
    </div>
  );
}
