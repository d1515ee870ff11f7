import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import type { NetworkFilter } from '../../../main/contract/network.ts';
import { api } from '../../api/client.ts';
import { NO_NETWORKS, useAllNetworks } from '../../state/networks.ts';
import { routeHash } from '../../state/router.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { NOTHING } from '../../ui/format.ts';
import { useAnswer } from '../../ui/use-answer.ts';
import { HostSections } from './host-sections.tsx';
import { CopyXml } from './xml-tab.tsx';
import classes from './detail.module.css';
import sheet from './sheet/sheet.module.css';

interface Shown {
  readonly host: string;
  readonly filter: NetworkFilter;
}

/** The filters of the hosts: rules that libvirt applies to what passes a card. */
export function FiltersView({ hosts }: { hosts: readonly Host[] }) {
  const { t } = useTranslation('networks');
  const all = useAllNetworks();
  const [shown, setShown] = useState<Shown | null>(null);
  return (
    <>
      <HostSections hosts={hosts} intro={t('filters.intro')}>
        {(host) => {
          const { filters, loaded } = all.get(host.id) ?? NO_NETWORKS;
          if (filters.length === 0) return loaded ? <span className="faint">{t('filters.none')}</span> : null;
          return (
            <Filters host={host} filters={filters} onShow={(filter) => setShown({ host: host.id, filter })} />
          );
        }}
      </HostSections>
      {shown !== null && <FilterDialog {...shown} onClose={() => setShown(null)} />}
    </>
  );
}

function Filters(props: {
  host: Host;
  filters: readonly NetworkFilter[];
  onShow: (filter: NetworkFilter) => void;
}) {
  const { host, filters, onShow } = props;
  const { t } = useTranslation('networks');
  return (
    <div
      className={classes['tableBox']}
      tabIndex={0}
      role="region"
      aria-label={t('filters.of', { host: host.name })}
    >
      <table className={classes['table']}>
        <thead>
          <tr>
            {(['name', 'rules', 'refs', 'users'] as const).map((column) => (
              <th key={column} scope="col">
                {t(`filters.${column}`)}
              </th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          {filters.map((filter) => (
            <tr key={filter.uuid}>
              <th scope="row">{filter.name}</th>
              <td className="num">{filter.rules}</td>
              <td>{filter.refs.join(', ') || NOTHING}</td>
              <td>
                {filter.users.map(({ uuid, name, mac }) => (
                  <a
                    key={mac}
                    href={routeHash({ page: 'machine', host: host.id, uuid, tab: 'overview' })}
                    title={mac}
                  >
                    {name}{' '}
                  </a>
                ))}
                {filter.users.length === 0 && NOTHING}
              </td>
              <td className={classes['buttons']}>
                <Button
                  size="compact-xs"
                  aria-label={t('filters.show', { name: filter.name })}
                  onClick={() => onShow(filter)}
                >
                  {t('filters.xml')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function FilterDialog({ host, filter, onClose }: Shown & { onClose: () => void }) {
  const { uuid, name } = filter;
  const answer = useAnswer((signal) => api.filter.xml({ host, uuid }, { signal }), {
    subject: `${host}/${uuid}`,
  });
  return (
    <Dialog title={name} size={760} onClose={onClose}>
      {answer.failure !== null && <FailureView failure={answer.failure} />}
      <div className="row">
        <span className="spacer" />
        <CopyXml text={answer.value} />
      </div>
      <pre className={sheet['xml']} tabIndex={0}>
        {answer.value}
      </pre>
    </Dialog>
  );
}
