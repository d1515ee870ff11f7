import type { ReactNode } from 'react';
import classes from './saved.module.css';

export interface AreaColumn {
  /** `data-column` of its cells, by which its width is set. */
  readonly id: string;
  readonly words: string;
}

/** What is on a disk, a row each; wider than the sheet it is scrolled, by keyboard too. */
export function AreaTable(props: {
  label: string;
  columns: readonly AreaColumn[];
  /** The rows. */
  children: ReactNode;
}) {
  const { label, columns, children } = props;
  return (
    <div className={classes['scroll']} tabIndex={0} role="group" aria-label={label}>
      <table className={classes['areas']}>
        <colgroup>
          {columns.map(({ id }) => (
            <col key={id} data-column={id} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map(({ id, words }) => (
              <th key={id} scope="col" data-column={id}>
                {words}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
