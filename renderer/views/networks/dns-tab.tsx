import { useTranslation } from 'react-i18next';
import type { Network } from '../../../main/contract/network.ts';
import { Empty } from '../../ui/empty.tsx';
import { openNetworkDialog } from './dialogs.ts';
import { EntryTable } from './entry-table.tsx';

/** Names that the network's own DNS answers. */
export function DnsTab({ network }: { network: Network }) {
  const { t } = useTranslation('networks');
  if (network.dnsEnabled === false) return <Empty title={t('dns.off')}>{t('dns.offText')}</Empty>;
  return (
    <EntryTable
      network={network}
      intro={t('dns.intro')}
      add={t('dns.add')}
      none={t('dns.none')}
      columns={[t('dns.ip'), t('dns.names')]}
      onAdd={() => openNetworkDialog({ kind: 'dns', network, before: null })}
      entries={network.dnsHosts.map((entry) => ({
        key: entry.ip,
        label: entry.ip,
        cells: [
          <span key="ip" className="mono">
            {entry.ip}
          </span>,
          entry.names.join(', '),
        ],
        onEdit: () => openNetworkDialog({ kind: 'dns', network, before: entry }),
        without: () => ({ dnsHosts: network.dnsHosts.filter((one) => one !== entry) }),
      }))}
    />
  );
}
