import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type {
  Backend,
  BackendView,
  BalancerSynced,
  BalancerView,
} from '../../../../main/contract/balancer.ts';
import type { Domain } from '../../../../main/contract/domain.ts';
import { api } from '../../../api/client.ts';
import { useDomains, useHost } from '../../../state/inventory.ts';
import { domainKey } from '../../../state/store.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { FailureView } from '../../../ui/failure-view.tsx';
import { NOTHING } from '../../../ui/format.ts';
import { CopyButton } from '../../../ui/key-value.tsx';
import { useAnswer } from '../../../ui/use-answer.ts';
import { useSubmit } from '../../../ui/use-submit.ts';
import { BackendsField } from '../../../wizards/balancer/backends-field.tsx';
import { SubmitForm } from '../../storage/submit-form.tsx';
import classes from './balancer-card.module.css';
import overview from './overview.module.css';

/** What a load balancer stands in front of, what its files say of it, and the change that brings the two together. */
export function BalancerCard({ domain }: { domain: Domain }) {
  const { t } = useTranslation('balancer');
  const { host, uuid } = domain;
  const [changing, setChanging] = useState(false);
  const connected = useHost(host)?.state === 'connected';
  const states = useDomains().map(({ id, addresses }) => `${id ?? ''}${addresses.join()}`);
  const { value, failure, loading, reload } = useAnswer(
    (signal) => api.balancer.show({ host, uuid }, { signal }),
    {
      subject: domainKey(host, uuid),
      version: `${domain.changedAt ?? 0} ${states.join()}`,
      enabled: connected,
    },
  );
  return (
    <section className={overview['card']} aria-label={t('title')}>
      <div className={classes['head']}>
        <h2>{t('title')}</h2>
        <Button size="compact-xs" variant="subtle" loading={loading} onClick={reload}>
          {t('again')}
        </Button>
        <Button size="compact-xs" disabled={value === null} onClick={() => setChanging(true)}>
          {t('change')}
        </Button>
      </div>
      {failure !== null && <FailureView failure={failure} />}
      {value !== null && <Backends backends={value.backends} />}
      {value !== null && <Files domain={domain} view={value} reload={reload} />}
      {changing && value !== null && (
        <ChangeDialog
          domain={domain}
          before={value.backends}
          onClose={() => {
            setChanging(false);
            reload();
          }}
        />
      )}
    </section>
  );
}

function Backends({ backends }: { backends: readonly BackendView[] }) {
  const { t } = useTranslation('balancer');
  if (backends.length === 0) return null;
  return (
    <div className={overview['tableBox']}>
      <table className={overview['table']}>
        <thead>
          <tr>
            <th>{t('machine')}</th>
            <th>{t('host')}</th>
            <th>{t('address')}</th>
            <th>{t('toldBy')}</th>
          </tr>
        </thead>
        <tbody>
          {backends.map((backend) => (
            <BackendRow
              key={`${backend.machine ?? ''} ${backend.typed ?? ''} ${backend.port}`}
              backend={backend}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function BackendRow({ backend }: { backend: BackendView }) {
  const { t } = useTranslation('balancer');
  const { name, machine, host, address, port, source, missing } = backend;
  const hostName = useHost(host ?? '')?.name;
  return (
    <tr>
      <td className="strong">{machine === null ? NOTHING : name}</td>
      <td className="muted">{hostName ?? NOTHING}</td>
      <td>
        {address === null ? (
          <span className={overview['warn']}>{t(`missing.${missing ?? 'noAddress'}`)}</span>
        ) : (
          <span className="mono">
            {address}:{port}
          </span>
        )}
      </td>
      <td className="muted">{address === null ? NOTHING : t(`source.${source ?? 'typed'}`)}</td>
    </tr>
  );
}

function Files({ domain, view, reload }: { domain: Domain; view: BalancerView; reload: () => void }) {
  const { t } = useTranslation('balancer');
  const [synced, setSynced] = useState<BalancerSynced['reload'] | null>(null);
  const submit = useSubmit(reload);
  const { change, noAgent, problem, warnings, files } = view;
  const { host, uuid } = domain;
  const write = (): void => {
    if (change === null) return;
    setSynced(null);
    submit.run(async () => setSynced((await api.balancer.sync({ host, uuid, change })).reload));
  };
  const shown = noAgent === null ? files.filter(({ now, wanted }) => now !== wanted) : files;
  return (
    <div className={classes['files']}>
      {problem !== null && <p className={overview['note']}>{problem}</p>}
      {warnings.map((warning) => (
        <p key={warning} className={overview['note']}>
          {warning}
        </p>
      ))}
      {noAgent !== null && <p className={overview['note']}>{t('noAgent', { why: noAgent })}</p>}
      {noAgent !== null && problem === null && <p className={overview['text']}>{t('byHand')}</p>}
      {synced !== null && (
        <p className={synced.done ? overview['text'] : overview['note']} role="status">
          {synced.done ? t('written') : t('notReloaded', { said: synced.said })}
        </p>
      )}
      {noAgent === null && problem === null && shown.length === 0 && synced === null && (
        <p className={overview['text']}>{t('same')}</p>
      )}
      {problem === null && shown.length > 0 && (
        <>
          {noAgent === null && <p className={overview['text']}>{t('differs')}</p>}
          {shown.map((file) => (
            <FileLines key={file.path} file={file} plain={noAgent !== null} />
          ))}
        </>
      )}
      {submit.failure !== null && <FailureView failure={submit.failure} />}
      {change !== null && (
        <div>
          <Button variant="filled" size="compact-sm" loading={submit.busy} onClick={write}>
            {t('write')}
          </Button>
        </div>
      )}
    </div>
  );
}

const SIGNS = { same: ' ', added: '+', removed: '-' } as const;

/** The change of a file; `plain`: what it is to hold, to copy. */
function FileLines({ file, plain }: { file: BalancerView['files'][number]; plain: boolean }) {
  const { t } = useTranslation('balancer');
  const label = t('lines', { path: file.path });
  return (
    <div>
      <div className={classes['path']}>
        <span className="mono">{file.path}</span>
        {plain && <CopyButton text={file.wanted} label={label} />}
      </div>
      <pre className={classes['diff']} tabIndex={0} aria-label={label}>
        {file.lines.map(({ kind, text }, index) => (
          <span key={index} data-kind={plain ? 'same' : kind}>
            {!plain && (
              <span
                aria-label={kind === 'same' ? undefined : t(kind)}
                role={kind === 'same' ? undefined : 'img'}
              >
                {SIGNS[kind]}{' '}
              </span>
            )}
            {text}
            {'\n'}
          </span>
        ))}
      </pre>
    </div>
  );
}

function ChangeDialog(props: { domain: Domain; before: readonly BackendView[]; onClose: () => void }) {
  const { t } = useTranslation(['balancer', 'common']);
  const { host, uuid } = props.domain;
  const [backends, setBackends] = useState<Backend[]>(() =>
    props.before.map(({ machine, name, port, typed }) => ({ machine, name, port, address: typed })),
  );
  return (
    <Dialog title={t('balancer:behind')} size={620} onClose={props.onClose}>
      <SubmitForm
        verb={t('common:save')}
        ready
        work={() => api.balancer.set({ host, uuid, backends })}
        onClose={props.onClose}
      >
        <BackendsField value={backends} except={uuid} onChange={setBackends} />
      </SubmitForm>
    </Dialog>
  );
}
