import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import classes from './hosts.module.css';
import { bringHome, useAway } from './use-away.ts';

/** Over the list of a host that was evacuated: its machines elsewhere, and the way home. Nothing while there are none. */
export function HomeBanner({ host }: { host: Host }) {
  const { t } = useTranslation('evacuate');
  const away = useAway(host);
  const count = away.length;
  if (count === 0) return null;
  return (
    <div className={classes['banner']}>
      <div className={classes['awayLine']}>
        <span className={classes['awayText']}>{t('away', { count, host: host.name })}</span>
        <span className={classes['bannerButtons']}>
          <Button size="compact-xs" onClick={() => bringHome(host.id, away)}>
            {t('bringHome', { count })}
          </Button>
        </span>
      </div>
    </div>
  );
}
