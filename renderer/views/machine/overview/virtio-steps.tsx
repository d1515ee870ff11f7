import { Button, Checkbox, Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CreateOptions } from '../../../../main/contract/create.ts';
import type { Domain } from '../../../../main/contract/domain.ts';
import type { VirtioInput, VirtioPlan } from '../../../../main/contract/p2v.ts';
import { api } from '../../../api/client.ts';
import { useHost } from '../../../state/inventory.ts';
import { domainKey } from '../../../state/store.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { FailureView } from '../../../ui/failure-view.tsx';
import { formatBytes } from '../../../ui/format.ts';
import { useAnswer, type Answer } from '../../../ui/use-answer.ts';
import { SubmitForm } from '../../storage/submit-form.tsx';
import classes from './virtio-card.module.css';

interface StepProps {
  readonly domain: Domain;
  /** The last click is on its way. */
  readonly busy: boolean;
  readonly onRun: (input: VirtioInput) => void;
}

const NONE = 'none';
const STABLE = 'stable';

/** The CD of the drivers is chosen, and what is done is shown, before the small disk is added. */
export function PrepareStep({ domain, busy, onRun, onClose }: StepProps & { onClose: () => void }) {
  const { t } = useTranslation('virtio');
  const { host, uuid } = domain;
  const connected = useHost(host)?.state === 'connected';
  const [chosen, setChosen] = useState<string | null>(null);
  const options = useAnswer((signal) => api.create.options({ host }, { signal }), {
    subject: host,
    enabled: connected,
  });
  const cds = options.value === null ? [] : cdsOf(options.value);
  const key = chosen ?? cds[0]?.key ?? NONE;
  const drivers = cds.find((cd) => cd.key === key)?.drivers;
  const input: VirtioInput = { host, uuid, act: 'prepare', ...(drivers === undefined ? {} : { drivers }) };
  const plan = usePlan(input, { domain, enabled: connected && options.value !== null });
  const label = ({ drivers: cd, sizeBytes, poolName }: Cd): string =>
    cd.kind === 'volume'
      ? t('volume', { name: cd.name, size: formatBytes(sizeBytes) })
      : t('stable', { pool: poolName });
  return (
    <>
      <Select
        label={t('drivers')}
        allowDeselect={false}
        disabled={options.value === null}
        data={[...cds.map((cd) => ({ value: cd.key, label: label(cd) })), { value: NONE, label: t('none') }]}
        value={options.value === null ? null : key}
        onChange={(value) => setChosen(value)}
        className={classes['field'] ?? ''}
      />
      {options.failure !== null && <FailureView failure={options.failure} />}
      <Planned plan={plan} />
      <div className={classes['buttons']}>
        <Button
          size="compact-sm"
          variant="filled"
          disabled={!isReady(plan)}
          loading={busy}
          onClick={() => onRun(input)}
        >
          {t('prepare')}
        </Button>
        <Button size="compact-sm" onClick={onClose}>
          {t('close')}
        </Button>
      </div>
    </>
  );
}

interface Cd {
  readonly key: string;
  readonly drivers: NonNullable<VirtioInput['drivers']>;
  readonly sizeBytes: number;
  readonly poolName: string;
}

/** Those that the host has, and the newest, which a pool of files can be given. */
function cdsOf({ isos, pools }: CreateOptions): Cd[] {
  const nameOf = (uuid: string): string => pools.find((pool) => pool.uuid === uuid)?.name ?? '';
  const pool = pools.find(({ overlays }) => overlays);
  return [
    ...isos
      .filter(({ drivers }) => drivers)
      .map(({ pool: at, name, sizeBytes }) => ({
        key: `${at}/${name}`,
        drivers: { kind: 'volume' as const, pool: at, name },
        sizeBytes,
        poolName: nameOf(at),
      })),
    ...(pool === undefined
      ? []
      : [
          {
            key: STABLE,
            drivers: { kind: 'stable' as const, pool: pool.uuid },
            sizeBytes: 0,
            poolName: pool.name,
          },
        ]),
  ];
}

/** Only who has seen that Windows knows virtio changes over: it would not start else. */
export function FinishStep({
  domain,
  busy,
  onRun,
  onDrop,
}: StepProps & { onDrop: (input: VirtioInput) => Promise<unknown> }) {
  const { t } = useTranslation('virtio');
  const { host, uuid } = domain;
  const [sure, setSure] = useState(false);
  const [drops, setDrops] = useState(false);
  const connected = useHost(host)?.state === 'connected';
  const input: VirtioInput = { host, uuid, act: 'finish' };
  const plan = usePlan(input, { domain, enabled: connected });
  return (
    <>
      <Planned plan={plan} withDevices />
      <Checkbox label={t('sure')} checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} />
      <div className={classes['buttons']}>
        <Button
          size="compact-sm"
          variant="filled"
          disabled={!sure || !isReady(plan)}
          loading={busy}
          onClick={() => onRun(input)}
        >
          {t('finish')}
        </Button>
        <Button size="compact-sm" disabled={busy} onClick={() => setDrops(true)}>
          {t('drop')}
        </Button>
      </div>
      {drops && <DropDialog domain={domain} onDrop={onDrop} onClose={() => setDrops(false)} />}
    </>
  );
}

/** Back to where it was before it was prepared. */
function DropDialog(props: {
  domain: Domain;
  onDrop: (input: VirtioInput) => Promise<unknown>;
  onClose: () => void;
}) {
  const { t } = useTranslation('virtio');
  const { domain, onDrop, onClose } = props;
  const { host, uuid, name } = domain;
  const input: VirtioInput = { host, uuid, act: 'drop' };
  const plan = usePlan(input, { domain, enabled: true });
  return (
    <Dialog title={t('dropTitle', { name })} onClose={onClose}>
      <SubmitForm verb={t('dropDo')} ready={isReady(plan)} work={() => onDrop(input)} onClose={onClose}>
        <p style={{ margin: 0 }}>{t('dropText')}</p>
        <Planned plan={plan} />
      </SubmitForm>
    </Dialog>
  );
}

function usePlan(
  input: VirtioInput,
  { domain, enabled }: { domain: Domain; enabled: boolean },
): Answer<VirtioPlan> {
  const { host, uuid, id, changedAt = 0 } = domain;
  return useAnswer((signal) => api.p2v.virtioPlan(input, { signal }), {
    subject: `${domainKey(host, uuid)} ${input.act}`,
    version: `${id ?? 'off'} ${changedAt} ${JSON.stringify(input.drivers)}`,
    enabled,
  });
}

function isReady({ value, loading }: Answer<VirtioPlan>): boolean {
  return value !== null && !loading && value.problems.length === 0;
}

/** What will be done, or why it cannot be. */
function Planned({ plan, withDevices = false }: { plan: Answer<VirtioPlan>; withDevices?: boolean }) {
  const { t } = useTranslation('virtio');
  const { value, failure } = plan;
  if (value === null) return failure === null ? null : <FailureView failure={failure} />;
  const { disks, nics } = value.devices;
  const devices = [
    ...disks.map(({ target, bus, path }) => ({ what: target, from: bus, title: path })),
    ...nics.map(({ mac, model }) => ({ what: mac, from: model, title: mac })),
  ];
  return (
    <>
      {value.problems.map((problem) => (
        <p key={problem} className={classes['problem']} role="status">
          {problem}
        </p>
      ))}
      <div className={classes['plan']} role="group" aria-label={t('what')}>
        <span className="faint tiny">{t('what')}</span>
        <ol>
          {value.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        {withDevices && devices.length > 0 && (
          <dl>
            {devices.map(({ what, from, title }) => (
              <div key={what} title={title}>
                <dt className="mono">{what}</dt>
                <dd>{t('goes', { from })}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </>
  );
}
