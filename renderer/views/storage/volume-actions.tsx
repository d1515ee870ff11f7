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
import { PointerMenu, type Point } from '../../ui/pointer-menu.tsx';
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

/** A button or line that says why it can do nothing. */
interface Ability {
  readonly disabled: boolean;
  readonly title?: string;
}

interface ActionsOf {
  readonly pool: Pool;
  readonly volume: Volume;
  readonly connected: boolean;
}

/** What can be done with a volume now. */
function useAbilities({ pool, volume, connected }: ActionsOf) {
  const { t } = useTranslation('storage');
  const others = useHostStorage(pool.host).pools.filter(
    (one) => one.uuid !== pool.uuid && isActive(one) && takesCopies(one),
  );
  const away: Why = connected ? null : 'away';
  const based: Why = volume.baseOf.length > 0 ? 'based' : null;
  const able = poolAbilities(pool.type);
  const read = away ?? (isWritten(volume) ? 'inUse' : null);
  const kept = able.deletes ? keepsIt(volume) : 'unable';
  const said = (reason: Why): Ability =>
    reason === null ? { disabled: false } : { disabled: true, title: t(`why.${reason}`) };
  return {
    resize: said(away ?? (able.resizes ? based : 'unable')),
    clone: said(read ?? (takesCopies(pool) || others.length > 0 ? null : 'noOtherPool')),
    download: said(able.bytes ? read : 'unable'),
    move: said(away ?? (others.length === 0 ? 'noOtherPool' : null)),
    xml: said(away),
    wipe: said(away ?? (able.wipes ? (isInUse(volume) ? 'inUse' : based) : 'unable')),
    // Its dialog says who needs it.
    remove: { ...said(away ?? kept), disabled: away !== null || !able.deletes },
  };
}

/** The buttons of a volume that is open at the side. */
export function VolumeActions(props: ActionsOf) {
  const { pool, volume } = props;
  const { t } = useTranslation('storage');
  const { resize, clone } = useAbilities(props);
  const open = (kind: VolumeDialogKind): void => openStorageDialog({ kind, pool, volume });
  return (
    <div className={classes['actions']}>
      <Button {...resize} leftSection={<IconArrowsVertical size={14} />} onClick={() => open('resize')}>
        {t('action.resize')}
      </Button>
      <Button {...clone} leftSection={<IconCopy size={14} />} onClick={() => open('clone')}>
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
          <MoreItems {...props} />
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

/** The menu of a row: all that can be done with the volume. */
export function VolumeMenu({ at, onClose, ...props }: ActionsOf & { at: Point; onClose: () => void }) {
  const { pool, volume } = props;
  const { t } = useTranslation('storage');
  const { resize, clone } = useAbilities(props);
  const open = (kind: VolumeDialogKind): void => openStorageDialog({ kind, pool, volume });
  return (
    <PointerMenu at={at} onClose={onClose}>
      <Menu.Item {...resize} leftSection={<IconArrowsVertical size={14} />} onClick={() => open('resize')}>
        {t('action.resize')}
      </Menu.Item>
      <Menu.Item {...clone} leftSection={<IconCopy size={14} />} onClick={() => open('clone')}>
        {t('action.clone')}
      </Menu.Item>
      <MoreItems {...props} />
    </PointerMenu>
  );
}

function MoreItems(props: ActionsOf) {
  const { pool, volume } = props;
  const { t } = useTranslation('storage');
  const { download, move, xml, wipe, remove } = useAbilities(props);
  const movers = volume.usedBy.filter(({ running, via }) => running && via === 'disk');
  const open = (kind: VolumeDialogKind): void => openStorageDialog({ kind, pool, volume });
  return (
    <>
      <Menu.Item
        {...download}
        leftSection={<IconDownload size={14} />}
        onClick={() =>
          void startDownload({ host: pool.host, uuid: pool.uuid, name: volume.name }).catch(notifyFailure)
        }
      >
        {t('action.download')}
      </Menu.Item>
      {movers.length > 0 && (
        <Menu.Item
          {...move}
          leftSection={<IconArrowsMove size={14} />}
          onClick={() => openStorageDialog({ kind: 'move', pool, volume, users: movers })}
        >
          {t('action.move')}
        </Menu.Item>
      )}
      <Menu.Item {...xml} leftSection={<IconCode size={14} />} onClick={() => open('volumeXml')}>
        {t('action.xml')}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item {...wipe} leftSection={<IconEraser size={14} />} onClick={() => open('wipe')}>
        {t('action.wipe')}
      </Menu.Item>
      <Menu.Item
        {...remove}
        color="var(--bad)"
        leftSection={<IconTrash size={14} />}
        onClick={() => open('deleteVolume')}
      >
        {t('action.delete')}
      </Menu.Item>
    </>
  );
}
