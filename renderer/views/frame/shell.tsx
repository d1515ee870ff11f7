import { useHotkeys, useMediaQuery } from '@mantine/hooks';
import { lazy, Suspense, useState } from 'react';
import { useStore } from '../../state/store.ts';
import { connectionState } from '../../api/connection.ts';
import { openDialog } from '../../state/dialogs.ts';
import { inventory, useHosts, useInventoryLoaded } from '../../state/inventory.ts';
import { openNewMachine } from '../../state/new-machine.ts';
import { useRoute } from '../../state/router.ts';
import { setUi, ui } from '../../state/ui.ts';
import { FirstStart } from '../hosts/first-start.tsx';
import { MachinesPage } from '../machines/machines-page.tsx';
import { CoreLost } from './core-lost.tsx';
import { Drawer } from './drawer.tsx';
import { FrameDialogs } from './frame-dialogs.tsx';
import { Header } from './header.tsx';
import { NoCore } from './no-core.tsx';
import { PageBoundary } from './page-boundary.tsx';
import { useGoTo } from './go-to.ts';
import { Search } from './search.tsx';
import { MobileSidebar, Sidebar } from './sidebar.tsx';
import { StatusBar } from './status-bar.tsx';
import { HeadingLanding, usePageTitle, useRememberVisit } from './use-page.tsx';
import classes from './shell.module.css';

/** The machine's page brings charts, an editor and consoles: it is loaded when it is first opened. */
const MachinePage = lazy(async () => ({
  default: (await import('../machine/machine-page.tsx')).MachinePage,
}));
const StoragePage = lazy(async () => ({
  default: (await import('../storage/storage-page.tsx')).StoragePage,
}));

const NetworksPage = lazy(async () => ({
  default: (await import('../networks/networks-page.tsx')).NetworksPage,
}));

/** Header, sidebar, page, status bar. */
export function Shell() {
  const narrow = useMediaQuery('(max-width: 640px)', window.innerWidth <= 640, {
    getInitialValueInEffect: false,
  });
  const [menuOpen, setMenuOpen] = useState(false);
  const connection = useStore(connectionState);
  const loaded = useInventoryLoaded();
  const none = useHosts().length === 0;
  const route = useRoute();
  usePageTitle();
  useRememberVisit();
  useFrameKeys(() => (narrow ? setMenuOpen((open) => !open) : toggleSidebar()));
  if (connection === 'refused' && !loaded) return <NoCore />;
  const first = loaded && none;
  return (
    <div className={classes['window']}>
      <Header onMenu={narrow ? () => setMenuOpen(true) : null} />
      <CoreLost />
      <div className={classes['body']}>
        {narrow ? (
          <MobileSidebar open={menuOpen} onClose={() => setMenuOpen(false)} />
        ) : (
          !first && <Sidebar />
        )}
        <main className={classes['page']}>
          <PageBoundary key={route.page}>{first ? <FirstStart /> : <Page />}</PageBoundary>
        </main>
      </div>
      <Drawer />
      <StatusBar />
      <Search />
      <FrameDialogs />
    </div>
  );
}

function Page() {
  const route = useRoute();
  if (route.page === 'machines') return <MachinesPage />;
  if (route.page === 'storage')
    return (
      <Suspense>
        <StoragePage route={route} />
      </Suspense>
    );
  if (route.page === 'networks')
    return (
      <Suspense>
        <NetworksPage route={route} />
      </Suspense>
    );
  return (
    <Suspense>
      <MachinePage key={`${route.host}/${route.uuid}`} host={route.host} uuid={route.uuid} tab={route.tab} />
      <HeadingLanding key={`landing ${route.host}/${route.uuid}`} host={route.host} uuid={route.uuid} />
    </Suspense>
  );
}

function openKeys(): void {
  openDialog({ kind: 'keys' });
}

/** Where no other dialog is open and a host could take a machine. */
function openCreate(): void {
  if (document.querySelector('[role=dialog]') !== null) return;
  if (inventory.hosts.get().some(({ state }) => state === 'connected')) openNewMachine();
}

function toggleSidebar(): void {
  setUi({ sidebarOpen: !ui.get().sidebarOpen });
}

/** Keys that work everywhere but in a field or a console. */
function useFrameKeys(onSidebar: () => void): void {
  const onG = useGoTo();
  useHotkeys([
    ['mod+B', onSidebar],
    ['mod+J', () => setUi({ drawerOpen: !ui.get().drawerOpen })],
    // with Shift or without: that depends on the keyboard's layout
    ['shift+?', openKeys],
    ['?', openKeys],
    ['G', onG],
    ['N', openCreate],
  ]);
}
