import { useTranslation } from 'react-i18next';
import type { Network, PortGroup } from '../../../main/contract/network.ts';
import { formatRate, NOTHING } from '../../ui/format.ts';
import { openNetworkDialog } from './dialogs.ts';
import { EntryTable } from './entry-table.tsx';
import { useVlanText } from './overview-tab.tsx';

const rate = (limit: PortGroup['inbound']): string =>
  limit === null ? NOTHING : formatRate(limit.averageKiBps * 1024);

/** Kinds of ports that a card can be plugged into: with a VLAN and rates of their own. */
export function PortGroupsTab({ network }: { network: Network }) {
  const { t } = useTranslation(['networks', 'common']);
  const vlanText = useVlanText();
  return (
    <EntryTable
      network={network}
      intro={t('networks:portGroups.intro')}
      add={t('networks:portGroups.add')}
      none={t('networks:portGroups.none')}
      columns={[
        t('networks:portGroups.name'),
        t('networks:portGroups.default'),
        t('networks:portGroups.vlan'),
        t('networks:portGroups.in'),
        t('networks:portGroups.out'),
        t('networks:portGroups.users'),
      ]}
      onAdd={() => openNetworkDialog({ kind: 'portGroup', network, before: null })}
      entries={network.portGroups.map((group) => ({
        key: group.name,
        label: group.name,
        cells: [
          group.name,
          group.isDefault ? t('common:yes') : NOTHING,
          vlanText(group.vlan) ?? NOTHING,
          rate(group.inbound),
          rate(group.outbound),
          network.users.filter(({ portGroup }) => portGroup === group.name).length,
        ],
        onEdit: () => openNetworkDialog({ kind: 'portGroup', network, before: group }),
        without: () => ({ portGroups: network.portGroups.filter((one) => one !== group) }),
      }))}
    />
  );
}
