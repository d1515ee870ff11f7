import {
  IconArrowsExchange,
  IconBan,
  IconCpu,
  IconNetwork,
  IconPlugConnected,
  IconRoute,
  IconShieldOff,
  IconSitemap,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Cards } from '../../../wizards/sheet/cards.tsx';
import { hasOwnBridge, NETWORK_KINDS, type NetworkKind } from '../kinds.ts';
import { ipFormOf } from './form.ts';
import { freeSubnets } from './free-subnet.ts';
import type { PartProps } from './sheet-form.tsx';

const ICONS: Readonly<Record<NetworkKind, typeof IconNetwork>> = {
  nat: IconArrowsExchange,
  isolated: IconBan,
  bridge: IconNetwork,
  route: IconRoute,
  open: IconShieldOff,
  ovs: IconSitemap,
  macvtap: IconPlugConnected,
  sriov: IconCpu,
};

/** What kind of network it is, each with one sentence of what that means for the machines. */
export function KindCards({ form, around, onChange }: PartProps) {
  const { t } = useTranslation('networks');
  const choose = (kind: NetworkKind): void => {
    // A kind that has addresses is to work as it is.
    const [subnet] = freeSubnets('ipv4', around.networks, 1);
    const needs = hasOwnBridge(kind) && form.ips.length === 0 && subnet !== undefined;
    onChange({ kind, ...(needs ? { ips: [ipFormOf(subnet)] } : {}) });
  };
  return (
    <Cards
      label={t('sheet.part.kind')}
      cards={NETWORK_KINDS.map((kind) => ({
        value: kind,
        title: t(`kind.${kind}`),
        text: t(`kindText.${kind}`),
        icon: ICONS[kind],
      }))}
      value={form.kind}
      onChange={choose}
    />
  );
}
