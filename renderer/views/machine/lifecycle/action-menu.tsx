import { ActionIcon, Menu, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots, IconTerminal2 } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { useDomainActions, type DomainActionItem } from './actions.tsx';
import type { ActionId } from './availability.ts';
import classes from './lifecycle.module.css';

/** A line is drawn before the first listed action of each of these. */
const GROUPS: readonly (readonly ActionId[])[] = [
  ['start', 'startPaused', 'restore', 'discardSaved', 'resume', 'suspend'],
  ['shutdown', 'shutdownAgent', 'reboot', 'rebootAgent', 'save'],
  ['reset', 'destroy'],
  ['autostartOn', 'autostartOff', 'delete'],
];

/** The lines of a machine's menu, for any Menu.Dropdown (a button's or a row's context menu). */
export function DomainActionItems({ domain }: { domain: Domain }) {
  const { t } = useTranslation('machine');
  const items = useDomainActions(domain);
  return (
    <>
      {GROUPS.map((group, index) => (
        <Fragment key={group[0]}>
          {index > 0 && <Menu.Divider />}
          {items
            .filter((item) => group.includes(item.action))
            .map((item) => (
              <ActionLine key={item.action} item={item} />
            ))}
        </Fragment>
      ))}
      <Menu.Divider />
      <Menu.Sub>
        <Menu.Sub.Target>
          <Menu.Sub.Item leftSection={<IconTerminal2 size={16} stroke={1.75} />}>
            {t('copyVirsh')}
          </Menu.Sub.Item>
        </Menu.Sub.Target>
        <Menu.Sub.Dropdown>
          {items.map((item) => (
            <Menu.Item key={item.action} onClick={() => copyLine(item.virsh, t('copiedVirsh'))}>
              <Text size="xs">{item.label}</Text>
              <div className={classes['virsh']}>{item.virsh}</div>
            </Menu.Item>
          ))}
        </Menu.Sub.Dropdown>
      </Menu.Sub>
    </>
  );
}

/** The menu is gone when the line is on the clipboard, so this is said out of its sight. */
function copyLine(line: string, message: string): void {
  navigator.clipboard.writeText(line).then(
    () => notifications.show({ message, autoClose: 2000 }),
    () => notifications.show({ message: line, autoClose: false }),
  );
}

export function ActionLine({ item }: { item: DomainActionItem }) {
  const { label, icon, enabled, reasonDisabled, danger, run } = item;
  return (
    <Menu.Item
      leftSection={icon}
      disabled={!enabled}
      onClick={() => run()}
      {...(danger ? { color: 'var(--bad)' } : {})}
      {...(reasonDisabled === null ? {} : { title: reasonDisabled })}
    >
      {label}
      {reasonDisabled !== null && <div className="faint tiny">{reasonDisabled}</div>}
    </Menu.Item>
  );
}

/** All actions of a machine behind one button. */
export function DomainActionMenu({ domain }: { domain: Domain }) {
  const { t } = useTranslation('machine');
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={t('moreActions', { name: domain.name })} title={t('more')}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <DomainActionItems domain={domain} />
      </Menu.Dropdown>
    </Menu>
  );
}
