import { Button } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PoolSource, PoolType } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import classes from './pool-sheet.module.css';

/** Lets the host look for what a pool could be made from; a click on what was found fills the fields. */
export function PoolSources({
  host,
  type,
  server,
  initiator,
  onFound,
}: {
  host: string;
  type: PoolType;
  /** The server to ask, as it was typed; null: the host looks at itself. */
  server: string | null;
  /** The IQN that the host calls itself; null: it is not needed. */
  initiator: string | null;
  onFound: (source: PoolSource) => void;
}) {
  const { t } = useTranslation('storage');
  const asked = `${host} ${type} ${server ?? ''} ${initiator ?? ''}`;
  const [found, setFound] = useState<{ asked: string; sources: readonly PoolSource[] } | null>(null);
  const { busy, failure, run } = useSubmit(() => undefined);
  const sources = found?.asked === asked ? found.sources : null;
  const [first = ''] = (server ?? '').split(/[\s,]+/);
  const findFirst = initiator === null ? 'pool.findFirst' : 'pool.findFirstIscsi';
  return (
    <div className={classes['sources']}>
      <Button
        className={classes['find'] ?? ''}
        leftSection={<IconSearch size={14} />}
        loading={busy}
        disabled={server === '' || initiator === ''}
        onClick={() =>
          run(async () => {
            const where = server === null ? {} : { server: first };
            const who = initiator === null ? {} : { initiator };
            setFound({ asked, sources: await api.pool.sources({ host, type, ...where, ...who }) });
          })
        }
      >
        {server === null
          ? t('pool.find')
          : t(first === '' || initiator === '' ? findFirst : 'pool.findOn', { server: first })}
      </Button>
      {failure !== null && <FailureView failure={failure} />}
      {sources?.length === 0 && (
        <span className="muted small" role="status">
          {t('pool.foundNone')}
        </span>
      )}
      {sources !== null && sources.length > 0 && (
        <ul className={classes['found']} aria-label={t('pool.found', { count: sources.length })}>
          {sources.map((source) => (
            <li key={source.label}>
              <Button
                variant="subtle"
                size="compact-sm"
                justify="start"
                fullWidth
                onClick={() => onFound(source)}
              >
                {source.label}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
