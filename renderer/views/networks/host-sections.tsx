import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import { NO_NETWORKS, useAllNetworks } from '../../state/networks.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { StaleBar } from '../../ui/stale-bar.tsx';
import classes from './detail.module.css';

/** Something of every host, one under the other. */
export function HostSections(props: {
  hosts: readonly Host[];
  intro: string;
  children: (host: Host) => ReactNode;
}) {
  const { t } = useTranslation('networks');
  const all = useAllNetworks();
  return (
    <div className={classes['pane']}>
      <div className={classes['content']}>
        <p className="muted small" style={{ margin: 0, maxWidth: '80ch' }}>
          {props.intro}
        </p>
        {props.hosts.map((host) => {
          const { failure, loaded } = all.get(host.id) ?? NO_NETWORKS;
          const connected = host.state === 'connected';
          return (
            <section key={host.id} aria-label={host.name}>
              <h2 className={classes['hostTitle']}>{host.name}</h2>
              <StaleBar host={host.id} />
              {connected && failure !== null && <FailureView failure={failure} />}
              {connected && failure === null && !loaded && <span className="faint">{t('loading')}</span>}
              {props.children(host)}
            </section>
          );
        })}
      </div>
    </div>
  );
}
