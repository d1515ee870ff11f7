import { ActionIcon } from '@mantine/core';
import { IconArrowLeft, IconX } from '@tabler/icons-react';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import { navigate, routeHash } from '../../state/router.ts';
import { useHostStorage } from '../../state/storage.ts';
import { Empty } from '../../ui/empty.tsx';
import { formatBytes, formatPercent } from '../../ui/format.ts';
import type { Fact } from '../../ui/key-value.tsx';
import { KeyValue } from '../../ui/key-value.tsx';
import { StateDot } from '../../ui/state-dot.tsx';
import { BackingChain } from './backing-chain.tsx';
import { chainOf, type PlacedVolume } from './chain.ts';
import { VolumeActions } from './volume-actions.tsx';
import { isUnused } from './volume-list.ts';
import classes from './storage.module.css';

/** One volume at the side of the list: what it is, who has it, what lies on what, what can be done with it. */
export function VolumePanel({
  pool,
  volume,
  connected,
  onLeave,
}: {
  pool: Pool;
  /** Undefined: the pool has it no more. */
  volume: Volume | undefined;
  connected: boolean;
  /** The keyboard goes back to the list. */
  onLeave: () => void;
}) {
  const { t } = useTranslation('storage');
  const panel = useRef<HTMLElement>(null);
  const ref = { host: pool.host, uuid: pool.uuid };
  const close = (): void => {
    navigate({ page: 'storage', pool: ref });
    setTimeout(onLeave);
  };
  // Where the panel takes the whole page, the list that had the keyboard is gone.
  useEffect(() => {
    if (document.activeElement === document.body) panel.current?.focus();
  }, []);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      className={classes['panel']}
      aria-label={volume?.name ?? t('panel')}
      onKeyDown={(event) => {
        const own = event.target instanceof Node && event.currentTarget.contains(event.target);
        if (event.key === 'Escape' && own) close();
      }}
    >
      <div className={classes['panelHead']}>
        <ActionIcon
          variant="subtle"
          className={classes['back'] ?? ''}
          aria-label={t('backToPool', { name: pool.name })}
          onClick={close}
        >
          <IconArrowLeft size={16} />
        </ActionIcon>
        <h2 className={classes['panelName']}>{volume?.name ?? t('panel')}</h2>
        <ActionIcon
          variant="subtle"
          size={24}
          className={classes['panelClose'] ?? ''}
          aria-label={t('closePanel')}
          title={t('closePanel')}
          onClick={close}
        >
          <IconX size={14} />
        </ActionIcon>
      </div>
      {volume === undefined ? (
        <Empty title={t('volumeGone')}>{t('volumeGoneText')}</Empty>
      ) : (
        <PanelContent pool={pool} volume={volume} connected={connected} />
      )}
    </aside>
  );
}

function PanelContent({ pool, volume, connected }: { pool: Pool; volume: Volume; connected: boolean }) {
  const { t } = useTranslation('storage');
  const byPath = useVolumesByPath(pool.host);
  const chain = useMemo(() => chainOf({ pool: pool.uuid, volume }, byPath), [pool.uuid, volume, byPath]);
  return (
    <>
      <VolumeActions pool={pool} volume={volume} connected={connected} />
      <VolumeFacts volume={volume} />
      <section className={classes['panelPart']}>
        <h3>{t('usedBy')}</h3>
        <Users host={pool.host} volume={volume} />
      </section>
      {liesOnSomething(volume) && (
        <section className={classes['panelPart']}>
          <h3>{t('chain')}</h3>
          <BackingChain host={pool.host} chain={chain} byPath={byPath} />
        </section>
      )}
    </>
  );
}

/** A drawing of one machine above one disk would say what the list of users says. */
function liesOnSomething({ backing, baseOf }: Volume): boolean {
  return backing !== null || baseOf.length > 0;
}

/** All volumes of a host that are known, by path. */
function useVolumesByPath(host: string): ReadonlyMap<string, PlacedVolume> {
  const { volumes } = useHostStorage(host);
  return useMemo(
    () =>
      new Map(
        [...volumes].flatMap(([pool, list]) =>
          list.map((volume) => [volume.path, { pool, volume }] as const),
        ),
      ),
    [volumes],
  );
}

function VolumeFacts({ volume }: { volume: Volume }) {
  const { t } = useTranslation('storage');
  const { capacityBytes, allocationBytes } = volume;
  const part = capacityBytes === 0 ? null : (allocationBytes / capacityBytes) * 100;
  const facts: Fact[] = [
    { name: t('facts.format'), value: volume.format ?? t('kind.block') },
    { name: t('facts.size'), value: <span className="num">{formatBytes(capacityBytes)}</span> },
    {
      name: t('facts.used'),
      value: (
        <span className="num">
          {formatBytes(allocationBytes)}{' '}
          {part !== null && <span className="faint">{t('ofSize', { percent: formatPercent(part) })}</span>}
        </span>
      ),
    },
    { name: t('facts.type'), value: t(`kind.${volume.type}`, { defaultValue: volume.type }) },
    { name: t('facts.path'), value: <span className="mono">{volume.path}</span>, copy: volume.path },
    ...(volume.backing === null
      ? []
      : [
          {
            name: t('facts.backing'),
            value: <span className="mono">{volume.backing}</span>,
            copy: volume.backing,
          },
        ]),
    ...(volume.encrypted ? [{ name: t('facts.encrypted'), value: t('luks') }] : []),
  ];
  return <KeyValue facts={facts} />;
}

function Users({ host, volume }: { host: string; volume: Volume }) {
  const { t } = useTranslation('storage');
  if (isUnused(volume)) return <p className={classes['note']}>{t('usedByNone')}</p>;
  return (
    <ul className={classes['users']}>
      {volume.usedBy.map(({ uuid, name, target, running, via }) => (
        <li key={`${uuid} ${target} ${via}`}>
          <StateDot tone={running ? 'ok' : 'off'} label={t(running ? 'running' : 'off')} />
          <a className="truncate" href={routeHash({ page: 'machine', host, uuid, tab: 'overview' })}>
            {name}
          </a>
          <span className="faint">{t(`via.${via}`, { target })}</span>
        </li>
      ))}
      {volume.usedBy.length === 0 && (
        <li className="muted">{t('baseOf', { count: volume.baseOf.length })}</li>
      )}
    </ul>
  );
}
