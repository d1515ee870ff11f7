import { Button, Collapse } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useCoreLostAt } from '../../state/inventory.ts';
import { hostTone, silentSince } from '../../ui/domain-state.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatDuration } from '../../ui/format.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { StateDot } from '../../ui/state-dot.tsx';
import { useHostWord } from '../../ui/state-label.tsx';
import { useNow } from '../../ui/time.tsx';
import classes from './hosts.module.css';

/** Over the list of one host that is not connected: why, since when, and what helps. Nothing while it is connected and answers. */
export function HostBanner({ host, withName = false }: { host: Host; withName?: boolean }) {
  const coreLost = useCoreLostAt() !== null;
  // The frame says it, and of no host is anything known.
  if (coreLost) return null;
  const silent = silentSince(host);
  if (silent !== null)
    return (
      <div className={classes['banner']}>
        <SilentHost host={host} since={silent} />
      </div>
    );
  if (host.state === 'connected') return null;
  // It comes back by itself, and most often soon: nothing to be alarmed of.
  const calm = host.state === 'away' && host.failure?.code === 'HOST_UNREACHABLE';
  return (
    <div className={classes['banner']}>
      {calm ? <AwayHost host={host} /> : <StoppedHost host={host} withName={withName} />}
    </div>
  );
}

/** Still connected: most often it answers in a moment, and nothing is to be done. */
function SilentHost({ host, since }: { host: Host; since: number }) {
  const { t } = useTranslation('hosts');
  return (
    <div className={classes['awayLine']}>
      <StateDot tone={hostTone(host)} />
      <span className={classes['awayText']}>
        <span>{t('silent.text', { name: host.name, age: formatDuration(useNow() - since) })}</span>{' '}
        <span className="muted">{t('silent.old')}</span>
      </span>
    </div>
  );
}

function StoppedHost({ host, withName }: { host: Host; withName: boolean }) {
  const { t } = useTranslation('hosts');
  const word = useHostWord()(host);
  const idle = host.state === 'disconnected' || host.state === 'away' || host.state === 'failed';
  const buttons = idle && <HostButtons host={host} />;
  return (
    <>
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
      {host.failure !== null && host.trial === true && <p className={classes['trial']}>{t('notSaved')}</p>}
    </>
  );
}

/** One calm sentence; the words of the layers below for who wants them. */
function AwayHost({ host }: { host: Host }) {
  const { t } = useTranslation('hosts');
  const [open, setOpen] = useState(false);
  const now = useNow();
  const { name, lastSeen, nextAttempt } = host;
  const age = lastSeen === null ? null : t('away.age', { age: formatDuration(now - lastSeen) });
  const trying =
    nextAttempt === null || nextAttempt <= now
      ? t('away.now')
      : t('away.next', { time: formatDuration(nextAttempt - now) });
  const detail = host.failure?.detail;
  return (
    <>
      <div className={classes['awayLine']}>
        <StateDot tone={hostTone(host)} />
        <span className={classes['awayText']}>
          <span role="status">{t('away.text', { name })}</span>{' '}
          <span className="muted">{[age, trying].filter((part) => part !== null).join(' ')}</span>
        </span>
        <HostButtons host={host}>
          {detail !== undefined && (
            <Button size="compact-xs" aria-expanded={open} onClick={() => setOpen(!open)}>
              {t('away.details')}
            </Button>
          )}
        </HostButtons>
      </div>
      {detail !== undefined && (
        <Collapse expanded={open} transitionDuration={0}>
          <pre className={classes['words']}>{detail}</pre>
        </Collapse>
      )}
    </>
  );
}

/** What helps; a host that is not saved yet can be saved or dropped here too. */
function HostButtons({ host, children }: { host: Host; children?: ReactNode }) {
  const { t } = useTranslation('hosts');
  const { id } = host;
  const fail = (error: unknown): void => notifyFailure(error);
  const again = host.state === 'failed' ? 'tryAgain' : 'connectNow';
  return (
    <span className={classes['bannerButtons']}>
      <Button size="compact-xs" onClick={() => void api.host.connect({ id }).catch(fail)}>
        {t(host.state === 'disconnected' ? 'connect' : again)}
      </Button>
      {host.kind !== 'demo' && (
        <Button size="compact-xs" onClick={() => openDialog({ kind: 'editHost', id })}>
          {t('edit')}
        </Button>
      )}
      {host.trial === true && (
        <>
          <Button size="compact-xs" onClick={() => void api.host.keep({ id }).catch(fail)}>
            {t('saveAnyway')}
          </Button>
          <Button size="compact-xs" onClick={() => void api.host.remove({ id }).catch(fail)}>
            {t('remove')}
          </Button>
        </>
      )}
      {children}
    </span>
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
