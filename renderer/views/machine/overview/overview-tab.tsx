import { Button, Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Domain, DomainDetail } from '../../../../main/contract/domain.ts';
import { ScreenThumbnail } from '../../../consoles/screen-thumbnail.tsx';
import { useHost } from '../../../state/inventory.ts';
import { isStale, plainReason } from '../../../ui/domain-state.ts';
import { Empty } from '../../../ui/empty.tsx';
import { FailureView } from '../../../ui/failure-view.tsx';
import { useDomainDetail } from '../domain-detail.ts';
import type { Answer } from '../../../ui/use-answer.ts';
import { BalancerCard } from './balancer-card.tsx';
import { DisksCard, NicsCard } from './devices.tsx';
import { MachineFacts, SystemFacts } from './facts.tsx';
import { LiveStrip } from './live-strip.tsx';
import { SeedNote } from './seed-note.tsx';
import { VirtioCard } from './virtio-card.tsx';
import classes from './overview.module.css';

/** What the machine is and how it does, on one page. */
export function OverviewTab({ domain }: { domain: Domain }) {
  const { t } = useTranslation('machine');
  const stale = isStale(useHost(domain.host));
  const detail = useDomainDetail(domain);
  return (
    <div className={classes['page']} data-stale={stale}>
      <div className={classes['side']}>
        <div className={classes['screen']}>
          <ScreenThumbnail domain={domain} />
        </div>
        {domain.id !== null && <LiveStrip domain={domain} />}
      </div>
      <div className={classes['main']}>
        {isDiskFault(domain) && <p className={classes['note']}>{t('overview.diskFault')}</p>}
        <Details domain={domain} detail={detail} />
      </div>
      {detail.value !== null && (
        <div className={classes['devices']}>
          {(detail.value.container === undefined || detail.value.disks.length > 0) && (
            <DisksCard domain={domain} disks={detail.value.disks} />
          )}
          <NicsCard domain={domain} nics={detail.value.nics} />
        </div>
      )}
    </div>
  );
}

function isDiskFault(domain: Domain): boolean {
  return domain.state === 'paused' && plainReason(domain.reason) === 'ioerror';
}

function Details({ domain, detail }: { domain: Domain; detail: Answer<DomainDetail> }) {
  const { t } = useTranslation('machine');
  if (detail.value === null && detail.failure !== null)
    return (
      <FailureView failure={detail.failure}>
        <Button size="compact-xs" onClick={detail.reload}>
          {t('retry')}
        </Button>
      </FailureView>
    );
  if (detail.value === null && !detail.loading) return <Empty title={t('stale.unread')} />;
  if (detail.value === null)
    return (
      <>
        <div className={classes['pair']}>
          <Skeleton height={196} radius={8} />
          <Skeleton height={196} radius={8} />
        </div>
        <Skeleton height={120} radius={8} />
        <Skeleton height={90} radius={8} />
      </>
    );
  return (
    <>
      {detail.value.changesPending && <p className={classes['note']}>{t('overview.changesPending')}</p>}
      {detail.value.seed !== null && (
        <SeedNote domain={domain} seed={detail.value.seed} onRemoved={detail.reload} />
      )}
      {detail.value.description !== null && <p className={classes['text']}>{detail.value.description}</p>}
      <div className={classes['pair']}>
        <MachineFacts domain={domain} detail={detail.value} />
        <SystemFacts domain={domain} detail={detail.value} />
      </div>
      <VirtioCard domain={domain} state={detail.value.toVirtio ?? null} />
      {detail.value.balancer === true && <BalancerCard domain={domain} />}
    </>
  );
}
