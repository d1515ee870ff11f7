import { useTranslation } from 'react-i18next';
import type { Network, Vlan } from '../../../main/contract/network.ts';
import { KeyValue, type Fact } from '../../ui/key-value.tsx';
import { NetworkDrawing } from './drawing.tsx';
import { hasOwnBridge, kindOf } from './kinds.ts';
import classes from './detail.module.css';

/** The drawing, and what is set. */
export function OverviewTab({ network }: { network: Network }) {
  const { t } = useTranslation('networks');
  const facts = useFacts(network);
  return (
    <div className={classes['content']}>
      <NetworkDrawing network={network} />
      <p className="muted small" style={{ margin: 0 }}>
        {t(`kindText.${kindOf(network)}`)}
      </p>
      <div className={classes['facts']}>
        <KeyValue facts={facts.link} />
        <KeyValue facts={facts.addresses} />
      </div>
    </div>
  );
}

/** `42`, `10, 20 (trunk)` */
export function useVlanText(): (vlan: Vlan | null) => string | null {
  const { t } = useTranslation('networks');
  return (vlan) => {
    if (vlan === null) return null;
    const tags = vlan.tags
      .map(({ id, nativeMode }) => (nativeMode === null ? id : t('vlan.native', { id })))
      .join(', ');
    return vlan.trunk ? t('vlan.trunk', { tags }) : tags;
  };
}

function useFacts(network: Network): { link: readonly Fact[]; addresses: readonly Fact[] } {
  const { t } = useTranslation(['networks', 'common']);
  const vlan = useVlanText()(network.vlan);
  const yes = (on: boolean): string => t(on ? 'common:yes' : 'common:no');
  const fact = (name: string, value: string | null, copy?: string): Fact[] =>
    value === null || value === '' ? [] : [{ name, value, ...(copy === undefined ? {} : { copy }) }];
  const { natPorts, mtu, uuid, domain } = network;
  const own = hasOwnBridge(kindOf(network));
  const link = [
    ...fact(t('networks:fact.bridge'), network.bridge, network.bridge ?? undefined),
    ...fact(t('networks:fact.devices'), network.devices.join(', ')),
    ...fact(t('networks:fact.vlan'), vlan),
    ...fact(t('networks:fact.mtu'), mtu === null ? null : String(mtu)),
    ...fact(t('networks:fact.nat'), natPorts === null ? null : `${natPorts.start} – ${natPorts.end}`),
    ...fact(t('networks:fact.autostart'), yes(network.autostart)),
    ...(network.persistent ? [] : fact(t('networks:fact.definition'), t('networks:fact.transient'))),
    ...fact(t('networks:fact.uuid'), uuid, uuid),
  ];
  const addresses = own
    ? [
        ...network.ips.flatMap(({ address, prefix, ranges }) => [
          ...fact(t('networks:fact.address'), `${address}/${prefix}`, address),
          ...ranges.flatMap(({ start, end }) => fact(t('networks:fact.dhcp'), `${start} – ${end}`)),
        ]),
        ...fact(t('networks:fact.domain'), domain, domain ?? undefined),
        ...fact(
          t('networks:fact.dns'),
          t(network.dnsEnabled === false ? 'networks:fact.dnsOff' : 'networks:fact.dnsOn'),
        ),
        ...network.dnsForwarders.flatMap(({ address, domain: of }) =>
          fact(t('networks:fact.forwarder'), [of, address].filter(Boolean).join(' → ')),
        ),
        ...network.routes.flatMap(({ address, prefix, gateway }) =>
          fact(
            t('networks:fact.route'),
            t('networks:fact.routeText', { to: `${address}/${prefix}`, gateway }),
          ),
        ),
      ]
    : [];
  return { link, addresses };
}
