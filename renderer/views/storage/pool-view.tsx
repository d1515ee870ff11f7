import { ActionIcon, Button } from '@mantine/core';
import { IconAlertTriangle, IconArrowLeft, IconPlus, IconUpload } from '@tabler/icons-react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import { navigate } from '../../state/router.ts';
import { Empty } from '../../ui/empty.tsx';
import { formatBytes } from '../../ui/format.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { CapacityBar } from './capacity-bar.tsx';
import { openStorageDialog } from './dialogs.ts';
import {
  fillOf,
  isActive,
  makesVolumes,
  poolTone,
  soonFullDays,
  takenFraction,
  takesFiles,
} from './pool-facts.ts';
import { PoolGraph } from './pool-graph.tsx';
import { usePoolHistory, type ShownHistory } from './pool-history.ts';
import { PoolTypeName } from './pool-list.tsx';
import { PoolMenu, StartPool } from './pool-menu.tsx';
import { useFileDrop } from '../../ui/use-file-drop.ts';
import { VolumeSection } from './volume-section.tsx';
import { WorkList } from './work-list.tsx';
import classes from './storage.module.css';

/** One pool: what it is and how full, what can be done with it, its volumes. Files that are dropped on it are uploaded. */
export function PoolView({
  host,
  pool,
  volumes,
  chosen,
  grid,
  onLeave,
}: {
  host: Host;
  pool: Pool;
  /** Null while they are not known. */
  volumes: readonly Volume[] | null;
  chosen: string | null;
  grid: RefObject<HTMLDivElement | null>;
  onLeave: () => void;
}) {
  const { t } = useTranslation('storage');
  const connected = host.state === 'connected';
  const takes = connected && isActive(pool) && takesFiles(pool);
  const makes = connected && isActive(pool) && makesVolumes(pool);
  const history = usePoolHistory(pool);
  const drop = useFileDrop(takes ? (files) => openStorageDialog({ kind: 'upload', pool, files }) : null);
  return (
    <div className={classes['poolView']} {...drop.props}>
      <PoolHead host={host} pool={pool} takes={takes} makes={makes} />
      {pool.capacityBytes !== null && <PoolGraph pool={pool} history={history} />}
      {!connected && <p className={classes['warning']}>{t('hostAway')}</p>}
      <PoolWarning pool={pool} volumes={volumes} history={history} />
      <WorkList pool={pool} />
      {isActive(pool) ? (
        <VolumeSection
          pool={pool}
          volumes={volumes}
          connected={connected}
          chosen={chosen}
          grid={grid}
          onLeave={onLeave}
        />
      ) : (
        <Empty title={t(`state.${pool.state}`)}>
          {pool.state !== 'running' && pool.state !== 'degraded' && (
            <span>{t(`stateHelp.${pool.state}`)}</span>
          )}
          {pool.state === 'inactive' && <StartPool pool={pool} connected={connected} />}
        </Empty>
      )}
      {drop.over && (
        <div className={classes['dropOver']} data-refused={!takes || undefined}>
          <IconUpload size={20} aria-hidden="true" />
          {t(takes ? 'dropHere' : 'dropRefused', { pool: pool.name })}
        </div>
      )}
    </div>
  );
}

function PoolHead({
  host,
  pool,
  takes,
  makes,
}: {
  host: Host;
  pool: Pool;
  /** Files of this computer can be sent to it. */
  takes: boolean;
  /** Volumes can be made in it. */
  makes: boolean;
}) {
  const { t } = useTranslation('storage');
  const connected = host.state === 'connected';
  return (
    <header className={classes['poolHead']}>
      <div className={classes['poolTitleLine']}>
        <ActionIcon
          variant="subtle"
          className={classes['back'] ?? ''}
          aria-label={t('backToPools')}
          onClick={() => navigate({ page: 'storage' })}
        >
          <IconArrowLeft size={16} />
        </ActionIcon>
        <StateDot tone={connected ? poolTone(pool) : 'stale'} />
        <h2 className={classes['poolName']} title={pool.name}>
          {pool.name}
        </h2>
        <span className={`muted truncate ${classes['poolState']}`}>
          {t(`state.${pool.state}`)} · {host.name}
        </span>
        <span className="spacer" />
        {takes && (
          <Button
            className={classes['wideOnly'] ?? ''}
            leftSection={<IconUpload size={14} />}
            onClick={() => openStorageDialog({ kind: 'upload', pool, files: [] })}
          >
            {t('action.upload')}
          </Button>
        )}
        {makes && (
          <Button
            className={classes['wideOnly'] ?? ''}
            leftSection={<IconPlus size={14} />}
            onClick={() => openStorageDialog({ kind: 'createVolume', pool })}
          >
            {t('action.newVolume')}
          </Button>
        )}
        <PoolMenu pool={pool} connected={connected} takes={takes} makes={makes} />
      </div>
      {pool.capacityBytes !== null && <PoolCapacity pool={pool} />}
      <p className={classes['poolFacts']}>
        <PoolTypeName type={pool.type} />
        {pool.source !== null && (
          <span className="mono truncate" title={pool.source}>
            {pool.source}
          </span>
        )}
        {pool.path !== null && pool.path !== pool.source && (
          <span className="mono truncate" title={pool.path}>
            {pool.path}
          </span>
        )}
        {pool.autostart && <span>{t('autostart')}</span>}
        {!pool.persistent && <span>{t('transient')}</span>}
      </p>
    </header>
  );
}

function PoolCapacity({ pool }: { pool: Pool }) {
  const { t } = useTranslation('storage');
  const taken = takenFraction(pool);
  return (
    <div className={classes['capacityBar']}>
      <div className={classes['capacityWords']}>
        <span className="num">
          {t('usedOf', {
            used: formatBytes(taken === null ? null : taken * (pool.capacityBytes ?? 0)),
            total: formatBytes(pool.capacityBytes),
          })}
        </span>
        <span className="muted num">{t('free', { free: formatBytes(pool.availableBytes) })}</span>
      </div>
      <CapacityBar pool={pool} />
    </div>
  );
}

/** The pool is nearly full or will be soon, or its volumes may grow beyond it. */
function PoolWarning({
  pool,
  volumes,
  history,
}: {
  pool: Pool;
  volumes: readonly Volume[] | null;
  history: ShownHistory;
}) {
  const { t } = useTranslation('storage');
  const fill = fillOf(pool);
  const promised = (volumes ?? []).reduce((sum, { capacityBytes }) => sum + capacityBytes, 0);
  const over = pool.capacityBytes !== null && promised > pool.capacityBytes;
  const days = soonFullDays(pool, history.daysToFull);
  if (fill === 'roomy' && !over && days === null) return null;
  return (
    <p className={classes['warning']} data-fill={fill}>
      <IconAlertTriangle size={15} aria-hidden="true" />
      <span>
        {fill !== 'roomy' && (
          <span className="strong">{t(fill, { free: formatBytes(pool.availableBytes) })} </span>
        )}
        {days !== null && <span className="strong">{t('fullIn', { count: days })} </span>}
        {over && <span title={t('promisedHelp')}>{t('overPromised', { size: formatBytes(promised) })}</span>}
      </span>
    </p>
  );
}
