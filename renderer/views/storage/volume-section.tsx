import { Button, TextInput } from '@mantine/core';
import { IconPlus, IconSearch, IconUpload } from '@tabler/icons-react';
import { useDeferredValue, useMemo, useRef, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import { navigate } from '../../state/router.ts';
import { useHostStorage } from '../../state/storage.ts';
import { Empty } from '../../ui/empty.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import type { Point } from '../../ui/pointer-menu.tsx';
import { openStorageDialog } from './dialogs.ts';
import { makesVolumes } from './pool-facts.ts';
import { VolumeMenu } from './volume-actions.tsx';
import type { VolumeFilter, VolumeSort } from './volume-list.ts';
import { filterVolumes, isUnused, nextSort, sortVolumes } from './volume-list.ts';
import { VolumeTable } from './volume-table.tsx';
import classes from './storage.module.css';

/** The filter and the table of a pool's volumes. */
export function VolumeSection({
  pool,
  volumes,
  connected,
  chosen,
  grid,
  onLeave,
}: {
  pool: Pool;
  volumes: readonly Volume[] | null;
  connected: boolean;
  /** Name of the volume that is open at the side. */
  chosen: string | null;
  grid: RefObject<HTMLDivElement | null>;
  onLeave: () => void;
}) {
  const { t } = useTranslation('storage');
  const [filter, setFilter] = useState<VolumeFilter>({ text: '', unusedOnly: false });
  const [sort, setSort] = useState<VolumeSort>({ column: 'name', desc: false });
  const [menu, setMenu] = useState<{ readonly name: string; readonly at: Point } | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const wanted = useDeferredValue(filter);
  const shown = useMemo(
    () => sortVolumes(filterVolumes(volumes ?? [], wanted), sort),
    [volumes, wanted, sort],
  );
  if (volumes === null) return <GhostVolumes />;
  if (volumes.length === 0)
    return (
      <>
        <NoVolumes pool={pool} connected={connected} />
        <NotShown pool={pool} />
      </>
    );
  const unused = volumes.filter(isUnused).length;
  const menuOf = volumes.find(({ name }) => name === menu?.name);
  return (
    <>
      <div className={classes['volumeTools']}>
        <TextInput
          ref={input}
          className={classes['filter'] ?? ''}
          aria-label={t('filter')}
          placeholder={t('filterPlaceholder')}
          leftSection={<IconSearch size={14} />}
          rightSection={filter.text === '' ? <Kbd keys="/" /> : null}
          value={filter.text}
          spellCheck={false}
          onChange={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setFilter({ ...filter, text: '' });
            if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown') {
              event.preventDefault();
              grid.current?.focus();
            }
          }}
        />
        <Button
          className={classes['toggle'] ?? ''}
          aria-pressed={filter.unusedOnly}
          title={t('unusedOnlyHelp')}
          onClick={() => setFilter({ ...filter, unusedOnly: !filter.unusedOnly })}
        >
          {t('unusedOnly')}
          <span className={`faint num ${classes['toggleCount']}`}>{unused}</span>
        </Button>
        <span className="spacer" />
        <span className={`faint small num ${classes['shown']}`} role="status">
          {shown.length === volumes.length
            ? t('volumeCount', { count: volumes.length })
            : t('shownOf', { shown: shown.length, count: volumes.length })}
        </span>
      </div>
      <NotShown pool={pool} />
      {shown.length === 0 ? (
        <Empty title={t('noMatch')}>
          <Button onClick={() => setFilter({ text: '', unusedOnly: false })}>{t('clearFilter')}</Button>
        </Empty>
      ) : (
        <VolumeTable
          label={t('volumesOf', { name: pool.name })}
          volumes={shown}
          sort={sort}
          chosen={chosen}
          grid={grid}
          onSort={(column) => setSort(nextSort(sort, column))}
          onOpen={({ name }, replace) =>
            navigate(
              { page: 'storage', pool: { host: pool.host, uuid: pool.uuid }, volume: name },
              { replace },
            )
          }
          onMenu={({ name }, at) => setMenu({ name, at })}
          onDelete={(volume) => {
            if (connected) openStorageDialog({ kind: 'deleteVolume', pool, volume });
          }}
          onFilter={() => input.current?.focus()}
          onLeave={onLeave}
        />
      )}
      {menu !== null && menuOf !== undefined && (
        <VolumeMenu
          pool={pool}
          volume={menuOf}
          connected={connected}
          at={menu.at}
          onClose={() => {
            setMenu(null);
            grid.current?.focus();
          }}
        />
      )}
    </>
  );
}

/** What the pool has beside its volumes that can be told of. */
function NotShown({ pool: { host, uuid } }: { pool: Pool }) {
  const { t } = useTranslation('storage');
  const { noText = 0, unreadable = 0 } = useHostStorage(host).hidden.get(uuid) ?? {};
  if (noText + unreadable === 0) return null;
  return (
    <div className={`muted small ${classes['notShown']}`} role="note">
      {noText > 0 && <p>{t('notShown.noText', { count: noText })}</p>}
      {unreadable > 0 && <p>{t('notShown.unreadable', { count: unreadable })}</p>}
    </div>
  );
}

function NoVolumes({ pool, connected }: { pool: Pool; connected: boolean }) {
  const { t } = useTranslation('storage');
  if (!makesVolumes(pool)) return <Empty title={t('noVolumes')}>{t('noVolumesGiven')}</Empty>;
  return (
    <Empty title={t('noVolumes')}>
      <span>{t('noVolumesText')}</span>
      {connected && (
        <div className={`row ${classes['narrowOnly']}`}>
          <Button
            leftSection={<IconUpload size={14} />}
            onClick={() => openStorageDialog({ kind: 'upload', pool, files: [] })}
          >
            {t('action.upload')}
          </Button>
          <Button
            leftSection={<IconPlus size={14} />}
            onClick={() => openStorageDialog({ kind: 'createVolume', pool })}
          >
            {t('action.newVolume')}
          </Button>
        </div>
      )}
    </Empty>
  );
}

function GhostVolumes() {
  const { t } = useTranslation('storage');
  return (
    <div className={classes['ghostRows']} role="status" aria-label={t('loadingVolumes')}>
      {[46, 62, 38, 54, 42].map((width) => (
        <div key={width} className={classes['ghostRow']}>
          <span style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  );
}
