import { ActionIcon } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useRef, type KeyboardEvent, type RefCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { useHost } from '../../state/inventory.ts';
import { MACHINE_TABS, navigate, type MachineTab } from '../../state/router.ts';
import { isStale, shownTone } from '../../ui/domain-state.ts';
import { DemoMark } from '../../ui/demo-mark.tsx';
import { formatDuration, formatExact } from '../../ui/format.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { useStateWord } from '../../ui/state-label.tsx';
import { TemplateMark } from '../../ui/template-mark.tsx';
import { useNow } from '../../ui/time.tsx';
import { ActionButtons } from './lifecycle/action-buttons.tsx';
import { useMoveWord } from './move-word.ts';
import classes from './machine.module.css';

interface HeaderProps {
  readonly domain: Domain;
  readonly tab: MachineTab;
  /** Gets the place at the right of the tabs. */
  readonly toolsRef: RefCallback<HTMLDivElement>;
}

/** Name, state, the actions and the tabs: never scrolls away. */
export function MachineHeader({ domain, tab, toolsRef }: HeaderProps) {
  const { t } = useTranslation('machine');
  const { host, uuid } = domain;
  const owner = useHost(host);
  const openConsole = (): void =>
    navigate({ page: 'machine', host, uuid, tab: 'console' }, { replace: true });
  return (
    <header className={classes['header']}>
      <div className={classes['title']}>
        <ActionIcon
          variant="subtle"
          aria-label={t('back')}
          title={t('back')}
          onClick={() => navigate({ page: 'machines' })}
        >
          <IconArrowLeft size={16} />
        </ActionIcon>
        <StateDot tone={shownTone(domain, isStale(owner))} />
        <h1 className={classes['name']} title={domain.name}>
          {domain.name}
        </h1>
        {domain.template === true && <TemplateMark />}
        {owner?.kind === 'demo' && <DemoMark />}
        <Headline domain={domain} />
        <ActionButtons domain={domain} onConsole={tab === 'console' ? undefined : openConsole} />
      </div>
      <TabList domain={domain} tab={tab} toolsRef={toolsRef} />
    </header>
  );
}

function Headline({ domain }: { domain: Domain }) {
  const { t } = useTranslation('machine');
  const owner = useHost(domain.host);
  const moving = useMoveWord(domain);
  const word = useStateWord()(domain);
  const state = moving?.word ?? word;
  const now = useNow();
  const host = owner?.name ?? domain.host;
  const seen = owner?.lastSeen ?? null;
  const text =
    isStale(owner) && seen !== null
      ? t('headline.lastKnown', { state, host, age: formatDuration(now - seen) })
      : domain.since === null
        ? t('headline.plain', { state, host })
        : t('headline.activeFor', { state, age: formatDuration(now - domain.since), host });
  return (
    <span
      className={classes['headline']}
      title={domain.since === null ? undefined : formatExact(domain.since)}
    >
      {text}
    </span>
  );
}

function TabList({ domain, tab, toolsRef }: HeaderProps) {
  const { t } = useTranslation('machine');
  const list = useRef<HTMLDivElement>(null);
  const go = (next: MachineTab): void =>
    navigate({ page: 'machine', host: domain.host, uuid: domain.uuid, tab: next }, { replace: true });
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const at = (MACHINE_TABS.indexOf(tab) + step + MACHINE_TABS.length) % MACHINE_TABS.length;
    const next = MACHINE_TABS[at];
    if (next === undefined) return;
    go(next);
    list.current?.querySelectorAll('button')[at]?.focus();
  };
  return (
    <div className={classes['tabs']}>
      <div
        className={classes['tabList']}
        role="tablist"
        aria-label={t('tabs', { name: domain.name })}
        ref={list}
        onKeyDown={onKeyDown}
      >
        {MACHINE_TABS.map((one, index) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`machine-tab-${one}`}
            aria-selected={one === tab}
            aria-controls={one === tab ? `machine-panel-${one}` : undefined}
            tabIndex={one === tab ? 0 : -1}
            title={`Ctrl ${index + 1}`}
            className={classes['tab']}
            onClick={() => go(one)}
          >
            {t(`tab.${one}`)}
          </button>
        ))}
      </div>
      <span className="spacer" />
      <div ref={toolsRef} className={classes['tools']} />
    </div>
  );
}
