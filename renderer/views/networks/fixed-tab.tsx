import { useTranslation } from 'react-i18next';
import type { Network } from '../../../main/contract/network.ts';
import { Empty } from '../../ui/empty.tsx';
import { NOTHING } from '../../ui/format.ts';
import { openNetworkDialog } from './dialogs.ts';
import { EntryTable } from './entry-table.tsx';
import { withFixed } from './with-fixed.ts';

/** Addresses that DHCP gives always to the same card. */
export function FixedTab({ network }: { network: Network }) {
  const { t } = useTranslation('networks');
  if (network.ips.length === 0) return <Empty title={t('fixed.noAddress')}>{t('fixed.noAddressText')}</Empty>;
  const hosts = network.ips.flatMap((ip) => ip.hosts);
  return (
    <EntryTable
      network={network}
      intro={t('fixed.intro')}
      add={t('fixed.add')}
      none={t('fixed.none')}
      columns={[t('fixed.ip'), t('fixed.for'), t('fixed.name'), t('fixed.machine')]}
      onAdd={() => openNetworkDialog({ kind: 'fixed', network, before: null })}
      entries={hosts.map((host) => ({
        key: `${host.ip} ${host.mac ?? host.id ?? host.name}`,
        label: host.ip,
        cells: [
          <span key="ip" className="mono">
            {host.ip}
          </span>,
          <span key="mac" className="mono">
            {host.mac ?? host.id ?? NOTHING}
          </span>,
          host.name ?? NOTHING,
          network.users.find(({ mac }) => mac === host.mac?.toLowerCase())?.name ?? NOTHING,
        ],
        onEdit: () => openNetworkDialog({ kind: 'fixed', network, before: host }),
        without: () => ({ ips: withFixed(network.ips, host, null) }),
      }))}
    />
  );
}
