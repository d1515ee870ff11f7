import { Button, Loader } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { ConsoleTab } from '../../consoles/console-tab.tsx';
import { useDomain, useDomains, useHost, useInventoryLoaded } from '../../state/inventory.ts';
import { MACHINE_TABS, navigate, type MachineTab } from '../../state/router.ts';
import type { Frame } from '../../charts/frame.ts';
import type { Store } from '../../state/store.ts';
import { Empty } from '../../ui/empty.tsx';
import { useLiveFrame } from './graphs/live-frame.ts';
import { GraphsTab } from './graphs/graphs-tab.tsx';
import { MachineHeader } from './header.tsx';
import { ActionFailure } from './lifecycle/action-failure.tsx';
import classes from './machine.module.css';
import { OverviewTab } from './overview/overview-tab.tsx';
import { StaleBar } from '../../ui/stale-bar.tsx';
import { tabForKey } from './tab-keys.ts';
import { ToolsSlot } from './tools.tsx';
import { XmlTab } from './xml/xml-tab.tsx';

/** One machine: a header that stays, and its views as tabs. */
export function MachinePage({ host, uuid, tab }: { host: string; uuid: string; tab: MachineTab }) {
  const domain = useDomain(host, uuid);
  if (domain === undefined) return <NoMachine host={host} uuid={uuid} />;
  return <Machine key={`${host}/${uuid}`} domain={domain} tab={tab} />;
}

function Machine({ domain, tab }: { domain: Domain; tab: MachineTab }) {
  const { host, uuid } = domain;
  const [tools, setTools] = useState<HTMLElement | null>(null);
  const live = useLiveFrame(host, uuid);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const next = tabForKey(event, MACHINE_TABS, tab);
      if (next === null) return;
      event.preventDefault();
      navigate({ page: 'machine', host, uuid, tab: next }, { replace: true });
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [host, uuid, tab]);
  return (
    <section className={classes['page']} aria-label={domain.name}>
      <MachineHeader domain={domain} tab={tab} toolsRef={setTools} />
      <StaleBar host={host} />
      <div className={classes['failureSlot']}>
        <ActionFailure domain={domain} />
      </div>
      <div
        className={classes['content']}
        role="tabpanel"
        id={`machine-panel-${tab}`}
        aria-labelledby={`machine-tab-${tab}`}
      >
        <ToolsSlot value={tools}>
          <TabContent domain={domain} tab={tab} live={live} />
        </ToolsSlot>
      </div>
    </section>
  );
}

function TabContent({ domain, tab, live }: { domain: Domain; tab: MachineTab; live: Store<Frame> }) {
  switch (tab) {
    case 'overview':
      return <OverviewTab domain={domain} />;
    case 'graphs':
      return <GraphsTab domain={domain} live={live} />;
    case 'console':
      return <ConsoleTab domain={domain} />;
    case 'xml':
      return <XmlTab domain={domain} />;
  }
}

/** The address names a machine that is not (or not yet) known. */
function NoMachine({ host, uuid }: { host: string; uuid: string }) {
  const { t } = useTranslation(['machine', 'migrate']);
  const elsewhere = useDomains().find((domain) => domain.uuid === uuid);
  const there = useHost(elsewhere?.host ?? '')?.name ?? '';
  const loaded = useInventoryLoaded();
  const owner = useHost(host);
  if (!loaded || owner?.state === 'connecting' || owner?.state === 'asking')
    return (
      <Empty title={t('gone.loading')}>
        <Loader size={18} />
      </Empty>
    );
  return (
    <Empty title={t(owner === undefined ? 'gone.unknown' : 'gone.title')}>
      <span>{owner === undefined ? t('gone.noHost') : t('gone.text', { host: owner.name })}</span>
      {elsewhere !== undefined && (
        <Button
          variant="filled"
          onClick={() =>
            navigate({ page: 'machine', host: elsewhere.host, uuid, tab: 'overview' }, { replace: true })
          }
        >
          {t('migrate:move.openThere', { name: elsewhere.name, host: there })}
        </Button>
      )}
      <Button onClick={() => navigate({ page: 'machines' })}>{t('back')}</Button>
    </Empty>
  );
}
