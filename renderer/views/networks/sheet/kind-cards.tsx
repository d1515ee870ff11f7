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
import { hasOwnBridge, NETWORK_KINDS, type NetworkKind } from '../kinds.ts';
import { ipFormOf } from './form.ts';
import { freeSubnets } from './free-subnet.ts';
import type { PartProps } from './sheet-form.tsx';
import classes from './sheet.module.css';

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
    <div className={classes['cards']} role="radiogroup" aria-label={t('sheet.part.kind')}>
      {NETWORK_KINDS.map((kind) => {
        const Icon = ICONS[kind];
        return (
          <label key={kind} className={classes['card']} data-chosen={form.kind === kind || undefined}>
            <input
              type="radio"
              name="network-kind"
              className="sr-only"
              aria-label={t(`kind.${kind}`)}
              aria-describedby={`network-kind-${kind}`}
              checked={form.kind === kind}
              onChange={() => choose(kind)}
            />
            <Icon size={18} stroke={1.75} aria-hidden="true" />
            <span>
              <span className={classes['cardTitle']}>{t(`kind.${kind}`)}</span>
              <span id={`network-kind-${kind}`} className={classes['cardText']}>
                {t(`kindText.${kind}`)}
              </span>
            </span>
          </label>
        );
      })}
    </div>
  );
}
