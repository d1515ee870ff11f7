import { useTranslation } from 'react-i18next';
import type { Pool } from '../../../main/contract/storage.ts';
import { formatBytes } from '../../ui/format.ts';
import { fillOf, takenFraction } from './pool-facts.ts';
import classes from './storage.module.css';

/** How much of a pool is taken, as a bar. Nothing while it is not known. */
export function CapacityBar({ pool }: { pool: Pool }) {
  const { t } = useTranslation('storage');
  const taken = takenFraction(pool);
  const percent = taken === null ? 0 : Math.round(taken * 100);
  return (
    <div
      className={classes['bar']}
      data-fill={fillOf(pool)}
      role="meter"
      aria-label={t('usedOf', {
        used: `${percent} %`,
        total: formatBytes(pool.capacityBytes),
      })}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
