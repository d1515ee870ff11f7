import { Modal } from '@mantine/core';
import { Spotlight, spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import { setFilter } from '../../state/filter.ts';
import { useDomains, useHost, useHosts } from '../../state/inventory.ts';
import { useAllNetworks, useNetworksWatch } from '../../state/networks.ts';
import { navigate } from '../../state/router.ts';
import { useAllStorage, useStorageWatch } from '../../state/storage.ts';
import { domainKey } from '../../state/store.ts';
import { hostTone, isStale, shownTone } from '../../ui/domain-state.ts';
import { useReturnFocus } from '../../ui/landing.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { useHostWord, useStateWord } from '../../ui/state-label.tsx';
import { TemplateMark } from '../../ui/template-mark.tsx';
import type { FoundMachine } from '../machines/find.ts';
import { find } from '../machines/find.ts';
import { beginsSo, findThings } from './find-things.ts';
import { AppCommandLine, keyOfAppCommand, useAppCommands } from './search-app-commands.tsx';
import { CommandLine, EvacuateLine, evacuationsOf, useCommands } from './search-commands.tsx';
import { HomeLine, useHomes } from './search-homes.tsx';
import { keyOfThing, ThingLine } from './search-things.tsx';
import classes from './search.module.css';

const LIMIT = 40;
/** Mantine's dialogs all close on one Escape, the one below too. None does on a key that is pressed here: the search closes itself. */
const KEEPS_ESCAPE = { 'data-mantine-stop-propagation': true } as const;
/** The list hands its properties on to a ScrollArea, which its types do not say. */
const SCROLLS_BY_KEY = { viewportProps: { tabIndex: 0, ...KEEPS_ESCAPE } };

/** Ctrl K: finds machines, hosts, pools, volumes and networks by words of their names, addresses and UUIDs, and opens them; and what can be done, by the words of its menu. */
export function Search() {
  const { t } = useTranslation('frame');
  const [query, setQuery] = useState('');
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut="mod + K"
      size={620}
      // Its list grows and shrinks as one types: the top edge stays.
      centered={false}
      transitionProps={{ duration: 0 }}
      clearQueryOnClose
      returnFocus={false}
      onKeyDown={onKey}
      overlayProps={{ backgroundOpacity: 0.4, blur: 0 }}
    >
      <Modal.Title className="sr-only">{t('searchTitle')}</Modal.Title>
      <Spotlight.Search
        // At once: what is typed right after Ctrl K is meant for it, and not for the list.
        autoFocus
        {...KEEPS_ESCAPE}
        placeholder={t('searchPlaceholder')}
        aria-label={t('searchPlaceholder')}
        leftSection={<IconSearch size={16} />}
      />
      <Found query={query} />
    </Spotlight.Root>
  );
}

function onKey(event: KeyboardEvent): void {
  if (event.nativeEvent.isComposing) return;
  if (event.key === 'Escape') spotlight.close();
  // What came after the last letter was typed is not chosen by itself: Enter means the first all the same.
  const list = event.currentTarget;
  if (event.key === 'Enter' && list.querySelector('[data-selected]') === null)
    list.querySelector<HTMLElement>('[data-action]')?.click();
}

const group = (name: string) => ({
  className: classes['group'] ?? '',
  role: 'group',
  'aria-label': name,
});

/** Pools, volumes and networks of the hosts that are connected; they are followed while the search is open. */
function useThings(query: string) {
  const hosts = useHosts();
  const connected = hosts.filter(({ state }) => state === 'connected').map(({ id }) => id);
  useStorageWatch(connected);
  useNetworksWatch(connected);
  const storage = useAllStorage();
  const networks = useAllNetworks();
  return useMemo(() => {
    const names = new Map(hosts.map(({ id, name }) => [id, name]));
    const hostName = (id: string): string => names.get(id) ?? '';
    return findThings({ storage, networks, hostName }, { text: query, limit: LIMIT });
  }, [hosts, storage, networks, query]);
}

/** Mounted only while the search is open, so that a closed one costs nothing at a patch. */
function Found({ query }: { query: string }) {
  const { t } = useTranslation('frame');
  const domains = useDomains();
  const hosts = useHosts();
  const things = useThings(query);
  const leave = useReturnFocus();
  const found = useMemo(
    () => find({ domains, hosts }, { text: query, limit: LIMIT }),
    [domains, hosts, query],
  );
  const machines = found.machines.length > 0 && (
    <Spotlight.ActionsGroup label={t('machines')} {...group(t('machines'))}>
      {found.machines.map((one) => (
        <MachineLine key={domainKey(one.domain.host, one.domain.uuid)} found={one} onChoose={leave} />
      ))}
    </Spotlight.ActionsGroup>
  );
  const onHosts = found.hosts.length > 0 && (
    <Spotlight.ActionsGroup label={t('hosts')} {...group(t('hosts'))}>
      {found.hosts.map((host) => (
        <HostLine key={host.id} host={host} onChoose={leave} />
      ))}
    </Spotlight.ActionsGroup>
  );
  const stored = things.length > 0 && (
    <Spotlight.ActionsGroup label={t('storageAndNetworks')} {...group(t('storageAndNetworks'))}>
      {things.map((thing) => (
        <ThingLine key={keyOfThing(thing)} thing={thing} onChoose={leave} />
      ))}
    </Spotlight.ActionsGroup>
  );
  const commands = useCommands(query);
  const evacuations = evacuationsOf(hosts, query);
  const ofApp = useAppCommands(query);
  const homes = useHomes(hosts, query);
  const actions = ofApp.length + commands.length + evacuations.length + homes.length > 0 && (
    <Spotlight.ActionsGroup label={t('actions')} {...group(t('actions'))}>
      {ofApp.map((command) => (
        <AppCommandLine key={keyOfAppCommand(command)} command={command} onLeave={leave} />
      ))}
      {commands.map((command) => (
        <CommandLine
          key={`${command.id} ${domainKey(command.domain.host, command.domain.uuid)}`}
          command={command}
          onLeave={leave}
        />
      ))}
      {evacuations.map((host) => (
        <EvacuateLine key={host.id} host={host} />
      ))}
      {homes.map((home) => (
        <HomeLine key={`home ${home.host.id}`} home={home} />
      ))}
    </Spotlight.ActionsGroup>
  );
  // What is called so is meant by its name.
  const namesFirst = found.beginsSo;
  const storedFirst = commands.length + evacuations.length === 0 && beginsSo(things, query);
  const nothing = actions === false && found.machines.length + found.hosts.length + things.length === 0;
  return (
    <Spotlight.ActionsList mah={440} {...SCROLLS_BY_KEY}>
      {storedFirst && stored}
      {!namesFirst && actions}
      {found.hostsFirst && onHosts}
      {machines}
      {!found.hostsFirst && onHosts}
      {namesFirst && actions}
      {!storedFirst && stored}
      {nothing && <Spotlight.Empty>{t('nothingFound')}</Spotlight.Empty>}
    </Spotlight.ActionsList>
  );
}

function MachineLine({ found, onChoose }: { found: FoundMachine; onChoose: () => void }) {
  const { domain, detail } = found;
  const word = useStateWord()(domain);
  const host = useHost(domain.host);
  return (
    <Spotlight.Action
      className={classes['action'] ?? ''}
      onClick={() => {
        onChoose();
        navigate({ page: 'machine', host: domain.host, uuid: domain.uuid, tab: 'overview' });
      }}
    >
      <div className={classes['line']}>
        <StateDot tone={shownTone(domain, isStale(host))} label={word} />
        <span className="strong truncate">{domain.name}</span>
        {domain.template === true ? (
          <TemplateMark />
        ) : (
          <span className={`muted small truncate ${classes['wide']}`} aria-hidden="true">
            {word}
          </span>
        )}
        <span className={`faint small mono truncate ${classes['end']}`} title={detail}>
          {detail}
        </span>
        <span className={`muted small truncate ${classes['end']} ${classes['wide']}`}>{host?.name}</span>
      </div>
    </Spotlight.Action>
  );
}

function HostLine({ host, onChoose }: { host: Host; onChoose: () => void }) {
  const word = useHostWord()(host);
  return (
    <Spotlight.Action
      className={classes['action'] ?? ''}
      onClick={() => {
        onChoose();
        setFilter({ host: host.id, state: null, text: '' });
        navigate({ page: 'machines' });
      }}
    >
      <div className={classes['line']}>
        <StateDot tone={hostTone(host)} label={word} />
        <span className="strong truncate">{host.name}</span>
        <span className={`muted small truncate ${classes['wide']}`} aria-hidden="true">
          {word}
        </span>
        <span className={`faint small mono truncate ${classes['end']} ${classes['rest']}`} title={host.uri}>
          {host.uri}
        </span>
      </div>
    </Spotlight.Action>
  );
}
