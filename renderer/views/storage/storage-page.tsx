import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconPlus } from '@tabler/icons-react';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import type { Pool } from '../../../main/contract/storage.ts';
import { useHosts, useInventoryLoaded } from '../../state/inventory.ts';
import { navigate, type StorageRoute } from '../../state/router.ts';
import { useAllStorage, useStorageWatch, type HostStorage } from '../../state/storage.ts';
import { Empty } from '../../ui/empty.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { HostBanner } from '../hosts/host-banner.tsx';
import { useStrayKeys } from '../../ui/use-stray-keys.ts';
import { openStorageDialog } from './dialogs.ts';
import { isActive } from './pool-facts.ts';
import { PoolList } from './pool-list.tsx';
import { PoolView } from './pool-view.tsx';
import { StorageDialogs } from './storage-dialogs.tsx';
import { VolumePanel } from './volume-panel.tsx';
import classes from './storage.module.css';

/** Pools of all hosts, the volumes of one, and one volume at the side; on a narrow window one of the three. */
export function StoragePage({ route }: { route: StorageRoute }) {
  const { t } = useTranslation('storage');
  const hosts = useHosts();
  const loaded = useInventoryLoaded();
  const storage = useAllStorage();
  const [only, setOnly] = useState<string | null>(null);
  const shown = useMemo(
    () => (hosts.some(({ id }) => id === only) ? hosts.filter(({ id }) => id === only) : hosts),
    [hosts, only],
  );
  const connected = shown.filter(({ state }) => state === 'connected');
  useStorageWatch(connected.map(({ id }) => id));
  const place = usePlace(route, shown, storage);
  const list = useRef<HTMLElement>(null);
  const volumes = useRef<HTMLDivElement>(null);
  // Which link it is changes without a render of this page.
  const keysGoTo = useMemo(
    () => ({
      get current() {
        const chosen = list.current?.querySelector<HTMLElement>('a[aria-current]');
        return chosen ?? list.current?.querySelector<HTMLElement>('a[data-pool]') ?? null;
      },
    }),
    [],
  );
  useStrayKeys(keysGoTo);
  const focusPools = useCallback(() => keysGoTo.current?.focus(), [keysGoTo]);
  const pools = shown.flatMap(({ id }) => storage.get(id)?.pools ?? []);
  const level = route.pool === undefined ? 'pools' : route.volume === undefined ? 'pool' : 'volume';
  const host = hosts.find(({ id }) => id === place?.host);
  const { pool } = place ?? {};
  const volume = pool === undefined ? undefined : place?.volumes?.find(({ name }) => name === route.volume);
  const knowsNone = loaded && pools.length === 0;
  return (
    <div className={classes['page']}>
      <PageHeader
        title={t('title')}
        detail={
          pools.length > 0 && (
            <span className={classes['count']}>
              {t('poolCount', { count: pools.length, hosts: t('hostCount', { count: connected.length }) })}
            </span>
          )
        }
      >
        <span className="spacer" />
        <HostChoice
          hosts={hosts}
          only={only}
          onOnly={(id) => {
            setOnly(id);
            if (id !== null && route.pool?.host !== id) navigate({ page: 'storage' }, { replace: true });
          }}
        />
        <Button
          variant="filled"
          leftSection={<IconPlus size={14} />}
          disabled={connected.length === 0}
          onClick={() =>
            openStorageDialog({
              kind: 'createPool',
              host: connected.find(({ id }) => id === place?.host)?.id ?? connected[0]?.id ?? '',
            })
          }
        >
          {t('newPool')}
        </Button>
      </PageHeader>
      {connected.length === 0 && <Banners hosts={shown} />}
      <div className={classes['columns']} data-level={level}>
        <PoolList
          hosts={shown}
          chosen={place === null ? null : `${place.host}/${place.uuid}`}
          list={list}
          onEnter={() => volumes.current?.focus()}
        />
        <section className={classes['pool']} aria-label={pool?.name ?? t('volumes')}>
          {pool !== undefined && host !== undefined && (
            <PoolView
              key={`${pool.host}/${pool.uuid}`}
              host={host}
              pool={pool}
              volumes={place?.volumes ?? null}
              chosen={route.volume ?? null}
              grid={volumes}
              onLeave={focusPools}
            />
          )}
          {pool === undefined && (
            <NoPool knowsNone={knowsNone} connected={connected.length > 0} wanted={place} />
          )}
        </section>
        {pool !== undefined && route.volume !== undefined && place?.volumes != null && (
          <VolumePanel
            key={route.volume}
            pool={pool}
            volume={volume}
            connected={host?.state === 'connected'}
            onLeave={() => volumes.current?.focus()}
          />
        )}
      </div>
      <StorageDialogs />
    </div>
  );
}

interface Place {
  readonly host: string;
  readonly uuid: string;
  readonly pool: Pool | undefined;
  /** Null while they are not known. */
  readonly volumes: HostStorage['volumes'] extends ReadonlyMap<string, infer V> ? V | null : never;
  readonly loaded: boolean;
}

/** The pool that is shown: the one of the address, else the first that runs. Null: there is none. */
function usePlace(
  route: StorageRoute,
  hosts: readonly Host[],
  storage: ReadonlyMap<string, HostStorage>,
): Place | null {
  return useMemo(() => {
    const all = hosts.flatMap(({ id }) => storage.get(id)?.pools ?? []);
    // While hosts still tell what they have, the first one would be another every moment.
    const settled = hosts.every(({ id, state }) => state !== 'connected' || hasTold(storage.get(id)));
    const chosen = route.pool ?? (settled ? (all.find(isActive) ?? all[0]) : undefined);
    if (chosen === undefined) return null;
    const known = storage.get(chosen.host);
    return {
      host: chosen.host,
      uuid: chosen.uuid,
      pool: known?.pools.find(({ uuid }) => uuid === chosen.uuid),
      volumes: known?.volumes.get(chosen.uuid) ?? null,
      loaded: known?.loaded === true,
    };
  }, [route, hosts, storage]);
}

function hasTold(storage: HostStorage | undefined): boolean {
  return storage !== undefined && (storage.loaded || storage.failure !== null);
}

function NoPool({
  knowsNone,
  connected,
  wanted,
}: {
  knowsNone: boolean;
  connected: boolean;
  wanted: Place | null;
}) {
  const { t } = useTranslation('storage');
  if (wanted?.loaded === true)
    return (
      <Empty title={t('poolGone')}>
        <a href="#/storage">{t('backToPools')}</a>
      </Empty>
    );
  if (!connected) return <Empty title={t('notConnected')}>{t('notConnectedText')}</Empty>;
  return knowsNone ? <Empty title={t('noPools')}>{t('noPoolsText')}</Empty> : null;
}

const MAX_BANNERS = 3;

/** Nothing to list: why each host gives nothing. */
function Banners({ hosts }: { hosts: readonly Host[] }) {
  return hosts.slice(0, MAX_BANNERS).map((host) => <HostBanner key={host.id} host={host} withName />);
}

/** A menu has only words for values: the empty one stands for "any". */
const ANY = '';

function HostChoice({
  hosts,
  only,
  onOnly,
}: {
  hosts: readonly Host[];
  only: string | null;
  onOnly: (id: string | null) => void;
}) {
  const { t } = useTranslation('storage');
  if (hosts.length < 2) return null;
  const chosen = hosts.find(({ id }) => id === only);
  return (
    <Menu>
      <Menu.Target>
        <Button
          className={classes['hostChoice'] ?? ''}
          data-on={chosen !== undefined || undefined}
          rightSection={<IconChevronDown size={14} />}
        >
          {t('host', { value: chosen?.name ?? t('anyHost') })}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflow: 'auto' }}>
        <Menu.RadioGroup value={only ?? ANY} onChange={(value) => onOnly(value === ANY ? null : value)}>
          {[{ id: ANY, name: t('anyHost') }, ...hosts].map(({ id, name }) => (
            <Menu.RadioItem key={id} value={id} closeMenuOnClick>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
