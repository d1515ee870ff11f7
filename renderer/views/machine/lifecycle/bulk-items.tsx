import { Button, Menu } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { IconArrowRight } from '@tabler/icons-react';
import type { Domain, DomainRef } from '../../../../main/contract/domain.ts';
import { openDialog } from '../../../state/dialogs.ts';
import { inventory, useHosts } from '../../../state/inventory.ts';
import { askBeforeMany } from './bulk-confirm.tsx';
import { bulkItems, type BulkAction, type BulkItem } from './bulk.ts';
import { DANGEROUS } from './availability.ts';
import { ACTION_ICONS } from './icons.tsx';

function connected(id: string): boolean {
  return inventory.hosts.get().some((host) => host.id === id && host.state === 'connected');
}

/** Asks, and then does what `action` means for those of the machines whose state allows it; nothing when none does. */
export function askForMany(domains: readonly Domain[], wanted: readonly BulkAction[]): void {
  const items = bulkItems(domains, connected);
  const item = wanted.flatMap((action) => items.filter((one) => one.action === action))[0];
  if (item !== undefined) askBeforeMany(item);
}

function useBulkItems(domains: readonly Domain[]): readonly BulkItem[] {
  const up = new Set(useHosts().flatMap(({ id, state }) => (state === 'connected' ? [id] : [])));
  return bulkItems(domains, (id) => up.has(id));
}

/** "Start 3", "Shut down 5"…: what can be done with all of them, as buttons. */
export function BulkButtons({ domains }: { domains: readonly Domain[] }) {
  const { t } = useTranslation(['machine', 'migrate']);
  const buttons = useBulkItems(domains).map((item) => {
    const Icon = ACTION_ICONS[item.action];
    return (
      <Button
        key={item.action}
        size="compact-xs"
        leftSection={<Icon size={14} stroke={1.75} />}
        onClick={() => askBeforeMany(item)}
        {...(DANGEROUS.has(item.action) ? { c: 'var(--bad)' } : {})}
      >
        {t(`many.button.${item.action}`, { count: item.domains.length })}
      </Button>
    );
  });
  const movable = useMovable(domains);
  return (
    <>
      {buttons}
      {movable.length > 0 && (
        <Button
          size="compact-xs"
          leftSection={<IconArrowRight size={14} stroke={1.75} />}
          onClick={() => openDialog({ kind: 'migrate', machines: movable })}
        >
          {t('migrate:openMany', { count: movable.length })}
        </Button>
      )}
    </>
  );
}

/** Those that can be asked to go to another host: not templates, and on a host that answers. */
function useMovable(domains: readonly Domain[]): DomainRef[] {
  const up = new Set(useHosts().flatMap(({ id, state }) => (state === 'connected' ? [id] : [])));
  return domains
    .filter(({ host, template }) => up.has(host) && template !== true)
    .map(({ host, uuid }) => ({ host, uuid }));
}

/** The same as lines of a menu. */
export function BulkMenuItems({ domains }: { domains: readonly Domain[] }) {
  const { t } = useTranslation(['machine', 'migrate']);
  const items = useBulkItems(domains);
  const movable = useMovable(domains);
  if (items.length + movable.length === 0) return <Menu.Label>{t('many.nothing')}</Menu.Label>;
  const lines = items.map((item) => {
    const Icon = ACTION_ICONS[item.action];
    return (
      <Menu.Item
        key={item.action}
        leftSection={<Icon size={16} stroke={1.75} />}
        onClick={() => askBeforeMany(item)}
        {...(DANGEROUS.has(item.action) ? { color: 'var(--bad)' } : {})}
      >
        {t(`many.button.${item.action}`, { count: item.domains.length })}
      </Menu.Item>
    );
  });
  return (
    <>
      {lines}
      {movable.length > 0 && (
        <>
          {lines.length > 0 && <Menu.Divider />}
          <Menu.Item
            leftSection={<IconArrowRight size={16} stroke={1.75} />}
            onClick={() => openDialog({ kind: 'migrate', machines: movable })}
          >
            {t('migrate:openMany', { count: movable.length })}
          </Menu.Item>
        </>
      )}
    </>
  );
}
