import { useTranslation } from 'react-i18next';
import classes from './table.module.css';

const ROWS = Array.from({ length: 14 }, (_, index) => index);
const WIDTHS = [96, 64, 52, 104, 148];

/** The table's shape while its machines are on the way. */
export function GhostTable() {
  const { t } = useTranslation('machines');
  return (
    <div
      role="status"
      aria-label={t('loading')}
      style={{ flex: 1, overflow: 'hidden', padding: '28px 12px 0' }}
    >
      {ROWS.map((row) => (
        <div key={row} className={classes['ghost']}>
          {WIDTHS.map((width, column) => (
            <span
              key={width}
              style={{ width: width - ((row * 7 + column * 5) % 28), marginRight: 150 - width }}
            />
          ))}
        </div>
      ))}
    </div>
  );
}
