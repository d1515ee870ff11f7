import { ActionIcon } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Network } from '../../../main/contract/network.ts';
import { useHost } from '../../state/inventory.ts';
import { useHostNetworks } from '../../state/networks.ts';
import { navigate, NETWORK_TABS, type NetworkTab } from '../../state/router.ts';
import { isStale } from '../../ui/domain-state.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { landOnHeading } from '../../ui/landing.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { StaleBar } from '../../ui/stale-bar.tsx';
import { tabForKey } from '../machine/tab-keys.ts';
import { DnsTab } from './dns-tab.tsx';
import { EditNote } from './edit-note.tsx';
import { FixedTab } from './fixed-tab.tsx';
import { hasOwnBridge, kindOf } from './kinds.ts';
import { LeasesTab } from './leases-tab.tsx';
import { networkTone } from './list.ts';
import { NetworkActions, useNetworkActions } from './network-actions.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { PortGroupsTab } from './port-groups-tab.tsx';
import { RatesTab } from './rates-tab.tsx';
import { NetworkXmlTab } from './xml-tab.tsx';
import classes from './detail.module.css';

/** One network: what it is, what can be done, and its parts as tabs. */
export function NetworkDetail(props: { network: Network; tab: NetworkTab; onBack: (() => void) | null }) {
  const { network, onBack } = props;
  const { t } = useTranslation('networks');
  const owner = useHost(network.host);
  const actions = useNetworkActions(network);
  const tabs = tabsOf(network);
  const tab = tabs.find((one) => one === props.tab) ?? 'overview';
  const { host, uuid } = network;
  useEffect(() => {
    if (onBack !== null) landOnHeading();
    // oxlint-disable-next-line react/exhaustive-deps -- when the page comes, not when its way back is another function
  }, []);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      const next = tabForKey(event, tabsOf(network), tab);
      if (next === null) return;
      event.preventDefault();
      navigate({ page: 'networks', view: 'networks', network: { host, uuid }, tab: next }, { replace: true });
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [network, host, uuid, tab]);
  const state = t(network.active ? 'state.active' : 'state.inactive');
  const Heading = onBack === null ? 'h2' : 'h1';
  return (
    <>
      <header className={classes['head']}>
        {onBack !== null && (
          <ActionIcon variant="subtle" aria-label={t('gone.back')} title={t('gone.back')} onClick={onBack}>
            <IconArrowLeft size={16} />
          </ActionIcon>
        )}
        <StateDot tone={isStale(owner) ? 'stale' : networkTone(network)} />
        <Heading className={classes['name']} title={network.name}>
          {network.name}
        </Heading>
        <span className={classes['headline']}>
          {t('headline', { state, kind: t(`kind.${kindOf(network)}`), host: owner?.name ?? host })}
        </span>
        <NetworkActions network={network} actions={actions} enabled={owner?.state === 'connected'} />
      </header>
      <StaleBar host={host} />
      <EditNote network={network} />
      {actions.failure !== null && (
        <div className={classes['failure']}>
          <FailureView failure={actions.failure} />
        </div>
      )}
      <Tabs network={network} tabs={tabs} tab={tab} />
      <div
        className={classes['panel']}
        role="tabpanel"
        id={`network-panel-${tab}`}
        aria-labelledby={`network-tab-${tab}`}
        tabIndex={0}
      >
        <TabContent network={network} tab={tab} />
      </div>
    </>
  );
}

/** libvirt keeps addresses and rates only for its own bridges. */
function tabsOf(network: Network): readonly NetworkTab[] {
  const own = hasOwnBridge(kindOf(network));
  return NETWORK_TABS.filter((tab) => own || tab === 'overview' || tab === 'portGroups' || tab === 'xml');
}

function Tabs({ network, tabs, tab }: { network: Network; tabs: readonly NetworkTab[]; tab: NetworkTab }) {
  const { t } = useTranslation('networks');
  const { leases } = useHostNetworks(network.host);
  const list = useRef<HTMLDivElement>(null);
  const { host, uuid } = network;
  const go = (next: NetworkTab): void =>
    navigate({ page: 'networks', view: 'networks', network: { host, uuid }, tab: next }, { replace: true });
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const at = (tabs.indexOf(tab) + step + tabs.length) % tabs.length;
    const next = tabs[at];
    if (next === undefined) return;
    go(next);
    list.current?.querySelectorAll('button')[at]?.focus();
  };
  const counts: Partial<Record<NetworkTab, number>> = {
    leases: leases.get(uuid)?.length ?? 0,
    fixed: network.ips.reduce((sum, ip) => sum + ip.hosts.length, 0),
    dns: network.dnsHosts.length,
    portGroups: network.portGroups.length,
  };
  return (
    <div
      className={classes['tabs']}
      role="tablist"
      aria-label={t('tabs', { name: network.name })}
      ref={list}
      onKeyDown={onKeyDown}
    >
      {tabs.map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          id={`network-tab-${one}`}
          aria-selected={one === tab}
          aria-controls={one === tab ? `network-panel-${one}` : undefined}
          tabIndex={one === tab ? 0 : -1}
          className={classes['tab']}
          onClick={() => go(one)}
        >
          {t(`tab.${one}`)}
          {(counts[one] ?? 0) > 0 && <span className={classes['tabCount']}>{counts[one]}</span>}
        </button>
      ))}
    </div>
  );
}

function TabContent({ network, tab }: { network: Network; tab: NetworkTab }) {
  switch (tab) {
    case 'overview':
      return <OverviewTab network={network} />;
    case 'leases':
      return <LeasesTab network={network} />;
    case 'fixed':
      return <FixedTab network={network} />;
    case 'dns':
      return <DnsTab network={network} />;
    case 'portGroups':
      return <PortGroupsTab network={network} />;
    case 'rates':
      return <RatesTab network={network} />;
    case 'xml':
      return <NetworkXmlTab network={network} />;
  }
}
