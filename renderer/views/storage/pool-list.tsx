import { IconAlertTriangle } from '@tabler/icons-react';
import type { KeyboardEvent, RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import type { Pool } from '../../../main/contract/storage.ts';
import { useHostStorage } from '../../state/storage.ts';
import { navigate, routeHash } from '../../state/router.ts';
import { hostTone } from '../../ui/domain-state.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatBytes } from '../../ui/format.ts';
import { useLanding } from '../../ui/landing.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { useHostWord } from '../../ui/state-label.tsx';
import { CapacityBar } from './capacity-bar.tsx';
import { openStorageDialog } from './dialogs.ts';
import { fillOf, isActive, poolTone, takesFiles } from './pool-facts.ts';
import { useFileDrop } from '../../ui/use-file-drop.ts';
import classes from './storage.module.css';

/** The pools of these hosts, by host. Arrow keys and j, k choose one; Enter goes into it. */
export function PoolList({
  hosts,
  chosen,
  list,
  onEnter,
}: {
  hosts: readonly Host[];
  chosen: string | null;
  list: RefObject<HTMLElement | null>;
  onEnter: () => void;
}) {
  const { t } = useTranslation('storage');
  return (
    <nav
      ref={list}
      className={classes['pools']}
      aria-label={t('pools')}
      onKeyDown={(event) => walk(event, onEnter)}
    >
      {hosts.map((host) => (
        <HostPools key={host.id} host={host} chosen={chosen} />
      ))}
    </nav>
  );
}

/** Links stand in the order of the page: the next one is the next in the document. */
function walk(event: KeyboardEvent<HTMLElement>, onEnter: () => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>('a[data-pool]')];
  const at = links.findIndex((link) => link === document.activeElement);
  const targets: Readonly<Record<string, number>> = {
    j: at + 1,
    ArrowDown: at + 1,
    k: at - 1,
    ArrowUp: at - 1,
    Home: 0,
    End: links.length - 1,
  };
  const target = targets[event.key];
  if (event.key === 'Enter' && at >= 0) {
    // The pool is chosen already, but on a narrow window its link still has to be followed.
    setTimeout(onEnter);
    return;
  }
  const link = target === undefined ? undefined : links[Math.min(links.length - 1, Math.max(0, target))];
  const { host, pool: uuid } = link?.dataset ?? {};
  if (link === undefined || host === undefined || uuid === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  link.focus();
  if (!isNarrow(event.currentTarget)) navigate({ page: 'storage', pool: { host, uuid } }, { replace: true });
}

/** On a narrow window choosing a pool leaves the list, which a step with the arrow keys must not do. */
function isNarrow(list: HTMLElement): boolean {
  return list.nextElementSibling === null || getComputedStyle(list.nextElementSibling).display === 'none';
}

function HostPools({ host, chosen }: { host: Host; chosen: string | null }) {
  const { t } = useTranslation('storage');
  const storage = useHostStorage(host.id);
  const word = useHostWord()(host);
  const connected = host.state === 'connected';
  const headingId = `storage-host-${host.id}`;
  return (
    <section
      className={classes['hostPools']}
      aria-labelledby={headingId}
      data-stale={!connected || undefined}
    >
      <h2 className={classes['hostName']} id={headingId}>
        <StateDot tone={hostTone(host)} />
        <span className="truncate">{host.name}</span>
        {!connected && <span className={classes['hostWord']}>{word}</span>}
      </h2>
      {storage.failure !== null && connected && <FailureView failure={storage.failure} />}
      {connected && !storage.loaded && storage.failure === null && <GhostPools />}
      {connected && storage.loaded && storage.pools.length === 0 && (
        <p className={classes['none']}>{t('noPoolsOnHost')}</p>
      )}
      {!connected && storage.pools.length === 0 && <p className={classes['none']}>{t('notConnectedText')}</p>}
      <ul className={classes['poolItems']}>
        {storage.pools.map((pool) => (
          <PoolItem
            key={pool.uuid}
            pool={pool}
            chosen={chosen === `${pool.host}/${pool.uuid}`}
            connected={connected}
          />
        ))}
      </ul>
    </section>
  );
}

function GhostPools() {
  const { t } = useTranslation('storage');
  return (
    <div role="status" aria-label={t('loading')}>
      {[70, 50].map((width) => (
        <div key={width} className={classes['ghostPool']}>
          <span style={{ width: `${width}%` }} />
          <span style={{ width: '100%' }} />
        </div>
      ))}
    </div>
  );
}

function PoolItem({ pool, chosen, connected }: { pool: Pool; chosen: boolean; connected: boolean }) {
  const { t } = useTranslation('storage');
  const landing = useLanding();
  const takes = connected && isActive(pool) && takesFiles(pool);
  const drop = useFileDrop(takes ? (files) => openStorageDialog({ kind: 'upload', pool, files }) : null);
  const fill = fillOf(pool);
  const ref = { host: pool.host, uuid: pool.uuid };
  return (
    <li {...drop.props}>
      <a
        className={classes['poolItem']}
        href={routeHash({ page: 'storage', pool: ref })}
        ref={chosen ? landing : undefined}
        aria-current={chosen || undefined}
        data-pool={pool.uuid}
        data-host={pool.host}
        data-over={drop.over || undefined}
      >
        <span className={classes['poolLine']}>
          <StateDot tone={connected ? poolTone(pool) : 'stale'} />
          <span className="strong truncate">{pool.name}</span>
          <span className="spacer" />
          {fill !== 'roomy' && (
            <IconAlertTriangle
              size={14}
              className={classes['fillMark']}
              data-fill={fill}
              role="img"
              aria-label={t(fill, { free: formatBytes(pool.availableBytes) })}
            />
          )}
          <span className={classes['poolFree']}>
            {pool.availableBytes === null
              ? t(`state.${pool.state}`)
              : t('free', { free: formatBytes(pool.availableBytes) })}
          </span>
        </span>
        {pool.capacityBytes !== null && <CapacityBar pool={pool} />}
        <span className={classes['poolDetail']}>
          <PoolTypeName type={pool.type} />
          {pool.path !== null && <span className="mono truncate">{pool.path}</span>}
        </span>
      </a>
    </li>
  );
}

/** The words of a pool's type; one that this build does not know by libvirt's name. */
export function PoolTypeName({ type }: { type: string }) {
  const { t } = useTranslation('storage');
  return <span>{t(`type.${type}`, { defaultValue: type })}</span>;
}
