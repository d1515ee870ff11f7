import { Modal } from '@mantine/core';
import { Spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { useDomains, useHosts } from '../../state/inventory.ts';
import { navigate } from '../../state/router.ts';
import { domainKey } from '../../state/store.ts';
import { domainTone } from '../../ui/domain-state.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { useStateWord } from '../../ui/state-label.tsx';
import { findMachines } from '../machines/find.ts';
import classes from './search.module.css';

const LIMIT = 40;
/** The list hands its properties on to a ScrollArea, which its types do not say. */
const SCROLLS_BY_KEY = { viewportProps: { tabIndex: 0 } };

/** Ctrl K: finds a machine by words of its name, host or address, and opens it. */
export function Search() {
  const { t } = useTranslation('frame');
  const [query, setQuery] = useState('');
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut="mod + K"
      size={560}
      transitionProps={{ duration: 0 }}
      clearQueryOnClose
      overlayProps={{ backgroundOpacity: 0.4, blur: 0 }}
    >
      <Modal.Title className="sr-only">{t('searchTitle')}</Modal.Title>
      <Spotlight.Search
        placeholder={t('searchPlaceholder')}
        aria-label={t('searchPlaceholder')}
        leftSection={<IconSearch size={16} />}
      />
      <Found query={query} />
    </Spotlight.Root>
  );
}

/** Mounted only while the search is open, so that a closed one costs nothing at a patch. */
function Found({ query }: { query: string }) {
  const { t } = useTranslation('frame');
  const domains = useDomains();
  const hosts = useHosts();
  const names = useMemo(() => new Map(hosts.map((host) => [host.id, host.name])), [hosts]);
  const found = useMemo(
    () => findMachines(domains, { text: query, limit: LIMIT, hostName: (id) => names.get(id) ?? id }),
    [domains, query, names],
  );
  return (
    <Spotlight.ActionsList mah={420} {...SCROLLS_BY_KEY}>
      {found.map((domain) => (
        <Line key={domainKey(domain.host, domain.uuid)} domain={domain} host={names.get(domain.host) ?? ''} />
      ))}
      {found.length === 0 && <Spotlight.Empty>{t('nothingFound')}</Spotlight.Empty>}
    </Spotlight.ActionsList>
  );
}

function Line({ domain, host }: { domain: Domain; host: string }) {
  const word = useStateWord()(domain);
  return (
    <Spotlight.Action
      className={classes['action'] ?? ''}
      onClick={() => navigate({ page: 'machine', host: domain.host, uuid: domain.uuid, tab: 'overview' })}
    >
      <div className={classes['line']}>
        <StateDot tone={domainTone(domain)} />
        <span className="strong truncate">{domain.name}</span>
        <span className="muted small truncate">{word}</span>
        <span className="spacer" />
        <span className="faint small mono">{domain.addresses[0]}</span>
        <span className="muted small">{host}</span>
      </div>
    </Spotlight.Action>
  );
}
