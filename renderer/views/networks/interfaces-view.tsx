import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import type { HostInterface, Network } from '../../../main/contract/network.ts';
import { NO_NETWORKS, useAllNetworks } from '../../state/networks.ts';
import { routeHash } from '../../state/router.ts';
import { NOTHING } from '../../ui/format.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { useSpeed } from './use-words.ts';
import { HostSections } from './host-sections.tsx';
import classes from './detail.module.css';

/** The hosts' own network devices: what networks and cards can use. */
export function InterfacesView({ hosts }: { hosts: readonly Host[] }) {
  const { t } = useTranslation('networks');
  const all = useAllNetworks();
  return (
    <HostSections hosts={hosts} intro={t('interfaces.intro')}>
      {(host) => {
        const { interfaces, networks, loaded } = all.get(host.id) ?? NO_NETWORKS;
        if (interfaces.length === 0)
          return loaded ? <span className="faint">{t('interfaces.none')}</span> : null;
        return <Interfaces host={host.name} interfaces={interfaces} networks={networks} />;
      }}
    </HostSections>
  );
}

function Interfaces(props: {
  host: string;
  interfaces: readonly HostInterface[];
  networks: readonly Network[];
}) {
  const { t } = useTranslation('networks');
  const columns = ['name', 'state', 'kind', 'speed', 'mac', 'part', 'functions'] as const;
  return (
    <div
      className={classes['tableBox']}
      tabIndex={0}
      role="region"
      aria-label={t('interfaces.of', { host: props.host })}
    >
      <table className={classes['table']}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {t(`interfaces.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.interfaces.map((one) => (
            <InterfaceRow key={one.name} one={one} networks={props.networks} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function InterfaceRow({ one, networks }: { one: HostInterface; networks: readonly Network[] }) {
  const { t } = useTranslation('networks');
  const speed = useSpeed();
  const { name, up, kind, speedMbps, mac, bridge, virtualFunctions } = one;
  const users = networks.filter(
    (network) => network.name === one.network || network.bridge === name || network.devices.includes(name),
  );
  return (
    <tr>
      <th scope="row" className="mono">
        {name}
      </th>
      <td>
        <span className="row">
          <StateDot tone={up === null ? 'stale' : up ? 'ok' : 'off'} />
          {up === null ? t('interfaces.unknown') : t(up ? 'interfaces.up' : 'interfaces.down')}
        </span>
      </td>
      <td>{t(`interfaces.kinds.${kind}`)}</td>
      <td className="num">{speedMbps === null ? NOTHING : speed(speedMbps)}</td>
      <td className="mono">{mac ?? NOTHING}</td>
      <td>
        {bridge !== null && <span>{t('interfaces.inBridge', { bridge })} </span>}
        {users.map((network) => (
          <a
            key={network.uuid}
            href={routeHash({
              page: 'networks',
              view: 'networks',
              network: { host: network.host, uuid: network.uuid },
            })}
          >
            {network.name}{' '}
          </a>
        ))}
        {bridge === null && users.length === 0 && NOTHING}
      </td>
      <td className="num">
        {virtualFunctions === null ? NOTHING : `${virtualFunctions.count} / ${virtualFunctions.max}`}
      </td>
    </tr>
  );
}
