import { useElementSize } from '@mantine/hooks';
import { IconBan, IconNetwork, IconPlugConnected, IconWorld } from '@tabler/icons-react';
import { useMemo, useState, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { Network, NetworkUser } from '../../../main/contract/network.ts';
import { useHost } from '../../state/inventory.ts';
import { useHostNetworks } from '../../state/networks.ts';
import { routeHash } from '../../state/router.ts';
import { isStale } from '../../ui/domain-state.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { layOut, type Box } from './drawing-layout.ts';
import { kindOf, machineCount, subnetsOf } from './kinds.ts';
import { uplinksOf, type Uplink } from './uplinks.ts';
import { useSpeed } from './use-words.ts';
import classes from './drawing.module.css';

/** From here on those that are off are folded away, so that those that run are seen. */
const MANY = 24;

const at = ({ x, y, width, height }: Box): CSSProperties => ({ left: x, top: y, width, height });

/** What the network looks like: ways out, the bridge, the cards that are plugged in, with their addresses. */
export function NetworkDrawing({ network }: { network: Network }) {
  const { t } = useTranslation('networks');
  const { interfaces } = useHostNetworks(network.host);
  const stale = isStale(useHost(network.host));
  const { ref, width } = useElementSize();
  const [all, setAll] = useState(false);
  const uplinks = uplinksOf(network, interfaces);
  const { shown, folded } = useMemo(() => shownUsers(network.users, all), [network.users, all]);
  const layout = useMemo(
    () => layOut({ width: Math.max(width, 240), uplinks: uplinks.length, machines: shown.length }),
    [width, uplinks.length, shown.length],
  );
  return (
    <section className={classes['drawing']} aria-label={t('drawing.label', { name: network.name })}>
      <div
        ref={ref}
        className={classes['canvas']}
        style={{ height: layout.height }}
        data-active={(network.active && !stale) || undefined}
      >
        {width > 0 && (
          <>
            <svg width={width} height={layout.height} aria-hidden="true">
              {layout.wires.map(({ path, machine, uplink }) => (
                <path
                  key={path}
                  d={path}
                  data-off={
                    (machine !== null && shown[machine]?.running !== true) ||
                    (uplink !== null &&
                      (uplinks[uplink]?.kind === 'none' || uplinks[uplink]?.up === false)) ||
                    undefined
                  }
                />
              ))}
            </svg>
            <ul className={classes['nodes']} aria-label={t('drawing.uplinks')}>
              {uplinks.map((uplink, index) => (
                <li key={`${uplink.kind} ${uplink.name}`} style={at(layout.uplinks[index] ?? layout.hub)}>
                  <UplinkNode uplink={uplink} network={network} />
                </li>
              ))}
            </ul>
            <div className={classes['hub']} style={at(layout.hub)}>
              <Hub network={network} />
            </div>
            <ul className={classes['nodes']} aria-label={t('drawing.machines')}>
              {shown.map((user, index) => (
                <li key={`${user.uuid} ${user.mac}`} style={at(layout.machines[index] ?? layout.hub)}>
                  <MachineNode host={network.host} user={user} stale={stale} />
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      {network.users.length === 0 && <p className={classes['none']}>{t('drawing.none')}</p>}
      {network.users.length > MANY && (folded > 0 || all) && (
        <button type="button" className={classes['fold']} aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t('drawing.fold') : t('drawing.unfold', { count: folded })}
        </button>
      )}
    </section>
  );
}

/** Those that run first. */
function shownUsers(
  users: readonly NetworkUser[],
  all: boolean,
): { shown: readonly NetworkUser[]; folded: number } {
  const running = users.filter((user) => user.running);
  const off = users.filter((user) => !user.running);
  const fold = !all && users.length > MANY && running.length > 0;
  return { shown: fold ? running : [...running, ...off], folded: fold ? off.length : 0 };
}

const icon = { size: 16, stroke: 1.75, 'aria-hidden': true } as const;

function UplinkNode({ uplink, network }: { uplink: Uplink; network: Network }) {
  const { t } = useTranslation('networks');
  const speed = useSpeed();
  const kind = kindOf(network);
  if (uplink.kind !== 'device') {
    const Icon = uplink.kind === 'none' ? IconBan : IconWorld;
    return (
      <div className={classes['uplink']} data-none={uplink.kind === 'none' || undefined}>
        <Icon {...icon} />
        <span className={classes['lines']}>
          <span>
            {uplink.kind === 'more'
              ? t('drawing.more', { count: Number(uplink.name) })
              : t(uplink.kind === 'none' ? 'drawing.noWay' : 'drawing.any')}
          </span>
          {uplink.kind !== 'more' && <small>{t(`drawing.way.${kind}`)}</small>}
        </span>
      </div>
    );
  }
  const functions = uplink.virtualFunctions;
  const facts = [
    uplink.up === null ? null : t(uplink.up ? 'interfaces.up' : 'interfaces.down'),
    uplink.speedMbps === null ? null : speed(uplink.speedMbps),
    kind === 'sriov' && functions !== null ? t('drawing.functions', functions) : null,
  ].filter((fact) => fact !== null);
  return (
    <div className={classes['uplink']}>
      <IconPlugConnected {...icon} />
      <span className={classes['lines']}>
        <span className="mono">{uplink.name}</span>
        <small>{facts.length > 0 ? facts.join(' · ') : t(`drawing.way.${kind}`)}</small>
      </span>
    </div>
  );
}

function Hub({ network }: { network: Network }) {
  const { t } = useTranslation('networks');
  const kind = kindOf(network);
  const subnets = subnetsOf(network);
  return (
    <>
      <span className={classes['hubName']}>
        <IconNetwork {...icon} />
        <span className="mono truncate">{network.bridge ?? network.name}</span>
      </span>
      <small className="truncate" title={subnets.join('\n')}>
        {subnets.length === 0 ? t(`kind.${kind}`) : <span className="mono">{subnets[0]}</span>}
        {subnets.length > 1 && ` +${subnets.length - 1}`}
      </small>
      <small>
        {network.active ? t('list.machines', { count: machineCount(network) }) : t('state.inactive')}
      </small>
    </>
  );
}

function MachineNode({ host, user, stale }: { host: string; user: NetworkUser; stale: boolean }) {
  const { t } = useTranslation('networks');
  const [first, ...more] = user.addresses;
  const title = [user.name, user.mac, user.target, user.portGroup, ...user.addresses]
    .filter(Boolean)
    .join('\n');
  return (
    <a
      className={classes['machine']}
      data-off={!user.running || undefined}
      href={routeHash({ page: 'machine', host, uuid: user.uuid, tab: 'overview' })}
      title={title}
    >
      <StateDot
        tone={stale ? 'stale' : user.running ? 'ok' : 'off'}
        label={t(user.running ? 'drawing.running' : 'drawing.off')}
      />
      <span className={classes['machineName']}>{user.name}</span>
      {user.portGroup !== null && <span className={classes['group']}>{user.portGroup}</span>}
      <span className={classes['address']}>
        {first ?? user.mac}
        {more.length > 0 && ` +${more.length}`}
      </span>
    </a>
  );
}
