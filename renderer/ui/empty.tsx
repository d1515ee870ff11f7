import type { ReactNode } from 'react';
import classes from './ui.module.css';

/** A page or panel with nothing in it: what would be here, and what to do. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={classes['empty']}>
      <span className={classes['emptyTitle']}>{title}</span>
      {children}
    </div>
  );
}
