import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Lease, Network } from '../../../main/contract/network.ts';
import { useHost } from '../../state/inventory.ts';
import { useHostNetworks } from '../../state/networks.ts';
import { routeHash } from '../../state/router.ts';
import { Empty } from '../../ui/empty.tsx';
import { formatDuration, formatExact, NOTHING } from '../../ui/format.ts';
import { useNow } from '../../ui/time.tsx';
import { openNetworkDialog } from './dialogs.ts';
import classes from './detail.module.css';

/** Addresses that DHCP has given out, as they come and go. */
export function LeasesTab({ network }: { network: Network }) {
  const { t } = useTranslation('networks');
  const leases = useHostNetworks(network.host).leases.get(network.uuid) ?? [];
  const serves = network.ips.some(({ ranges, hosts }) => ranges.length + hosts.length > 0);
  if (!serves) return <Empty title={t('leases.noDhcp')}>{t('leases.noDhcpText')}</Empty>;
  if (leases.length === 0)
    return <Empty title={t('leases.none')}>{t(network.active ? 'leases.noneText' : 'leases.offText')}</Empty>;
  return (
    <div className={classes['content']}>
      <div className={classes['tableBox']}>
        <table className={classes['table']}>
          <thead>
            <tr>
              <th scope="col">{t('leases.ip')}</th>
              <th scope="col">{t('leases.name')}</th>
              <th scope="col">{t('leases.mac')}</th>
              <th scope="col">{t('leases.machine')}</th>
              <th scope="col">{t('leases.ends')}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {leases.map((lease) => (
              <LeaseRow key={lease.ip} network={network} lease={lease} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function LeaseRow({ network, lease }: { network: Network; lease: Lease }) {
  const { t } = useTranslation('networks');
  const connected = useHost(network.host)?.state === 'connected';
  const { ip, mac, hostname, expiresAt } = lease;
  const user = network.users.find((one) => one.mac === mac);
  const fixed = network.ips.some(({ hosts }) => hosts.some((host) => host.ip === ip));
  const isV4 = !ip.includes(':');
  return (
    <tr>
      <th scope="row" className="mono">
        {ip}
      </th>
      <td>{hostname ?? NOTHING}</td>
      <td className="mono">{mac ?? NOTHING}</td>
      <td>
        {user === undefined ? (
          NOTHING
        ) : (
          <a href={routeHash({ page: 'machine', host: network.host, uuid: user.uuid, tab: 'overview' })}>
            {user.name}
          </a>
        )}
      </td>
      <td className="num">{expiresAt === null ? t('leases.never') : <Ends at={expiresAt} />}</td>
      <td className={classes['buttons']}>
        {fixed ? (
          <span className="faint">{t('leases.fixed')}</span>
        ) : (
          isV4 &&
          mac !== null && (
            <Button
              size="compact-xs"
              disabled={!connected}
              onClick={() =>
                openNetworkDialog({
                  kind: 'fixed',
                  network,
                  before: null,
                  fill: { mac, id: null, name: hostname, ip },
                })
              }
            >
              {t('leases.keep')}
            </Button>
          )
        )}
      </td>
    </tr>
  );
}

function Ends({ at }: { at: number }) {
  const { t } = useTranslation('networks');
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={formatExact(at)}>
      {at > now ? t('leases.in', { age: formatDuration(at - now) }) : t('leases.over')}
    </time>
  );
}
