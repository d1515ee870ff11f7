import { Switch } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AddressView, Domain, DomainDetail, GraphicsView } from '../../../../main/contract/domain.ts';
import { useHost } from '../../../state/inventory.ts';
import { formatKiB } from '../../../ui/format.ts';
import { CopyButton, KeyValue, type Fact } from '../../../ui/key-value.tsx';
import { useDomainActions } from '../lifecycle/actions.tsx';
import { osName } from '../../machines/os-name.ts';
import { virtualization } from '../virtualization.ts';
import { Tags } from './tags.tsx';
import classes from './overview.module.css';

interface Props {
  readonly domain: Domain;
  readonly detail: DomainDetail;
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes['card']} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** What a person asks first: where it is reached, what it is, how large. */
export function MachineFacts({ domain, detail }: Props) {
  const { t } = useTranslation('machine');
  const host = useHost(domain.host);
  const facts: Fact[] = [
    { name: t('fact.address'), value: <Addresses detail={detail} domain={domain} /> },
    { name: t('fact.system'), value: <System detail={detail} /> },
    { name: t('fact.vcpus'), value: vcpuText(domain.vcpus, domain.maxVcpus, t) },
    { name: t('fact.memory'), value: memoryText(domain, t) },
    { name: t('fact.agent'), value: <Agent domain={domain} detail={detail} /> },
    { name: t('fact.host'), value: host?.name ?? domain.host },
    { name: t('fact.autostart'), value: <Autostart domain={domain} /> },
    { name: t('fact.tags'), value: <Tags domain={domain} /> },
    { name: t('fact.uuid'), value: <span className="mono tiny">{domain.uuid}</span>, copy: domain.uuid },
  ];
  return (
    <Card title={t('overview.machine')}>
      <KeyValue facts={facts} />
    </Card>
  );
}

/** What the guest is; what runs it is said of the machine's make. */
function System({ detail }: Pick<Props, 'detail'>) {
  const { t } = useTranslation('machine');
  return osName(detail) ?? <span className="faint">{t('fact.noSystem')}</span>;
}

type T = ReturnType<typeof useTranslation<'machine'>>['t'];

function vcpuText(now: number, max: number, t: T): string {
  return now === max ? String(now) : t('fact.ofMax', { now, max });
}

function memoryText({ memoryKiB, maxMemoryKiB }: Domain, t: T): string {
  const max = formatKiB(maxMemoryKiB);
  const now = formatKiB(memoryKiB);
  return now === max || memoryKiB === 0 ? max : t('fact.ofMax', { now, max });
}

/** An agent of a machine that is off is not silent: there is nobody to answer. */
function Agent({ domain, detail }: Props) {
  const { t } = useTranslation('machine');
  return domain.id === null && detail.agent !== 'none' ? (
    <span className="faint">{t('fact.agentOff')}</span>
  ) : (
    t(`fact.agentState.${detail.agent}`)
  );
}

function Addresses({ domain, detail }: Props) {
  const { t } = useTranslation('machine');
  const known: readonly Pick<AddressView, 'address'>[] = detail.addresses;
  const list =
    known.length > 0 ? detail.addresses : domain.addresses.map((address) => ({ address, source: null }));
  if (list.length === 0) return <span className="faint">{t('fact.noAddress')}</span>;
  return (
    <ul className={classes['addresses']}>
      {list.map(({ address, source }) => (
        <li key={`${address} ${source ?? ''}`}>
          <span className="mono">{address}</span>
          {source !== null && (
            <span className={`faint small ${classes['whole']}`}>{t(`fact.addressSource.${source}`)}</span>
          )}
          <CopyButton text={address} label={address} />
        </li>
      ))}
    </ul>
  );
}

function Autostart({ domain }: { domain: Domain }) {
  const { t } = useTranslation(['machine', 'common']);
  const items = useDomainActions(domain);
  const item = items.find(({ action }) => action === (domain.autostart ? 'autostartOff' : 'autostartOn'));
  return (
    <Switch
      size="xs"
      className={classes['switch'] ?? ''}
      checked={domain.autostart}
      disabled={item?.enabled !== true}
      onChange={() => item?.run()}
      aria-label={t('machine:action.autostartOn')}
      title={item?.reasonDisabled ?? undefined}
    />
  );
}

/** What it is made of. */
export function SystemFacts({ detail }: Props) {
  const { t } = useTranslation('machine');
  const firmware = t(`fact.firmwareKind.${detail.firmware}`);
  const { container } = detail;
  if (container !== undefined)
    return (
      <Card title={t('overview.container')}>
        <KeyValue
          facts={[
            { name: t('fact.type'), value: virtualization(detail, t) },
            { name: t('fact.root'), value: container.root ?? t('fact.hostRoot') },
            { name: t('fact.init'), value: container.init ?? t('fact.default') },
            { name: t('fact.serial'), value: serialText(detail) ?? t('fact.none') },
          ]}
        />
      </Card>
    );
  const facts: Fact[] = [
    { name: t('fact.machine'), value: detail.machine ?? t('fact.default') },
    { name: t('fact.type'), value: virtualization(detail, t) },
    { name: t('fact.firmware'), value: detail.secureBoot ? t('fact.secureBoot', { firmware }) : firmware },
    { name: t('fact.cpu'), value: cpuText(detail) ?? t('fact.default') },
    { name: t('fact.display'), value: <Displays graphics={detail.graphics} /> },
    { name: t('fact.video'), value: detail.video.map(({ model }) => model).join(', ') || t('fact.none') },
    {
      name: t('fact.serial'),
      value: serialText(detail) ?? t('fact.none'),
    },
    ...(detail.tpm === null ? [] : [{ name: t('fact.tpm'), value: detail.tpm }]),
    { name: t('fact.boot'), value: detail.bootOrder.join(', ') || t('fact.default') },
  ];
  return (
    <Card title={t('overview.system')}>
      <KeyValue facts={facts} />
    </Card>
  );
}

function serialText({ serials }: DomainDetail): string | null {
  if (serials.length === 0) return null;
  return serials.map((serial) => serial.alias ?? `${serial.type} ${serial.port ?? ''}`.trim()).join(', ');
}

function cpuText({ cpuModel, cpuMode, topology }: DomainDetail): string | null {
  const parts = [cpuModel ?? cpuMode, topology].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}

function Displays({ graphics }: { graphics: readonly GraphicsView[] }) {
  const { t } = useTranslation('machine');
  if (graphics.length === 0) return t('fact.none');
  return (
    <>
      {graphics.map(({ type, listen, port, socket }) => (
        <div key={`${type} ${port ?? socket ?? ''}`}>
          {type.toUpperCase()}
          <span className="faint">
            {' '}
            {socket ?? (port === null || port < 0 ? '' : `${listen ?? ''}:${port}`)}
          </span>
        </div>
      ))}
    </>
  );
}
