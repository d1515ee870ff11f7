import {
  IconDeviceDesktop,
  IconHistory,
  IconKeyboard,
  IconListCheck,
  IconMoon,
  IconPlus,
  IconSettings,
  IconSun,
  IconUpload,
} from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pool } from '../../../main/contract/storage.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useHostInView } from '../../state/host-in-view.ts';
import { useHosts } from '../../state/inventory.ts';
import { openNewMachine } from '../../state/new-machine.ts';
import { changePreferences } from '../../state/preferences.ts';
import { navigate, useRoute } from '../../state/router.ts';
import { useAllStorage } from '../../state/storage.ts';
import { setUi } from '../../state/ui.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { openNetworkDialog } from '../networks/dialogs.ts';
import { openStorageDialog } from '../storage/dialogs.ts';
import { findAppCommands, type AppCommandId, type FoundAppCommand } from './find-app-commands.ts';
import { Line } from './search-line.tsx';

const LIMIT = 12;
const ICON = { size: 16, stroke: 1.75 };

const ICONS: Readonly<Record<AppCommandId, typeof IconPlus>> = {
  newMachine: IconPlus,
  newPool: IconPlus,
  newNetwork: IconPlus,
  newVolume: IconPlus,
  upload: IconUpload,
  addHost: IconPlus,
  jobs: IconListCheck,
  events: IconHistory,
  settings: IconSettings,
  dark: IconMoon,
  light: IconSun,
  system: IconDeviceDesktop,
  keys: IconKeyboard,
};

/** What makes something new, and what belongs to the app: “new pool”, “upload default”, “dark”. */
export function useAppCommands(query: string): readonly FoundAppCommand[] {
  const { t } = useTranslation('commands');
  const hosts = useHosts();
  const storage = useAllStorage();
  const route = useRoute();
  const inView = useHostInView();
  const chosen = route.page === 'storage' ? route.pool?.uuid : undefined;
  return useMemo(() => {
    const far = ({ host, uuid }: Pool): number => (uuid === chosen ? 0 : host === inView ? 1 : 2);
    const pools = hosts
      .filter(({ state }) => state === 'connected')
      .flatMap(({ id }) => storage.get(id)?.pools ?? [])
      .toSorted((a, b) => far(a) - far(b));
    const wordsOf = (id: AppCommandId): string[] => t(`appWords.${id}`).split(', ');
    return findAppCommands({ hosts, pools }, wordsOf, { text: query, limit: LIMIT });
  }, [hosts, storage, chosen, inView, query, t]);
}

/** What identifies a line among the others. */
export function keyOfAppCommand(command: FoundAppCommand): string {
  if ('host' in command) return `${command.id} ${command.host?.id ?? ''}`;
  return 'pool' in command ? `${command.id} ${command.pool?.host} ${command.pool?.uuid}` : command.id;
}

/** `onLeave`: the page is where the keyboard goes. */
export function AppCommandLine({ command, onLeave }: { command: FoundAppCommand; onLeave: () => void }) {
  if ('host' in command) return <HostLine command={command} onLeave={onLeave} />;
  if ('pool' in command) return <PoolLine command={command} onLeave={onLeave} />;
  return <OwnLine id={command.id} />;
}

type OnHost = Extract<FoundAppCommand, { host: unknown }>;
type InPool = Extract<FoundAppCommand, { pool: unknown }>;
type OfApp = Exclude<FoundAppCommand, OnHost | InPool>;

/** Without a name: on the host that is looked at; else a machine is made where its sheet says, a pool or a network on the first host. */
function HostLine({ command: { id, host }, onLeave }: { command: OnHost; onLeave: () => void }) {
  const { t } = useTranslation('commands');
  const inView = useHostInView();
  const connected = useHosts().filter(({ state }) => state === 'connected');
  const seen = host ?? connected.find((one) => one.id === inView);
  const on = seen ?? connected[0];
  const open = (): void => {
    if (on === undefined) return;
    if (id === 'newMachine') {
      openNewMachine(seen?.id ?? null);
      return;
    }
    onLeave();
    if (id === 'newPool') {
      navigate({ page: 'storage' });
      openStorageDialog({ kind: 'createPool', host: on.id });
    } else {
      navigate({ page: 'networks', view: 'networks' });
      openNetworkDialog({ kind: 'create', host: on.id });
    }
  };
  const away = host !== null && host.state !== 'connected' ? t('away') : null;
  const Icon = ICONS[id];
  return (
    <Line
      icon={<Icon {...ICON} />}
      text={t(`appLine.${id}`)}
      host={seen?.id ?? ''}
      reason={on === undefined ? t('noHost') : away}
      onChoose={open}
    />
  );
}

function PoolLine({ command: { id, pool }, onLeave }: { command: InPool; onLeave: () => void }) {
  const { t } = useTranslation('commands');
  const open = (): void => {
    if (pool === null) return;
    onLeave();
    navigate({ page: 'storage', pool: { host: pool.host, uuid: pool.uuid } });
    openStorageDialog(id === 'upload' ? { kind: id, pool, files: [] } : { kind: 'createVolume', pool });
  };
  const Icon = ICONS[id];
  return (
    <Line
      icon={<Icon {...ICON} />}
      text={pool === null ? t(`appLine.${id}`) : t(`appLine.${id}In`, { pool: pool.name })}
      host={pool?.host ?? ''}
      reason={pool === null ? t('noPool') : null}
      onChoose={open}
    />
  );
}

function OwnLine({ id }: OfApp) {
  const { t } = useTranslation('commands');
  const Icon = ICONS[id];
  return <Line icon={<Icon {...ICON} />} text={t(`appLine.${id}`)} onChoose={() => run(id)} />;
}

function run(id: OfApp['id']): void {
  switch (id) {
    case 'addHost':
    case 'settings':
    case 'keys':
      openDialog({ kind: id });
      break;
    case 'jobs':
    case 'events':
      setUi({ drawerOpen: true, drawerTab: id });
      break;
    case 'dark':
    case 'light':
    case 'system':
      void changePreferences({ theme: id }).catch(notifyFailure);
      break;
  }
}
