import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';
import { openDialog } from '../../state/dialogs.ts';
import { hostTone } from '../../ui/domain-state.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatDuration } from '../../ui/format.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { StateDot } from '../../ui/state-dot.tsx';
import { useHostWord } from '../../ui/state-label.tsx';
import { useNow } from '../../ui/time.tsx';
import classes from './hosts.module.css';

/** Over the list of one host that is not connected: why, since when, and what helps. Nothing while it is connected. */
export function HostBanner({ host, withName = false }: { host: Host; withName?: boolean }) {
  const { t } = useTranslation('hosts');
  const word = useHostWord()(host);
  if (host.state === 'connected') return null;
  const idle = host.state === 'disconnected' || host.state === 'away' || host.state === 'failed';
  const buttons = idle && (
    <>
      <Button size="compact-xs" onClick={() => void api.host.connect({ id: host.id }).catch(notifyFailure)}>
        {t(host.state === 'disconnected' ? 'connect' : 'connectNow')}
      </Button>
      {host.kind !== 'demo' && (
        <Button size="compact-xs" onClick={() => openDialog({ kind: 'editHost', id: host.id })}>
          {t('edit')}
        </Button>
      )}
    </>
  );
  return (
    <div className={classes['banner']}>
      <div className={classes['bannerLine']} style={host.failure === null ? undefined : { marginBottom: 8 }}>
        <StateDot tone={hostTone(host)} />
        {withName && <span className="strong">{host.name}</span>}
        <span className={withName ? 'muted' : 'strong'}>{word}</span>
        <span className="muted truncate">
          <BannerTimes host={host} />
        </span>
        <span className="spacer" />
        {host.failure === null && buttons}
      </div>
      {host.failure !== null && <FailureView failure={host.failure}>{buttons}</FailureView>}
    </div>
  );
}

function BannerTimes({ host }: { host: Host }) {
  const { t } = useTranslation('hosts');
  const now = useNow();
  const seen = host.lastSeen === null ? null : t('lastSeen', { age: formatDuration(now - host.lastSeen) });
  const next =
    host.nextAttempt === null || host.nextAttempt <= now
      ? null
      : t('nextAttempt', { time: formatDuration(host.nextAttempt - now) });
  return <>{[seen, next].filter((part) => part !== null).join(' · ')}</>;
}
