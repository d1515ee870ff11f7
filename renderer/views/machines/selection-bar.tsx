import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { BulkButtons } from '../machine/actions.tsx';
import classes from './machines-page.module.css';

/** How many are chosen and what can be done with all of them; nothing while none is. */
export function SelectionBar({ domains, onClear }: { domains: readonly Domain[]; onClear: () => void }) {
  const { t } = useTranslation('machines');
  if (domains.length === 0) return null;
  return (
    <div className={classes['selection']}>
      <span role="status">{t('selected', { count: domains.length })}</span>
      <BulkButtons domains={domains} />
      <Button size="compact-xs" variant="subtle" onClick={onClear}>
        {t('clearSelection')}
      </Button>
    </div>
  );
}
