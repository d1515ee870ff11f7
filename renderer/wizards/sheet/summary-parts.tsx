import { IconAlertTriangle } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../../ui/format.ts';
import sheet from './sheet.module.css';
import classes from './summary.module.css';

/** The right of a wizard: what will come of it. */
export function Summary({ label, children }: { label: string; children: ReactNode }) {
  const aside = useRef<HTMLElement>(null);
  const [scrolls, setScrolls] = useState(false);
  // What is in it may have grown with any render.
  useEffect(() => {
    const { current } = aside;
    if (current === null) return undefined;
    const look = (): void => setScrolls(current.scrollHeight > current.clientHeight);
    const resized = new ResizeObserver(look);
    resized.observe(current);
    look();
    return () => resized.disconnect();
  });
  return (
    // Where there is more than is seen, the keys can get there.
    <aside ref={aside} className={sheet['summary']} aria-label={label} tabIndex={scrolls ? 0 : undefined}>
      {children}
    </aside>
  );
}

/** Something of a host of which there is so much, and what is left of it afterwards. All in bytes. */
export function LeftMeter(props: {
  label: string;
  total: number;
  /** Now. */
  free: number;
  taken: number;
  /** What may be taken later on. */
  promised?: number;
}) {
  const { label, total, free, taken, promised = taken } = props;
  const { t } = useTranslation('create');
  const used = Math.max(0, total - free);
  const share = (bytes: number): string => `${total === 0 ? 0 : Math.min(100, (bytes / total) * 100)}%`;
  const left = free - taken;
  const words =
    left < 0
      ? t('summary.short', { size: formatBytes(-left) })
      : t('summary.left', { size: formatBytes(left) });
  return (
    <div className={classes['meter']} data-short={left < 0 || undefined}>
      <div className={classes['meterHead']}>
        <span className="truncate">{label}</span>
        <span className="num">{words}</span>
      </div>
      <div
        className={classes['bar']}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={total === 0 ? 0 : Math.round((Math.min(used + taken, total) / total) * 100)}
        aria-valuetext={words}
      >
        <span className={classes['used']} style={{ width: share(used) }} />
        <span className={classes['taken']} style={{ width: share(Math.min(taken, free)) }} />
        <span
          className={classes['promised']}
          style={{ width: share(Math.max(0, Math.min(promised, free) - taken)) }}
        />
      </div>
      <div className={classes['meterFoot']}>
        {promised > taken
          ? t('summary.takesUpTo', { size: formatBytes(promised) })
          : t('summary.takes', { size: formatBytes(taken), total: formatBytes(total) })}
      </div>
    </div>
  );
}

/** Sentences that a person should read before the last click. */
export function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul className={classes['warnings']}>
      {warnings.map((warning) => (
        <li key={warning}>
          <IconAlertTriangle size={14} aria-hidden="true" />
          <span>{warning}</span>
        </li>
      ))}
    </ul>
  );
}

/** Problems, each of which leads to its field. */
export function ProblemList(props: {
  title: string;
  problems: readonly {
    readonly key: string;
    /** The section it is in, as the window calls it. */
    readonly place: string | null;
    readonly message: string;
    readonly onGo: (() => void) | null;
  }[];
}) {
  if (props.problems.length === 0) return null;
  return (
    <div className={classes['problems']} role="status">
      <span className="strong">{props.title}</span>
      <ul>
        {props.problems.map(({ key, place, message, onGo }) => (
          <li key={key}>
            {place !== null && <span className="muted">{place}: </span>}
            {onGo === null ? (
              message
            ) : (
              <button type="button" onClick={onGo}>
                {message}
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
