import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  IconArrowsMove,
  IconArrowsVertical,
  IconCode,
  IconCopy,
  IconDots,
  IconDownload,
  IconEraser,
  IconTrash,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { poolAbilities } from '../../../main/contract/pool-abilities.ts';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import { useHostStorage } from '../../state/storage.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { openStorageDialog, type VolumeDialogKind } from './dialogs.ts';
import { isActive, takesCopies } from './pool-facts.ts';
import { isInUse, isWritten } from './volume-list.ts';
import { startDownload } from './work.ts';
import classes from './storage.module.css';

/** Why something cannot be done with a volume now; a key of `storage:why`. */
type Why = 'away' | 'inUse' | 'based' | 'used' | 'noOtherPool' | 'unable' | null;

/** Who would suffer; the dialog of a deletion says it once more. */
function keepsIt({ usedBy, baseOf }: Volume): Why {
  if (usedBy.length > 0) return 'used';
  return baseOf.length > 0 ? 'based' : null;
}

export function VolumeActions({
  pool,
  volume,
  connected,
}: {
  pool: Pool;
  volume: Volume;
  connected: boolean;
}) {
  const { t } = useTranslation('storage');
  const others = useHostStorage(pool.host).pools.filter(
    (one) => one.uuid !== pool.uuid && isActive(one) && takesCopies(one),
  );
  const open = (kind: VolumeDialogKind): void => openStorageDialog({ kind, pool, volume });
  const away: Why = connected ? null : 'away';
  const inUse = isInUse(volume);
  const movers = volume.usedBy.filter(({ running, via }) => running && via === 'disk');
  const able = poolAbilities(pool.type);
  const resize = away ?? (!able.resizes ? 'unable' : volume.baseOf.length > 0 ? 'based' : null);
  const read = away ?? (isWritten(volume) ? 'inUse' : null);
  const clone = read ?? (takesCopies(pool) || others.length > 0 ? null : 'noOtherPool');
  const download = able.bytes ? read : 'unable';
  const wipe = away ?? (!able.wipes ? 'unable' : inUse ? 'inUse' : volume.baseOf.length > 0 ? 'based' : null);
  const move = away ?? (others.length === 0 ? 'noOtherPool' : null);
  const remove = away ?? (able.deletes ? keepsIt(volume) : 'unable');
  const why = (reason: Why): { disabled: boolean; title?: string } =>
    reason === null ? { disabled: false } : { disabled: true, title: t(`why.${reason}`) };
  return (
    <div className={classes['actions']}>
      <Button {...why(resize)} leftSection={<IconArrowsVertical size={14} />} onClick={() => open('resize')}>
        {t('action.resize')}
      </Button>
      <Button {...why(clone)} leftSection={<IconCopy size={14} />} onClick={() => open('clone')}>
        {t('action.clone')}
      </Button>
      <Menu>
        <Menu.Target>
          <ActionIcon
            aria-label={t('action.more', { name: volume.name })}
            title={t('action.more', { name: volume.name })}
          >
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            {...why(download)}
            leftSection={<IconDownload size={14} />}
            onClick={() =>
              void startDownload({ host: pool.host, uuid: pool.uuid, name: volume.name }).catch(notifyFailure)
            }
          >
            {t('action.download')}
          </Menu.Item>
          {movers.length > 0 && (
            <Menu.Item
              {...why(move)}
              leftSection={<IconArrowsMove size={14} />}
              onClick={() => openStorageDialog({ kind: 'move', pool, volume, users: movers })}
            >
              {t('action.move')}
            </Menu.Item>
          )}
          <Menu.Item {...why(away)} leftSection={<IconCode size={14} />} onClick={() => open('volumeXml')}>
            {t('action.xml')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item {...why(wipe)} leftSection={<IconEraser size={14} />} onClick={() => open('wipe')}>
            {t('action.wipe')}
          </Menu.Item>
          <Menu.Item
            {...why(able.deletes ? away : remove)}
            {...(remove === null || away !== null ? {} : { title: t(`why.${remove}`) })}
            color="bad"
            leftSection={<IconTrash size={14} />}
            onClick={() => open('deleteVolume')}
          >
            {t('action.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
