import { UnstyledButton } from '@mantine/core';
import type { Table } from '@tanstack/react-table';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { useUi } from '../../state/ui.ts';
import type { ColumnSpec } from './columns.ts';
import classes from './table.module.css';

/** The titles of the columns: a click sorts by one, a second click the other way round. */
export function TableHead({ table, columns }: { table: Table<Domain>; columns: readonly ColumnSpec[] }) {
  const { t } = useTranslation('machines');
  const sort = useUi('sort');
  return (
    <div role="row" className={classes['head']} aria-rowindex={1}>
      {columns.map(({ id, numeric }) => {
        const sorted = sort.id === id ? (sort.desc ? 'descending' : 'ascending') : undefined;
        return (
          <div
            key={id}
            role="columnheader"
            className={classes['cell']}
            data-column={id}
            data-numeric={numeric}
            aria-sort={sorted ?? 'none'}
          >
            {id === 'status' ? (
              <span className="sr-only">{t('column.status')}</span>
            ) : (
              <UnstyledButton
                className={classes['sort'] ?? ''}
                title={t('sortBy', { column: t(`column.${id}`) })}
                onClick={() => table.getColumn(id)?.toggleSorting()}
              >
                {t(`column.${id}`)}
                {sorted !== undefined && <span aria-hidden="true">{sort.desc ? ' ↓' : ' ↑'}</span>}
              </UnstyledButton>
            )}
          </div>
        );
      })}
    </div>
  );
}
