import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';
import { useJobs } from '../../state/activity.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useDomains } from '../../state/inventory.ts';
import { useAnswer } from '../../ui/use-answer.ts';
import classes from './hosts.module.css';

/** Over the list of a host that was evacuated: its machines elsewhere, and the way home. Nothing while there are none. */
export function HomeBanner({ host }: { host: Host }) {
  const { t } = useTranslation('evacuate');
  const { id, name, state } = host;
  const domains = useDomains();
  const jobs = useJobs();
  // Where machines are is known by what the hosts list; that they left their home is known when their round goes on.
  const places = domains.map((domain) => `${domain.host}/${domain.uuid}`).join(' ');
  const rounds = jobs
    .filter(({ kind }) => kind === 'evacuate')
    .map(({ progress, state: now }) => `${progress} ${now}`);
  const away = useAnswer((signal) => api.migrate.away({ host: id }, { signal }), {
    subject: id,
    version: `${places} ${rounds.join(' ')}`,
    enabled: state === 'connected',
  }).value;
  if (away === null || away.length === 0 || state !== 'connected') return null;
  const count = away.length;
  return (
    <div className={classes['banner']}>
      <div className={classes['awayLine']}>
        <span className={classes['awayText']}>{t('away', { count, host: name })}</span>
        <span className={classes['bannerButtons']}>
          <Button
            size="compact-xs"
            onClick={() =>
              openDialog({
                kind: 'migrate',
                machines: away.map(({ host: at, uuid }) => ({ host: at, uuid })),
                to: id,
              })
            }
          >
            {t('bringHome', { count })}
          </Button>
        </span>
      </div>
    </div>
  );
}
