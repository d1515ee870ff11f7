import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconCopyPlus, IconDeviceDesktop } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { openDialog } from '../../../state/dialogs.ts';
import { ActionLine, DomainActionMenu } from './action-menu.tsx';
import { useDomainActions, type DomainActionItem } from './actions.tsx';
import { buttonActions, isActive, primaryButton, type ActionId } from './availability.ts';
import classes from './action-buttons.module.css';

export interface ActionButtonsProps {
  readonly domain: Domain;
  /** Opens the console; left out where the console is in front. */
  readonly onConsole?: (() => void) | undefined;
  /** Little room: only the first two have words. */
  readonly compact?: boolean;
}

/** Console, Start or Resume, Pause, Shut down, and the menu of all actions, each at a place of its own in every state of the machine. */
export function ActionButtons({ domain, onConsole, compact = false }: ActionButtonsProps) {
  const { t } = useTranslation('machine');
  const items = useDomainActions(domain);
  const primary = primaryButton(domain);
  const [start, pause, stop] = buttonActions(domain).map((action) =>
    items.find((item) => item.action === action),
  );
  // A template that is off, as it should be, is never paused or shut down.
  const canRun = domain.template !== true || isActive(domain);
  return (
    <div className={classes['bar']} data-compact={compact}>
      {onConsole !== undefined && (
        <Button
          variant={primary === 'console' ? 'filled' : 'default'}
          className={classes['console'] ?? ''}
          aria-label={t('tab.console')}
          title={t('tab.console')}
          onClick={onConsole}
        >
          <span className={classes['inner']}>
            <IconDeviceDesktop size={16} stroke={1.75} />
            <span className={classes['label']}>{t('tab.console')}</span>
          </span>
        </Button>
      )}
      {domain.template === true && (
        <Button
          variant="filled"
          className={`${classes['start']} ${classes['make']}`}
          aria-label={t('template.create')}
          title={t('template.create')}
          onClick={() => openDialog({ kind: 'fromTemplate', host: domain.host, uuid: domain.uuid })}
        >
          <span className={classes['inner']}>
            <IconCopyPlus size={16} stroke={1.75} />
            <span className={classes['label']}>{t('template.create')}</span>
          </span>
        </Button>
      )}
      {start !== undefined && domain.template !== true && (
        <ActionButton item={start} place="start" filled={primary === start.action} />
      )}
      {pause !== undefined && canRun && <ActionButton item={pause} place="pause" />}
      {stop !== undefined &&
        canRun &&
        (compact ? (
          <ActionButton item={stop} place="stop" />
        ) : (
          <Button.Group>
            <ActionButton item={stop} place="stop" />
            <OtherWays of={stop} items={items} />
          </Button.Group>
        ))}
      <DomainActionMenu domain={domain} />
    </div>
  );
}

interface ActionButtonProps {
  readonly item: DomainActionItem;
  readonly place: 'start' | 'pause' | 'stop';
  readonly filled?: boolean;
}

/** `disabled` would take the focus away from whoever has just pressed it. */
function ActionButton({ item, place, filled = false }: ActionButtonProps) {
  const { enabled, reasonDisabled, pending, icon } = item;
  const off = !enabled;
  return (
    <Button
      variant={filled ? 'filled' : 'default'}
      className={classes[place] ?? ''}
      {...(off ? { 'data-disabled': true, 'aria-disabled': true } : {})}
      aria-busy={pending}
      aria-label={item.label}
      title={reasonDisabled === null ? item.label : `${item.label}: ${reasonDisabled}`}
      onClick={() => item.run()}
    >
      <span className={classes['inner']}>
        {icon}
        <span className={classes['label']}>{item.label}</span>
      </span>
    </Button>
  );
}

/** What ends a machine, or starts its guest again, in other ways than a plain shutdown. */
const OTHER_WAYS: ReadonlySet<ActionId> = new Set([
  'shutdownAgent',
  'reboot',
  'rebootAgent',
  'save',
  'reset',
  'destroy',
]);

function OtherWays({ of, items }: { of: DomainActionItem; items: readonly DomainActionItem[] }) {
  const { t } = useTranslation('machine');
  const lines = items.filter(({ action, listed }) => listed && OTHER_WAYS.has(action));
  return (
    <Menu>
      <Menu.Target>
        <Button
          className={classes['split'] ?? ''}
          disabled={lines.length === 0}
          aria-label={t('moreBeside', { action: of.label })}
        >
          <IconChevronDown size={14} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {lines.map((item) => (
          <ActionLine key={item.action} item={item} />
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
