import { Menu } from '@mantine/core';
import {
  IconArrowRight,
  IconCopy,
  IconHome,
  IconPencil,
  IconPlugConnected,
  IconPlugConnectedX,
  IconTrash,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';
import { openDialog } from '../../state/dialogs.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { bringHome, useAway } from './use-away.ts';

const icon = { size: 16, stroke: 1.75 };

/** What can be done to a host; the lines of a menu. */
export function HostMenuItems({ host }: { host: Host }) {
  const { t } = useTranslation(['hosts', 'evacuate']);
  const { id } = host;
  const away = useAway(host);
  const on = host.state === 'connected' || host.state === 'connecting' || host.state === 'asking';
  return (
    <>
      {!on && (
        <Menu.Item
          leftSection={<IconPlugConnected {...icon} />}
          onClick={() => void api.host.connect({ id }).catch(notifyFailure)}
        >
          {t(host.state === 'away' ? 'hosts:connectNow' : 'hosts:connect')}
        </Menu.Item>
      )}
      {(on || host.state === 'away') && (
        <Menu.Item
          leftSection={<IconPlugConnectedX {...icon} />}
          onClick={() => void api.host.disconnect({ id }).catch(notifyFailure)}
        >
          {t('hosts:disconnect')}
        </Menu.Item>
      )}
      <Menu.Item
        leftSection={<IconCopy {...icon} />}
        onClick={() => void navigator.clipboard.writeText(host.uri).catch(notifyFailure)}
      >
        {t('hosts:copyUri')}
      </Menu.Item>
      {host.state === 'connected' && (
        <Menu.Item
          leftSection={<IconArrowRight {...icon} />}
          onClick={() => openDialog({ kind: 'evacuate', host: id })}
        >
          {t('evacuate:open')}
        </Menu.Item>
      )}
      {away.length > 0 && (
        <Menu.Item leftSection={<IconHome {...icon} />} onClick={() => bringHome(id, away)}>
          {t('evacuate:bringHome', { count: away.length })}
        </Menu.Item>
      )}
      <Menu.Divider />
      {host.kind === 'demo' ? (
        <Menu.Item
          leftSection={<IconTrash {...icon} />}
          onClick={() => void api.host.closeDemo().catch(notifyFailure)}
        >
          {t('hosts:closeDemo')}
        </Menu.Item>
      ) : (
        <>
          <Menu.Item
            leftSection={<IconPencil {...icon} />}
            onClick={() => openDialog({ kind: 'editHost', id })}
          >
            {t('hosts:edit')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconTrash {...icon} />}
            color="var(--bad)"
            onClick={() => openDialog({ kind: 'removeHost', id })}
          >
            {t('hosts:remove')}
          </Menu.Item>
        </>
      )}
    </>
  );
}
