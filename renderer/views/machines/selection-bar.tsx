import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Selection } from './use-selection.ts';
import classes from './machines-page.module.css';

/** How many are chosen; nothing while none is. */
export function SelectionBar({ selection }: { selection: Selection }) {
  const { t } = useTranslation('machines');
  const count = selection.selected.size;
  if (count === 0) return null;
  return (
    <div className={classes['selection']} role="status">
      <span>{t('selected', { count })}</span>
      <Button size="compact-xs" onClick={selection.clear}>
        {t('clearSelection')}
      </Button>
    </div>
  );
}
