import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  IconCode,
  IconDots,
  IconPlayerPlay,
  IconPlayerStop,
  IconPlus,
  IconPower,
  IconRefresh,
  IconTrash,
  IconUpload,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Pool } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { notifyFailure } from '../../ui/notify.tsx';
import { openStorageDialog } from './dialogs.ts';
import { isActive } from './pool-facts.ts';
import { useSubmit } from '../../ui/use-submit.ts';
import classes from './storage.module.css';

/** Everything that can be done with a pool. */
export function PoolMenu({
  pool,
  connected,
  takes,
  makes,
}: {
  pool: Pool;
  connected: boolean;
  /** Files of this computer can be sent to it. */
  takes: boolean;
  /** Volumes can be made in it. */
  makes: boolean;
}) {
  const { t } = useTranslation('storage');
  const ref = { host: pool.host, uuid: pool.uuid };
  const call = (work: Promise<unknown>): void => void work.catch(notifyFailure);
  const active = pool.state !== 'inactive';
  return (
    <Menu disabled={!connected}>
      <Menu.Target>
        <ActionIcon
          disabled={!connected}
          aria-label={t('action.more', { name: pool.name })}
          title={connected ? t('action.more', { name: pool.name }) : t('why.away')}
        >
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {takes && (
          <Menu.Item
            className={classes['narrowOnly'] ?? ''}
            leftSection={<IconUpload size={14} />}
            onClick={() => openStorageDialog({ kind: 'upload', pool, files: [] })}
          >
            {t('action.upload')}
          </Menu.Item>
        )}
        {makes && (
          <Menu.Item
            className={classes['narrowOnly'] ?? ''}
            leftSection={<IconPlus size={14} />}
            onClick={() => openStorageDialog({ kind: 'createVolume', pool })}
          >
            {t('action.newVolume')}
          </Menu.Item>
        )}
        {active ? (
          <Menu.Item
            leftSection={<IconPlayerStop size={14} />}
            onClick={() => openStorageDialog({ kind: 'stopPool', pool })}
          >
            {t('action.stop')}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconPlayerPlay size={14} />} onClick={() => call(api.pool.start(ref))}>
            {t('action.start')}
          </Menu.Item>
        )}
        {isActive(pool) && (
          <Menu.Item leftSection={<IconRefresh size={14} />} onClick={() => call(api.pool.refresh(ref))}>
            {t('action.refresh')}
          </Menu.Item>
        )}
        {pool.persistent && (
          <Menu.Item
            leftSection={<IconPower size={14} />}
            onClick={() => call(api.pool.setAutostart({ ...ref, autostart: !pool.autostart }))}
          >
            {t(pool.autostart ? 'action.autostartOff' : 'action.autostartOn')}
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconCode size={14} />}
          onClick={() => openStorageDialog({ kind: 'poolXml', pool })}
        >
          {t('action.xml')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          color="bad"
          leftSection={<IconTrash size={14} />}
          onClick={() => openStorageDialog({ kind: 'deletePool', pool })}
        >
          {t('action.deletePool')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** In the place of the volumes of a pool that is not started. */
export function StartPool({ pool, connected }: { pool: Pool; connected: boolean }) {
  const { t } = useTranslation('storage');
  const { busy, failure, run } = useSubmit(() => undefined);
  return (
    <>
      <Button
        disabled={!connected}
        loading={busy}
        leftSection={<IconPlayerPlay size={14} />}
        onClick={() => run(() => api.pool.start({ host: pool.host, uuid: pool.uuid }))}
      >
        {t('action.start')}
      </Button>
      {failure !== null && <FailureView failure={failure} />}
    </>
  );
}
