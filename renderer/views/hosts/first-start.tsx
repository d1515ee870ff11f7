import { Button } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconBuildingLighthouse, IconDeviceDesktop, IconServer2 } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import type { HostInput } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { setFilter } from '../../state/filter.ts';
import { useAppInfo } from '../../state/preferences.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { MoreFields, NO_HOST, trimmed } from './host-fields.tsx';
import { TargetField } from './target-field.tsx';
import type { HostFields } from './use-connecting.ts';
import classes from './hosts.module.css';

/** No host yet: this computer, another one, or the demo fleet. The window moves on by itself when there is a host. */
export function FirstStart() {
  const { t } = useTranslation('hosts');
  const local = useAppInfo()?.localLibvirt ?? null;
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const go = (door: string, work: () => Promise<unknown>): void => {
    setBusy(door);
    setFailure(null);
    work()
      .catch((error: unknown) => setFailure(failureOf(error)))
      .finally(() => setBusy(null));
  };
  return (
    <div className={classes['start']}>
      <h1 className={classes['startTitle']}>{t('start.title')}</h1>
      <p className={classes['startLead']}>{t('start.lead')}</p>
      <div className={classes['doors']}>
        {local !== null && (
          <Door
            icon={<IconDeviceDesktop size={24} stroke={1.5} />}
            title={t('start.local')}
            text={t('start.localText')}
          >
            <Button
              loading={busy === 'local'}
              onClick={() => go('local', () => addAndShow({ target: local }))}
            >
              {t('start.localGo')}
            </Button>
          </Door>
        )}
        <ConnectDoor busy={busy === 'connect'} onGo={(fields) => go('connect', () => addAndShow(fields))} />
        <Door
          icon={<IconBuildingLighthouse size={24} stroke={1.5} />}
          title={t('start.demo')}
          text={t('start.demoText')}
        >
          <Button loading={busy === 'demo'} onClick={() => go('demo', () => api.host.openDemo())}>
            {t('start.demoGo')}
          </Button>
        </Door>
      </div>
      {failure !== null && (
        <div style={{ width: 'min(940px, 100%)' }}>
          <FailureView failure={failure} />
        </div>
      )}
    </div>
  );
}

/** The list of machines opens on the new host, where its questions and failures are shown too. It is saved when it was reached. */
async function addAndShow(input: HostInput): Promise<void> {
  const saved = await api.host.add({ ...input, trial: true });
  setFilter({ host: saved.id, state: null, text: '' });
}

function ConnectDoor({ busy, onGo }: { busy: boolean; onGo: (fields: HostFields) => void }) {
  const { t } = useTranslation('hosts');
  const form = useForm<HostFields>({ initialValues: NO_HOST });
  const { target } = form.values;
  const submit = (fields: HostFields): void => {
    if (fields.target.trim() !== '') onGo(trimmed(fields));
  };
  return (
    <form className={classes['door']} onSubmit={form.onSubmit(submit)} aria-label={t('start.connect')}>
      <IconServer2 size={24} stroke={1.5} aria-hidden="true" />
      <h2 className={classes['doorTitle']}>{t('start.connect')}</h2>
      <TargetField value={target} onChange={(value) => form.setFieldValue('target', value)} />
      <MoreFields form={form} open={false} />
      <Button type="submit" variant="filled" loading={busy} disabled={target.trim() === ''}>
        {t('connect')}
      </Button>
    </form>
  );
}

function Door({
  icon,
  title,
  text,
  children,
}: {
  icon: ReactNode;
  title: string;
  text: string;
  children: ReactNode;
}) {
  return (
    <section className={classes['door']} aria-label={title}>
      {icon}
      <h2 className={classes['doorTitle']}>{title}</h2>
      <span className={classes['doorText']}>{text}</span>
      {children}
    </section>
  );
}
