import type { ReactNode } from 'react';
import classes from './ui.module.css';

/** The line on top of a page: what it is, in one line what it holds, and on the right what can be done. */
export function PageHeader({
  title,
  lead,
  badge,
  detail,
  children,
}: {
  title: ReactNode;
  /** Stands before the title: a state's sign, a way back. */
  lead?: ReactNode;
  /** One word beside the title. */
  badge?: string | undefined;
  detail?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className={classes['pageHeader']}>
      {lead}
      <h1 className={classes['pageTitle']}>{title}</h1>
      {badge !== undefined && <span className={classes['badge']}>{badge}</span>}
      {detail !== undefined && <span className={classes['pageDetail']}>{detail}</span>}
      {children}
    </div>
  );
}
