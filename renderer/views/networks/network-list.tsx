import { Skeleton } from '@mantine/core';
import { useMergedRef } from '@mantine/hooks';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import type { Network } from '../../../main/contract/network.ts';
import { NO_NETWORKS, useAllNetworks, type HostNetworks } from '../../state/networks.ts';
import { hostTone, isStale } from '../../ui/domain-state.ts';
import { Empty } from '../../ui/empty.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatDuration } from '../../ui/format.ts';
import { useLanding } from '../../ui/landing.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { useHostWord } from '../../ui/state-label.tsx';
import { useNow } from '../../ui/time.tsx';
import { useStrayKeys } from '../../ui/use-stray-keys.ts';
import { kindOf, machineCount, subnetsOf } from './kinds.ts';
import { matches, networkTone, stepIn } from './list.ts';
import classes from './networks.module.css';

interface NetworkListProps {
  readonly hosts: readonly Host[];
  readonly text: string;
  readonly chosen: Network | null;
  readonly onChoose: (network: Network) => void;
  readonly onFilter: () => void;
}

const rowId = ({ host, uuid }: Network): string => `network-${host}-${uuid}`;

/** Networks by host. Arrows, j and k, Home and End move and choose at once. */
export function NetworkList({ hosts, text, chosen, onChoose, onFilter }: NetworkListProps) {
  const { t } = useTranslation('networks');
  const all = useAllNetworks();
  const list = useRef<HTMLElement | null>(null);
  // One that stays the same: the keyboard is taken once, and not at each render.
  const ref = useMergedRef(list, useLanding());
  useStrayKeys(list);
  const groups = hosts.map((host) => {
    const known = all.get(host.id) ?? NO_NETWORKS;
    return {
      host,
      known,
      shown: known.networks.filter((network) => matches(network, t(`kind.${kindOf(network)}`), text)),
    };
  });
  const rows = groups.flatMap(({ shown }) => shown);
  const chosenId = chosen === null ? undefined : rowId(chosen);
  useEffect(() => {
    if (chosenId !== undefined) document.getElementById(chosenId)?.scrollIntoView({ block: 'nearest' });
  }, [chosenId]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '/') onFilter();
    else {
      const next = stepIn(rows, chosen, event.key);
      if (next === null) return;
      onChoose(next);
    }
    event.preventDefault();
  };
  if (hosts.length > 0 && text !== '' && rows.length === 0)
    return (
      <div className={classes['list']}>
        <Empty title={t('noMatch')} />
      </div>
    );
  return (
    <div
      className={classes['list']}
      role="listbox"
      tabIndex={0}
      data-network-list
      aria-label={t('title')}
      aria-activedescendant={rows.some((row) => row === chosen) ? chosenId : undefined}
      ref={ref}
      onKeyDown={onKeyDown}
    >
      {groups.map(({ host, known, shown }) => (
        <div
          key={host.id}
          role="group"
          aria-labelledby={`networks-of-${host.id}`}
          className={classes['group']}
        >
          <HostHeading host={host} />
          <HostState host={host} known={known} filtered={text !== ''} />
          {shown.map((network) => (
            <Row
              key={network.uuid}
              network={network}
              stale={isStale(host)}
              chosen={network === chosen}
              onChoose={() => {
                list.current?.focus({ preventScroll: true });
                onChoose(network);
              }}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

function HostHeading({ host }: { host: Host }) {
  const { t } = useTranslation(['networks', 'common']);
  const word = useHostWord();
  const now = useNow(10_000);
  const away =
    host.state !== 'connected' && host.lastSeen !== null ? formatDuration(now - host.lastSeen) : null;
  return (
    <div className={classes['groupHead']} id={`networks-of-${host.id}`} role="presentation">
      <StateDot tone={hostTone(host)} />
      <span className="truncate">{host.name}</span>
      {host.kind === 'demo' && <span className={classes['tag']}>{t('common:demo')}</span>}
      {host.state !== 'connected' && (
        <span className="faint">
          {away === null ? word(host) : t('networks:list.away', { word: word(host), age: away })}
        </span>
      )}
    </div>
  );
}

/** What stands in the place of networks that are not there. */
function HostState({ host, known, filtered }: { host: Host; known: HostNetworks; filtered: boolean }) {
  const { t } = useTranslation('networks');
  if (known.failure !== null && host.state === 'connected')
    return (
      <div className={classes['groupFailure']} role="presentation">
        <FailureView failure={known.failure} />
      </div>
    );
  if (known.networks.length > 0 || filtered) return null;
  if (host.state === 'connected' && !known.loaded)
    return (
      <div className={classes['ghosts']} role="presentation">
        {[62, 48].map((width) => (
          <Skeleton key={width} height={12} width={`${width}%`} />
        ))}
      </div>
    );
  return (
    <div className={classes['groupNote']} role="option" aria-selected={false} aria-disabled>
      {t(host.state === 'connected' ? 'list.none' : 'list.unknown')}
    </div>
  );
}

function Row(props: { network: Network; stale: boolean; chosen: boolean; onChoose: () => void }) {
  const { network, stale, chosen, onChoose } = props;
  const { t } = useTranslation('networks');
  const subnets = subnetsOf(network);
  const facts = [t(`kind.${kindOf(network)}`), network.bridge ?? network.devices.join(', ')].filter(Boolean);
  const word = t(
    network.active ? (network.changesPending ? 'pending.short' : 'state.active') : 'state.inactive',
  );
  return (
    <div
      id={rowId(network)}
      role="option"
      aria-selected={chosen}
      className={classes['row']}
      data-stale={stale || undefined}
      onClick={onChoose}
    >
      <StateDot tone={stale ? 'stale' : networkTone(network)} label={word} />
      <span className={classes['rowText']}>
        <span className={classes['rowName']}>{network.name}</span>
        <span className={classes['rowFacts']}>
          {facts.join(' · ')}
          {subnets.length > 0 && (
            <>
              {' · '}
              <span className="mono">{subnets[0]}</span>
            </>
          )}
        </span>
      </span>
      <span className={classes['rowCount']}>
        <span title={t('list.machines', { count: machineCount(network) })}>
          {machineCount(network) || ''}
        </span>
      </span>
    </div>
  );
}
