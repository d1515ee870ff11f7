import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconArrowLeft, IconChevronDown, IconDeviceDesktop } from '@tabler/icons-react';
import { useRef, type KeyboardEvent, type RefCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { useHost } from '../../state/inventory.ts';
import { MACHINE_TABS, navigate, type MachineTab } from '../../state/router.ts';
import { domainTone, isStale } from '../../ui/domain-state.ts';
import { formatDuration, formatExact } from '../../ui/format.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { useStateWord } from '../../ui/state-label.tsx';
import { useNow } from '../../ui/time.tsx';
import { ActionLine, DomainActionMenu } from './lifecycle/action-menu.tsx';
import { useDomainActions, type DomainActionItem } from './lifecycle/actions.tsx';
import { mainAction } from './lifecycle/availability.ts';
import classes from './machine.module.css';

interface HeaderProps {
  readonly domain: Domain;
  readonly tab: MachineTab;
  /** Gets the place at the right of the tabs. */
  readonly toolsRef: RefCallback<HTMLDivElement>;
}

/** Name, state, the actions and the tabs: never scrolls away. */
export function MachineHeader({ domain, tab, toolsRef }: HeaderProps) {
  const { t } = useTranslation(['machine', 'common']);
  const owner = useHost(domain.host);
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
        <StateDot tone={isStale(owner) ? 'stale' : domainTone(domain)} />
        <h1 className={classes['name']} title={domain.name}>
          {domain.name}
        </h1>
        {owner?.kind === 'demo' && <span className={classes['tag']}>{t('common:demo')}</span>}
        <Headline domain={domain} />
        <span className="spacer" />
        <HeaderActions domain={domain} tab={tab} />
      </div>
      <TabList domain={domain} tab={tab} toolsRef={toolsRef} />
    </header>
  );
}

function Headline({ domain }: { domain: Domain }) {
  const { t } = useTranslation('machine');
  const owner = useHost(domain.host);
  const state = useStateWord()(domain);
  const now = useNow();
  const host = owner?.name ?? domain.host;
  const text =
    domain.since === null
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

function HeaderActions({ domain, tab }: { domain: Domain; tab: MachineTab }) {
  const { t } = useTranslation('machine');
  const { host, uuid } = domain;
  const items = useDomainActions(domain);
  const main = items.find((item) => item.action === mainAction(domain));
  const off = domain.id === null;
  const pause = items.find((item) => item.action === 'suspend');
  const consoleButton = tab !== 'console' && (
    <Button
      variant={off ? 'default' : 'filled'}
      leftSection={<IconDeviceDesktop size={16} stroke={1.75} />}
      onClick={() => navigate({ page: 'machine', host, uuid, tab: 'console' }, { replace: true })}
    >
      {t('tab.console')}
    </Button>
  );
  return (
    <div className={classes['actions']}>
      {consoleButton}
      {main !== undefined && <MainButton main={main} items={items} filled={off} />}
      {!off && domain.state !== 'paused' && pause !== undefined && (
        <ActionButton item={pause} label={t('short.suspend')} hideNarrow />
      )}
      <DomainActionMenu domain={domain} />
    </div>
  );
}

/** What belongs in the menu beside each main action. */
const BESIDE: readonly DomainActionItem['action'][] = [
  'shutdownAgent',
  'reboot',
  'rebootAgent',
  'save',
  'reset',
  'destroy',
];
const BESIDE_OFF: readonly DomainActionItem['action'][] = ['start', 'startPaused', 'discardSaved'];

function MainButton(props: { main: DomainActionItem; items: readonly DomainActionItem[]; filled: boolean }) {
  const { main, items, filled } = props;
  const { t } = useTranslation('machine');
  const beside = (filled ? BESIDE_OFF : BESIDE)
    .filter((action) => action !== main.action)
    .flatMap((action) => items.filter((item) => item.action === action));
  const variant = filled ? 'filled' : 'default';
  return (
    <Button.Group>
      <ActionButton item={main} label={shortLabel(main, t)} variant={variant} />
      <Menu>
        <Menu.Target>
          <Button
            variant={variant}
            className={classes['split'] ?? ''}
            aria-label={t('moreBeside', { action: main.label })}
          >
            <IconChevronDown size={14} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {beside.map((item) => (
            <ActionLine key={item.action} item={item} />
          ))}
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  );
}

function shortLabel(item: DomainActionItem, t: ReturnType<typeof useTranslation<'machine'>>['t']): string {
  return item.action === 'restore' ? t('short.restore') : item.label;
}

export function ActionButton(props: {
  item: DomainActionItem;
  label?: string;
  variant?: 'filled' | 'default';
  hideNarrow?: boolean;
}) {
  const { item, label = item.label, variant = 'default', hideNarrow = false } = props;
  return (
    <Button
      variant={variant}
      leftSection={item.icon}
      disabled={!item.enabled}
      aria-busy={item.pending}
      title={item.reasonDisabled ?? undefined}
      className={hideNarrow ? (classes['wideOnly'] ?? '') : ''}
      onClick={() => item.run()}
    >
      {label}
    </Button>
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
