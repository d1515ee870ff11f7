import { IconPlugConnectedX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useCoreLostAt } from '../../state/inventory.ts';
import { formatDuration } from '../../ui/format.ts';
import { useNow } from '../../ui/time.tsx';
import classes from './core-lost.module.css';

/** Over every page while the core is away: how old what is shown is. Nothing while it is there. */
export function CoreLost() {
  const lostAt = useCoreLostAt();
  return lostAt === null ? null : <Lost since={lostAt} />;
}

function Lost({ since }: { since: number }) {
  const { t } = useTranslation('frame');
  return (
    <section className={classes['lost']} aria-label={t('coreOldTitle')}>
      <IconPlugConnectedX size={16} aria-hidden="true" />
      <span>{t('coreOld', { age: formatDuration(useNow() - since) })}</span>
    </section>
  );
}
