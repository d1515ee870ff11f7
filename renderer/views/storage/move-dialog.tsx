import { Checkbox, Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pool, Volume, VolumeUser } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { useHostStorage } from '../../state/storage.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { formatBytes } from '../../ui/format.ts';
import { isActive, takesCopies } from './pool-facts.ts';
import { SubmitForm } from './submit-form.tsx';
import { showWork } from './work.ts';
import classes from './forms.module.css';

const keyOf = ({ uuid, target }: VolumeUser): string => `${uuid} ${target}`;

/** The disk of a machine that runs goes to another pool, without a stop. */
export function MoveDialog({
  pool,
  volume,
  users,
  onClose,
}: {
  pool: Pool;
  volume: Volume;
  /** Disks of running machines; not empty. */
  users: readonly VolumeUser[];
  onClose: () => void;
}) {
  const { t } = useTranslation('storage');
  const pools = useHostStorage(pool.host).pools.filter(
    (one) => one.uuid !== pool.uuid && isActive(one) && takesCopies(one),
  );
  const [disk, setDisk] = useState(users.map(keyOf)[0] ?? '');
  const [to, setTo] = useState(pools[0]?.uuid ?? '');
  const [deleteSource, setDeleteSource] = useState(false);
  const user = users.find((one) => keyOf(one) === disk);
  return (
    <Dialog title={t('move.title', { name: volume.name })} onClose={onClose}>
      <SubmitForm
        verb={t('move.move')}
        ready={user !== undefined && to !== ''}
        work={async () => {
          if (user === undefined) return;
          const { uuid, target } = user;
          const { job } = await api.volume.move({ host: pool.host, uuid, target, pool: to, deleteSource });
          showWork({ job, host: pool.host, pool: pool.uuid });
        }}
        onClose={onClose}
      >
        {user !== undefined && (
          <p className={classes['note']}>{t('move.text', { machine: user.name, target: user.target })}</p>
        )}
        {users.length > 1 && (
          <Select
            label={t('move.disk')}
            data={users.map((one) => ({ value: keyOf(one), label: `${one.name}, ${one.target}` }))}
            value={disk}
            allowDeselect={false}
            onChange={(value) => setDisk(value ?? disk)}
          />
        )}
        <Select
          label={t('move.to')}
          data={pools.map((one) => ({
            value: one.uuid,
            label: `${one.name} (${t('free', { free: formatBytes(one.availableBytes) })})`,
          }))}
          value={to}
          allowDeselect={false}
          data-autofocus
          onChange={(value) => setTo(value ?? to)}
        />
        <Checkbox
          label={t('move.deleteSource', { name: volume.name })}
          checked={deleteSource}
          onChange={(event) => setDeleteSource(event.currentTarget.checked)}
        />
      </SubmitForm>
    </Dialog>
  );
}
