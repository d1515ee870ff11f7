import { useTranslation } from 'react-i18next';
import { isLive, RANGES, toggleLive, type ViewRange } from '../../../charts/view-range.ts';
import classes from './graphs.module.css';

export interface RangePickerProps {
  readonly view: ViewRange;
  readonly now: number;
  readonly onChange: (view: ViewRange) => void;
}

/** How far back the graphs go, and whether they move on. */
export function RangePicker({ view, now, onChange }: RangePickerProps) {
  const { t } = useTranslation('machine');
  return (
    <div className={classes['ranges']} role="group" aria-label={t('graph.range.label')}>
      {RANGES.map((range) => (
        <button
          key={range}
          type="button"
          className={classes['range']}
          aria-pressed={view.range === range}
          onClick={() => onChange({ range, fixed: null })}
        >
          {t(`graph.range.${range}`)}
        </button>
      ))}
      <button
        type="button"
        className={classes['range']}
        aria-pressed={isLive(view)}
        title={t(isLive(view) ? 'graph.liveOn' : 'graph.liveOff')}
        onClick={() => onChange(toggleLive(view, now))}
      >
        {t('graph.live')}
        <i className={classes['liveDot']} data-on={isLive(view)} />
      </button>
    </div>
  );
}
