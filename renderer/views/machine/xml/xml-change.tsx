import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { formatExact } from '../../../ui/format.ts';
import classes from './xml.module.css';

/** What became of the XML since it was opened, by whomever. */
export interface Change {
  /** The change (`Domain.changedAt`) up to which it was read; 0: as it was first read. */
  readonly readAt: number;
  /** When it was last changed while it was open; null: it was not. */
  readonly changedAt: number | null;
  readonly read: () => void;
}

/**
 * Follows the changes of a machine. The text is read again by itself, but not from under somebody who reads or selects in it (`inUse`): then
 * it waits until he is done or wants it.
 */
export function useChange({ changedAt = 0 }: Domain, inUse: boolean): Change {
  const [openedAt] = useState(changedAt);
  const [readAt, setReadAt] = useState(changedAt);
  const read = (): void => setReadAt(changedAt);
  if (!inUse && readAt !== changedAt) read();
  return { readAt, changedAt: changedAt > openedAt ? changedAt : null, read };
}

export function ChangeBar({ change: { readAt, changedAt, read } }: { change: Change }) {
  const { t } = useTranslation('machine');
  const old = changedAt !== null && readAt < changedAt;
  return (
    <div className={classes['change']} role="status">
      {changedAt !== null && (
        <>
          <span>
            {t(old ? 'xml.changed' : 'xml.changedRead', { time: formatExact(changedAt).slice(11) })}
          </span>
          {old && (
            <Button size="compact-xs" onClick={read}>
              {t('xml.reload')}
            </Button>
          )}
        </>
      )}
    </div>
  );
}
