import { Button, Loader, SegmentedControl } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { shellQuote } from '../../main/contract/virsh.ts';
import type { Domain, DomainDetail } from '../../main/contract/domain.ts';
import { useHost } from '../state/inventory.ts';
import { Empty } from '../ui/empty.tsx';
import { FailureView } from '../ui/failure-view.tsx';
import { CopyButton } from '../ui/key-value.tsx';
import { ShellText } from '../ui/shell-text.tsx';
import { useDomainDetail } from '../views/machine/domain-detail.ts';
import { consoleKinds } from './console-kinds.ts';
import classes from './consoles.module.css';
import { VncView } from './vnc-view.tsx';

/** The terminal is loaded with its first use. */
const SerialView = lazy(async () => ({ default: (await import('./serial-view.tsx')).SerialView }));

/** The machine's screen or serial console; without either, what to do about it. */
export function ConsoleTab({ domain }: { domain: Domain }) {
  const { t } = useTranslation('machine');
  const detail = useDomainDetail(domain);
  if (detail.value === null && detail.failure !== null)
    return (
      <div className={classes['pad']}>
        <FailureView failure={detail.failure}>
          <Button size="compact-xs" onClick={detail.reload}>
            {t('retry')}
          </Button>
        </FailureView>
      </div>
    );
  if (detail.value === null && !detail.loading) return <Empty title={t('stale.unread')} />;
  if (detail.value === null)
    return (
      <div className={classes['center']}>
        <Loader size={20} />
      </div>
    );
  return <Consoles domain={domain} detail={detail.value} />;
}

function Consoles({ domain, detail }: { domain: Domain; detail: DomainDetail }) {
  const { t } = useTranslation('console');
  const kinds = consoleKinds(detail);
  const [wanted, setWanted] = useState<'vnc' | 'serial'>('vnc');
  const both = kinds.vnc && kinds.serials.length > 0;
  if (!kinds.vnc && kinds.serials.length === 0)
    return <NoConsole domain={domain} detail={detail} spice={kinds.spiceOnly} />;
  const kind = both ? wanted : kinds.vnc ? 'vnc' : 'serial';
  const choice = both && (
    <SegmentedControl
      size="xs"
      aria-label={t('kind.label')}
      value={kind}
      onChange={(value) => setWanted(value === 'serial' ? 'serial' : 'vnc')}
      data={[
        { value: 'vnc', label: t('kind.vnc') },
        { value: 'serial', label: t('kind.serial') },
      ]}
    />
  );
  if (kind === 'vnc') return <VncView domain={domain} kinds={kinds} choice={choice} />;
  return (
    <Suspense fallback={<Loader size={20} />}>
      <SerialView domain={domain} serials={kinds.serials} choice={choice} />
    </Suspense>
  );
}

function NoConsole(props: { domain: Domain; detail: DomainDetail; spice: boolean }) {
  const { domain, detail, spice } = props;
  const { t } = useTranslation('console');
  const uri = useHost(domain.host)?.uri ?? '';
  const name = shellQuote(domain.name);
  const connect = `virt-xml --connect ${shellQuote(uri)} ${name} --add-device`;
  const isVm = detail.osType === 'hvm';
  const lines = isVm
    ? [`${connect} --graphics vnc,listen=127.0.0.1`, ...(spice ? [] : [`${connect} --serial pty`])]
    : [`${connect} --console pty`];
  return (
    <div className={classes['none']}>
      <h2>{t(spice ? 'none.spiceTitle' : 'none.title', { name: domain.name })}</h2>
      <p>{t(spice ? 'none.spiceText' : isVm ? 'none.text' : 'none.container')}</p>
      {lines.map((line) => (
        <div key={line} className={classes['line']}>
          <code>
            <ShellText line={line} />
          </code>
          <CopyButton text={line} label={line} />
        </div>
      ))}
    </div>
  );
}
