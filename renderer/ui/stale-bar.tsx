import { Button } from '@mantine/core';
import { IconCloudOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/client.ts';
import { useCoreLostAt, useHost } from '../state/inventory.ts';
import { silentSince } from './domain-state.ts';
import { formatDuration } from './format.ts';
import { useNow } from './time.tsx';
import classes from './stale-bar.module.css';

/** Says that the host is away, since when what is shown is old, and when it is tried again. Nothing while it is connected. */
export function StaleBar({ host }: { host: string }) {
  const { t } = useTranslation('machine');
  const owner = useHost(host);
  const now = useNow();
  const coreLost = useCoreLostAt() !== null;
  // The frame says that.
  if (coreLost) return null;
  const silent = owner === undefined ? null : silentSince(owner);
  if (owner !== undefined && silent !== null)
    return (
      <div className={classes['stale']} role="status">
        <IconCloudOff size={16} aria-hidden="true" />
        <b>{t('stale.silent', { host: owner.name, age: formatDuration(now - silent) })}</b>
        <span className="muted">{t('stale.never')}</span>
      </div>
    );
  if (owner === undefined || owner.state === 'connected') return null;
  const { lastSeen, nextAttempt } = owner;
  return (
    <div className={classes['stale']} role="status">
      <IconCloudOff size={16} aria-hidden="true" />
      <b>{t('stale.title', { host: owner.name })}</b>
      <span className="muted">
        {lastSeen === null ? t('stale.never') : t('stale.text', { age: formatDuration(now - lastSeen) })}
        {nextAttempt !== null && nextAttempt > now && (
          <> {t('stale.next', { age: formatDuration(nextAttempt - now) })}</>
        )}
      </span>
      <span className="spacer" />
      <Button
        size="compact-xs"
        loading={owner.state === 'connecting'}
        onClick={() => void api.host.connect({ id: owner.id }).catch(() => undefined)}
      >
        {t('stale.reconnect')}
      </Button>
    </div>
  );
}
