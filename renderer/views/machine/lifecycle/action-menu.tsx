import { ActionIcon, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots, IconTerminal2 } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { virshPrefix } from '../../../../main/contract/virsh.ts';
import type { Domain } from '../../../../main/contract/domain.ts';
import { useHost } from '../../../state/inventory.ts';
import { ShellText } from '../../../ui/shell-text.tsx';
import { useDomainActions, type DomainActionItem } from './actions.tsx';
import type { ActionId, SheetId } from './availability.ts';
import { useSheetAction } from './sheet-actions.ts';
import classes from './lifecycle.module.css';

/** A line is drawn between these. */
const GROUPS: readonly (readonly ActionId[])[] = [
  ['start', 'startPaused', 'restore', 'discardSaved', 'resume', 'suspend'],
  ['shutdown', 'shutdownAgent', 'reboot', 'rebootAgent', 'save'],
  ['reset', 'destroy'],
  ['autostartOn', 'autostartOff', 'keepTemplate', 'releaseTemplate', 'delete'],
];

/** The lines of a machine's menu, for any Menu.Dropdown (a button's or a row's context menu). */
export function DomainActionItems({ domain }: { domain: Domain }) {
  const items = useDomainActions(domain).filter(({ listed }) => listed);
  const groups = GROUPS.map((group) => items.filter(({ action }) => group.includes(action)));
  const first = items[0]?.reasonDisabled ?? null;
  const forAll = items.every(({ reasonDisabled }) => reasonDisabled === first) ? first : null;
  const { t } = useTranslation(['machine', 'clone', 'migrate']);
  return (
    <>
      {domain.template === true && (
        <>
          <SheetLine sheet="fromTemplate" domain={domain} label={t('machine:template.create')} />
          <Menu.Divider />
        </>
      )}
      {forAll !== null && <Menu.Label>{forAll}</Menu.Label>}
      {groups
        .filter((group) => group.length > 0)
        .map((group, index) => (
          <Fragment key={group[0]?.action}>
            {index > 0 && <Menu.Divider />}
            {group.map((item) => (
              <ActionLine key={item.action} item={item} reasonSaid={forAll !== null} />
            ))}
          </Fragment>
        ))}
      <Menu.Divider />
      <SheetLine sheet="clone" domain={domain} label={t('clone:open')} reasonSaid={forAll !== null} />
      <SheetLine sheet="migrate" domain={domain} label={t('migrate:open')} reasonSaid={forAll !== null} />
      <VirshMenu domain={domain} items={items} />
    </>
  );
}

/** `label`: as a menu says it. */
function SheetLine(props: { sheet: SheetId; domain: Domain; label: string; reasonSaid?: boolean }) {
  const { sheet, domain, label, reasonSaid = false } = props;
  const { Icon, reasonDisabled, run } = useSheetAction(sheet, domain);
  return (
    <Menu.Item
      leftSection={<Icon size={16} stroke={1.75} />}
      disabled={reasonDisabled !== null}
      onClick={run}
      {...(reasonDisabled === null ? {} : { title: reasonDisabled })}
    >
      {label}
      {reasonDisabled !== null && !reasonSaid && <div className="faint tiny">{reasonDisabled}</div>}
    </Menu.Item>
  );
}

/** The lines for a shell. What they have in common is said once, over them, so that what tells them apart has room. */
function VirshMenu({ domain, items }: { domain: Domain; items: readonly DomainActionItem[] }) {
  const { t } = useTranslation('machine');
  const host = useHost(domain.host);
  return (
    <Menu.Sub>
      <Menu.Sub.Target>
        <Menu.Sub.Item leftSection={<IconTerminal2 size={16} stroke={1.75} />}>
          {t('copyVirsh')}
        </Menu.Sub.Item>
      </Menu.Sub.Target>
      <Menu.Sub.Dropdown className={classes['virshMenu'] ?? ''}>
        <Menu.Label className={classes['virsh'] ?? ''}>
          {virshPrefix({ uri: host?.uri ?? '', keyFile: host?.keyFile })} …
        </Menu.Label>
        {items.map(({ action, label, virsh }) =>
          virsh === null ? null : (
            <Menu.Item key={action} title={virsh.line} onClick={() => copyLine(virsh.line, t('copiedVirsh'))}>
              {label}
              <div className={classes['virsh']}>
                <ShellText line={virsh.command} />
              </div>
            </Menu.Item>
          ),
        )}
      </Menu.Sub.Dropdown>
    </Menu.Sub>
  );
}

/** The menu is gone when the line is on the clipboard, so this is said out of its sight, with the whole line. */
function copyLine(line: string, title: string): void {
  const message = (
    <span className={classes['virsh']}>
      <ShellText line={line} />
    </span>
  );
  navigator.clipboard.writeText(line).then(
    () => notifications.show({ title, message, autoClose: 4000 }),
    () => notifications.show({ message, autoClose: false }),
  );
}

/** `reasonSaid`: why it is off is said for all lines at once. */
export function ActionLine({ item, reasonSaid = false }: { item: DomainActionItem; reasonSaid?: boolean }) {
  const { t } = useTranslation('machine');
  const { label, icon, enabled, reasonDisabled, danger, run } = item;
  return (
    <Menu.Item
      leftSection={icon}
      disabled={!enabled}
      onClick={() => run()}
      {...(danger ? { color: 'var(--bad)' } : {})}
      {...(reasonDisabled === null ? {} : { title: reasonDisabled })}
    >
      {danger ? t('asks', { action: label }) : label}
      {reasonDisabled !== null && !reasonSaid && <div className="faint tiny">{reasonDisabled}</div>}
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
