import { Button, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useRef, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import type { Network } from '../../../main/contract/network.ts';
import { useHosts } from '../../state/inventory.ts';
import { useAllNetworks, useNetworksWatch } from '../../state/networks.ts';
import {
  navigate,
  NETWORK_VIEWS,
  routeHash,
  type NetworksRoute,
  type NetworkView,
} from '../../state/router.ts';
import { Empty } from '../../ui/empty.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { openNetworkDialog } from './dialogs.ts';
import { FiltersView } from './filters-view.tsx';
import { InterfacesView } from './interfaces-view.tsx';
import { NetworkDetail } from './network-detail.tsx';
import { NetworkDialogs } from './network-dialogs.tsx';
import { NetworkList } from './network-list.tsx';
import classes from './networks.module.css';

/** The networks of all hosts; the chosen one drawn and described beside them. */
export function NetworksPage({ route }: { route: NetworksRoute }) {
  const { t } = useTranslation('networks');
  const hosts = useHosts();
  const all = useAllNetworks();
  useNetworksWatch(hosts.map(({ id }) => id));
  const narrow = useMediaQuery('(max-width: 900px)', window.innerWidth <= 900, {
    getInitialValueInEffect: false,
  });
  const [text, setText] = useState('');
  const filter = useRef<HTMLInputElement>(null);
  const networks = hosts.flatMap(({ id }) => all.get(id)?.networks ?? []);
  const { chosen, isGone } = choose(route, networks, !narrow);
  const alone = narrow && route.network !== undefined;
  const makers = hosts.filter(({ state }) => state === 'connected');
  return (
    <section className={classes['page']} aria-label={t('title')}>
      {!alone && (
        <>
          <PageHeader title={t('title')} detail={t('count', { count: networks.length })}>
            <span className="spacer" />
            <NewButton hosts={makers} chosen={chosen?.host} />
          </PageHeader>
          <div className={classes['bar']}>
            <Views view={route.view} />
            <span className="spacer" />
            {route.view === 'networks' && <Filter input={filter} text={text} onChange={setText} />}
          </div>
        </>
      )}
      {route.view === 'interfaces' && <InterfacesView hosts={hosts} />}
      {route.view === 'filters' && <FiltersView hosts={hosts} />}
      {route.view === 'networks' && (
        <div className={classes['split']}>
          {!alone && (
            <NetworkList
              hosts={hosts}
              text={text}
              chosen={chosen ?? null}
              onFilter={() => filter.current?.focus()}
              onChoose={(network) => go(network, route, narrow)}
            />
          )}
          {!narrow || alone ? (
            <div className={classes['detail']}>
              {chosen !== undefined && (
                <NetworkDetail
                  key={`${chosen.host}/${chosen.uuid}`}
                  network={chosen}
                  tab={route.tab ?? 'overview'}
                  onBack={alone ? () => navigate({ page: 'networks', view: 'networks' }) : null}
                />
              )}
              {isGone && (
                <Empty title={t('gone.title')}>
                  <span>{t('gone.text')}</span>
                  <Button onClick={() => navigate({ page: 'networks', view: 'networks' })}>
                    {t('gone.back')}
                  </Button>
                </Empty>
              )}
            </div>
          ) : null}
        </div>
      )}
      <NetworkDialogs />
    </section>
  );
}

/** The network of the address; in a wide window the first one where the address names none. */
function choose(
  { network }: NetworksRoute,
  networks: readonly Network[],
  wide: boolean,
): { chosen: Network | undefined; isGone: boolean } {
  if (network === undefined) return { chosen: wide ? networks[0] : undefined, isGone: false };
  const chosen = networks.find(({ host, uuid }) => host === network.host && uuid === network.uuid);
  return { chosen, isGone: chosen === undefined && networks.length > 0 };
}

/** In a wide window another network is another look at the same page; in a narrow one it is a page to come back from. */
function go({ host, uuid }: Network, { tab }: NetworksRoute, narrow: boolean): void {
  const next: NetworksRoute = { page: 'networks', view: 'networks', network: { host, uuid } };
  navigate(tab === undefined || narrow ? next : { ...next, tab }, { replace: !narrow });
}

function Views({ view }: { view: NetworkView }) {
  const { t } = useTranslation('networks');
  return (
    <nav className={classes['views']} aria-label={t('views')}>
      {NETWORK_VIEWS.map((one) => (
        <a
          key={one}
          href={routeHash({ page: 'networks', view: one })}
          aria-current={one === view ? 'page' : undefined}
          className={classes['view']}
        >
          {t(`view.${one}`)}
        </a>
      ))}
    </nav>
  );
}

function NewButton({ hosts, chosen }: { hosts: readonly Host[]; chosen: string | undefined }) {
  const { t } = useTranslation('networks');
  const host = hosts.find(({ id }) => id === chosen) ?? hosts[0];
  return (
    <Button
      variant="filled"
      leftSection={<IconPlus size={14} />}
      disabled={host === undefined}
      onClick={() => host !== undefined && openNetworkDialog({ kind: 'create', host: host.id })}
    >
      {t('new')}
    </Button>
  );
}

function Filter(props: {
  input: RefObject<HTMLInputElement | null>;
  text: string;
  onChange: (text: string) => void;
}) {
  const { input, text, onChange } = props;
  const { t } = useTranslation('networks');
  return (
    <TextInput
      ref={input}
      className={classes['filter'] ?? ''}
      aria-label={t('filter')}
      placeholder={t('filterPlaceholder')}
      value={text}
      rightSection={text === '' ? <Kbd keys="/" /> : null}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onChange('');
        if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown')
          document.querySelector<HTMLElement>('[data-network-list]')?.focus();
      }}
    />
  );
}
