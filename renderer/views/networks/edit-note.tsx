import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Network } from '../../../main/contract/network.ts';
import { dropOutcome, openNetworkDialog, useOutcome } from './dialogs.ts';
import classes from './detail.module.css';

/** After an edit: what holds already and what waits for the next start. Without one: that something waits. */
export function EditNote({ network }: { network: Network }) {
  const { t } = useTranslation(['networks', 'common']);
  const outcome = useOutcome(network);
  const waits = outcome === undefined ? [] : outcome.atNextStart;
  const pending = network.active && (network.changesPending || waits.length > 0);
  if (outcome === undefined && !pending) return null;
  const live = outcome?.live ?? [];
  const kept = outcome?.kept ?? [];
  return (
    <div className={classes['note']} data-tone={pending ? 'warn' : undefined} role="status">
      <div className={classes['noteLine']}>
        <span className={classes['noteText']}>
          {outcome !== undefined && live.length === 0 && waits.length === 0 && (
            <span>{t(network.active ? 'networks:pending.nothing' : 'networks:pending.saved')}</span>
          )}
          {live.length > 0 && <span>{t('networks:pending.live', { what: live.join(', ') })}</span>}
          {waits.length > 0 && <span>{t('networks:pending.next', { what: waits.join(', ') })}</span>}
          {kept.length > 0 && <span>{t('networks:pending.kept', { what: kept.join(', ') })}</span>}
          {waits.length === 0 && pending && <span>{t('networks:pending.some')}</span>}
        </span>
        {pending && (
          <Button size="compact-xs" onClick={() => openNetworkDialog({ kind: 'restart', network })}>
            {t('networks:action.restart')}
          </Button>
        )}
        {outcome !== undefined && (
          <Button size="compact-xs" onClick={() => dropOutcome(network)}>
            {t('common:close')}
          </Button>
        )}
      </div>
    </div>
  );
}
