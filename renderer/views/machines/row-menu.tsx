import { Menu } from '@mantine/core';
import { IconDeviceDesktop, IconExternalLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { useDomain } from '../../state/inventory.ts';
import { navigate } from '../../state/router.ts';
import { BulkMenuItems, DomainActionItems } from '../machine/actions.tsx';

/** Where a context menu opens, in pixels of the window. */
export interface MenuPlace {
  readonly domain: Domain;
  readonly x: number;
  readonly y: number;
}

/** The menu of a row, at the pointer or at the row. */
export function RowMenu({
  place,
  chosen,
  onClose,
}: {
  place: MenuPlace | null;
  /** Opened on one of several chosen rows, the menu is of them all. */
  chosen: readonly Domain[];
  onClose: () => void;
}) {
  if (place === null) return null;
  const { host, uuid } = place.domain;
  const ofAll = chosen.length > 1 && chosen.some((one) => one.host === host && one.uuid === uuid);
  return (
    <Menu
      opened
      onClose={onClose}
      position="bottom-start"
      offset={2}
      transitionProps={{ duration: 0 }}
      withinPortal
    >
      <Menu.Target>
        <span style={{ position: 'fixed', left: place.x, top: place.y, width: 1, height: 1 }} />
      </Menu.Target>
      <Menu.Dropdown>
        {ofAll ? <LinesOfAll domains={chosen} /> : <Lines listed={place.domain} />}
      </Menu.Dropdown>
    </Menu>
  );
}

function LinesOfAll({ domains }: { domains: readonly Domain[] }) {
  const { t } = useTranslation('machines');
  return (
    <>
      <Menu.Label>{t('selected', { count: domains.length })}</Menu.Label>
      <BulkMenuItems domains={domains} />
    </>
  );
}

function Lines({ listed }: { listed: Domain }) {
  const { t } = useTranslation('machines');
  const domain = useDomain(listed.host, listed.uuid);
  if (domain === undefined) return null;
  const { host, uuid } = domain;
  return (
    <>
      <Menu.Item
        leftSection={<IconExternalLink size={16} stroke={1.75} />}
        onClick={() => navigate({ page: 'machine', host, uuid, tab: 'overview' })}
      >
        {t('openPage')}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconDeviceDesktop size={16} stroke={1.75} />}
        onClick={() => navigate({ page: 'machine', host, uuid, tab: 'console' })}
      >
        {t('openConsole')}
      </Menu.Item>
      <Menu.Divider />
      <DomainActionItems domain={domain} />
    </>
  );
}
