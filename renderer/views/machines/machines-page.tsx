import { Button } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';
import { connectionState } from '../../api/connection.ts';
import { clearFilter, setFilter, useFilter } from '../../state/filter.ts';
import { hasContainers, useDomains, useHosts, useInventoryLoaded } from '../../state/inventory.ts';
import { navigate } from '../../state/router.ts';
import { domainKey, useStore } from '../../state/store.ts';
import { setUi, useUi } from '../../state/ui.ts';
import { isStale } from '../../ui/domain-state.ts';
import { Empty } from '../../ui/empty.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { HomeBanner } from '../hosts/home-banner.tsx';
import { HostBanner } from '../hosts/host-banner.tsx';
import { ActionFailure } from '../machine/actions.tsx';
import type { ColumnId } from './columns.ts';
import { filterMachines } from './find.ts';
import { GhostTable } from './ghost-table.tsx';
import { MachinesTable } from './machines-table.tsx';
import { Peek } from './peek.tsx';
import type { MenuPlace } from './row-menu.tsx';
import { RowMenu } from './row-menu.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { Toolbar } from './toolbar.tsx';
import { useMachineTable } from './use-machine-table.ts';
import { useSelection } from './use-selection.ts';
import { useStrayKeys } from '../../ui/use-stray-keys.ts';
import type { RowActions } from './use-table-keys.tsx';
import { ActiveActions, useTableKeys } from './use-table-keys.tsx';
import classes from './machines-page.module.css';

/** All machines of all hosts, and the one in focus at the side. */
export function MachinesPage() {
  const narrow = useMediaQuery('(max-width: 900px)', window.innerWidth <= 900, {
    getInitialValueInEffect: false,
  });
  const peekOpen = useUi('peekOpen') && !narrow;
  const loaded = useInventoryLoaded();
  const hosts = useHosts();
  const filter = useFilter();
  const host = hosts.find((one) => one.id === filter.host);
  const list = useMachineList();
  useHostStillThere(loaded, filter.host, host !== undefined);
  const input = useRef<HTMLInputElement>(null);
  const { table, selection, chosen, domains, all } = list;
  const [noRoom, setNoRoom] = useState<readonly ColumnId[]>([]);
  const active = domains.find((domain) => domainKey(domain.host, domain.uuid) === selection.active);
  const actions = useRef<RowActions>({});
  const onActions = useCallback((now: RowActions) => {
    actions.current = now;
  }, []);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const onKeyDown = useTableKeys({
    ...list,
    actions,
    openPeek: () => (narrow ? active !== undefined && openPage(active) : setUi({ peekOpen: !peekOpen })),
    focusFilter: () => input.current?.focus(),
    openMenu: setMenu,
  });
  useStrayKeys(list.scroller);
  return (
    <div className={classes['split']}>
      <section className={classes['list']} aria-label={host?.name ?? undefined}>
        <Heading shown={domains.length} all={all}>
          <Toolbar input={input} hasPeek={!narrow} noRoom={noRoom} onLeave={list.focusTable} />
        </Heading>
        {host !== undefined && <HostBanner host={host} />}
        {host !== undefined && <HomeBanner host={host} />}
        {host === undefined && loaded && all === 0 && <Banners hosts={hosts} />}
        {!loaded && <GhostTable />}
        {loaded && domains.length === 0 && <NoMachines filtered={all > 0} host={host} />}
        {loaded && domains.length > 0 && (
          <MachinesTable
            table={table}
            selection={selection}
            hostName={list.hostName}
            staleHosts={list.staleHosts}
            demoHosts={list.demoHosts}
            containerHosts={list.containerHosts}
            manyHosts={hosts.length > 1 && host === undefined}
            scroller={list.scroller}
            onKeyDown={onKeyDown}
            onOpen={openPage}
            onConsole={openConsole}
            onMenu={(domain, at) => setMenu({ domain, ...at })}
            onPointer={list.onPointer}
            onNoRoom={setNoRoom}
            clickOpens={narrow}
          />
        )}
        {!peekOpen && active !== undefined && (
          <div className={classes['notice']}>
            <ActionFailure domain={active} />
          </div>
        )}
        <SelectionBar domains={chosen} onClear={selection.clear} />
      </section>
      {peekOpen && <Peek domain={active} />}
      {active !== undefined && <ActiveActions domain={active} onActions={onActions} />}
      <RowMenu
        place={menu}
        chosen={chosen}
        onClose={() => {
          setMenu(null);
          list.focusTable();
        }}
      />
    </div>
  );
}

function openPage(domain: Domain): void {
  navigate({ page: 'machine', host: domain.host, uuid: domain.uuid, tab: 'overview' });
}

function openConsole(domain: Domain): void {
  navigate({ page: 'machine', host: domain.host, uuid: domain.uuid, tab: 'console' });
}

/** Filtered and sorted machines with their selection. */
function useMachineList() {
  const everything = useDomains();
  const hosts = useHosts();
  const filter = useFilter();
  const coreLost = useStore(connectionState) === 'lost';
  const names = useMemo(() => new Map(hosts.map((host) => [host.id, host.name])), [hosts]);
  const hostName = useCallback((id: string) => names.get(id) ?? id, [names]);
  const staleHosts = useMemo(
    () => new Set(hosts.filter((host) => coreLost || isStale(host)).map((host) => host.id)),
    [hosts, coreLost],
  );
  const containerHosts = useMemo(() => new Set(hosts.filter(hasContainers).map(({ id }) => id)), [hosts]);
  const demoHosts = useMemo(
    () =>
      new Set(hosts.every(isDemo) || filter.host !== null ? [] : hosts.filter(isDemo).map(({ id }) => id)),
    [hosts, filter.host],
  );
  const filtered = useMemo(
    () => filterMachines(everything, filter, hostName),
    [everything, filter, hostName],
  );
  const all = useMemo(
    () => everything.filter((domain) => filter.host === null || domain.host === filter.host).length,
    [everything, filter.host],
  );
  const over = useRef(false);
  const onPointer = useCallback((now: boolean) => {
    over.current = now;
  }, []);
  const hold = useCallback(() => over.current, []);
  const table = useMachineTable({ domains: filtered, hostName, hold });
  const rows = table.getRowModel().rows;
  const domains = useMemo(() => rows.map((row) => row.original), [rows]);
  const keys = useMemo(() => rows.map((row) => row.id), [rows]);
  const selection = useSelection(keys);
  const chosen = useMemo(
    () => rows.filter((row) => selection.selected.has(row.id)).map((row) => row.original),
    [rows, selection.selected],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const focusTable = useCallback(() => scroller.current?.focus({ preventScroll: true }), []);
  return {
    table,
    selection,
    chosen,
    domains,
    all,
    hostName,
    staleHosts,
    demoHosts,
    containerHosts,
    onPointer,
    scroller,
    focusTable,
  };
}

const isDemo = ({ kind }: Host): boolean => kind === 'demo';

function Heading({ shown, all, children }: { shown: number; all: number; children: React.ReactNode }) {
  const { t } = useTranslation(['machines', 'common']);
  const hosts = useHosts();
  const { host } = useFilter();
  const chosen = hosts.find((one) => one.id === host);
  const demo = chosen === undefined ? hosts.length > 0 && hosts.every(isDemo) : isDemo(chosen);
  return (
    <PageHeader
      title={chosen?.name ?? t('title')}
      badge={demo ? t('common:demo') : undefined}
      detail={
        all === 0 ? undefined : (
          <Count shown={shown} all={all} hosts={chosen === undefined ? hosts.length : null} />
        )
      }
    >
      {children}
    </PageHeader>
  );
}

/** `hosts`: how many there are; null when the list is of one of them. Where the list is narrow, only the numbers. */
function Count({ shown, all, hosts }: { shown: number; all: number; hosts: number | null }) {
  const { t } = useTranslation('machines');
  const some = t('shownOf', { shown, count: all });
  if (shown !== all) return some;
  const whole =
    hosts === null
      ? t('machineCount', { count: all })
      : t('count', { count: all, hosts: t('hostCount', { count: hosts }) });
  return (
    <>
      <span className={classes['countWhole']}>{whole}</span>
      <span className={classes['countShort']}>{all}</span>
    </>
  );
}

/** A host that was removed narrows nothing any more. */
function useHostStillThere(loaded: boolean, id: string | null, there: boolean): void {
  useEffect(() => {
    if (loaded && id !== null && !there) setFilter({ host: null });
  }, [loaded, id, there]);
}

const MAX_BANNERS = 3;

/** Nothing to list: why each host gives nothing. */
function Banners({ hosts }: { hosts: readonly Host[] }) {
  return hosts.slice(0, MAX_BANNERS).map((host) => <HostBanner key={host.id} host={host} withName />);
}

function NoMachines({ filtered, host }: { filtered: boolean; host: Host | undefined }) {
  const { t } = useTranslation('machines');
  const hosts = useHosts();
  const filter = useFilter();
  const narrowed = filter.text !== '' || filter.state !== null;
  if (filtered && narrowed)
    return (
      <Empty title={t('noMatch')}>
        <Button onClick={clearFilter}>{t('clearFilter')}</Button>
      </Empty>
    );
  const asked = host === undefined ? hosts : [host];
  if (!asked.some(({ state }) => state === 'connected'))
    return <Empty title={t('notConnected')}>{t('notConnectedText')}</Empty>;
  return (
    <Empty title={host === undefined ? t('none') : t('noneOnHost', { name: host.name })}>
      {t('noneText')}
    </Empty>
  );
}
