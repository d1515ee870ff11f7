import { Menu } from '@mantine/core';
import { IconDeviceDesktop, IconExternalLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { useDomain } from '../../state/inventory.ts';
import { navigate } from '../../state/router.ts';
import { PointerMenu, type Point } from '../../ui/pointer-menu.tsx';
import { BulkMenuItems, DomainActionItems } from '../machine/actions.tsx';

/** Where the menu of a row opens, and whose it is. */
export interface MenuPlace extends Point {
  readonly domain: Domain;
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
    <PointerMenu at={place} onClose={onClose}>
      {ofAll ? <LinesOfAll domains={chosen} /> : <Lines listed={place.domain} />}
    </PointerMenu>
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
