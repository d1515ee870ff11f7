import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { partitionStem } from '../../../main/contract/partition-name.ts';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { useHostStorage } from '../../state/storage.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { formatBytes } from '../../ui/format.ts';
import { holdsFiles, isActive, takesCopies } from './pool-facts.ts';
import { SubmitForm } from './submit-form.tsx';
import { copyName, nameIn, nameProblem, useVolumeNames } from './volume-name.ts';
import { showWork } from './work.ts';
import classes from './forms.module.css';

const SAME = 'same';

/** A whole copy, in this pool or another one of the host. */
export function CloneDialog({ pool, volume, onClose }: { pool: Pool; volume: Volume; onClose: () => void }) {
  const { t } = useTranslation('storage');
  const pools = useHostStorage(pool.host).pools.filter((one) => isActive(one) && takesCopies(one));
  const [to, setTo] = useState((takesCopies(pool) ? pool : (pools[0] ?? pool)).uuid);
  const target = pools.find(({ uuid }) => uuid === to) ?? pool;
  const taken = useVolumeNames(pool.host, to);
  const [name, setName] = useState(() => nameIn(target, copyName(volume.name, taken), taken));
  const [format, setFormat] = useState<string>(SAME);
  const formats = holdsFiles(target) ? ['raw', 'qcow2'] : ['raw'];
  const problem = nameProblem(name, taken, target);
  const chosen = format === 'raw' || format === 'qcow2' ? format : undefined;
  return (
    <Dialog title={t('clone.title', { name: volume.name })} onClose={onClose}>
      <SubmitForm
        verb={t('clone.clone')}
        ready={name !== '' && problem === null}
        work={async () => {
          const { job } = await api.volume.clone({
            host: pool.host,
            uuid: pool.uuid,
            name: volume.name,
            to,
            newName: name,
            ...(chosen === undefined ? {} : { format: chosen }),
          });
          showWork({ job, host: pool.host, pool: to });
        }}
        onClose={onClose}
      >
        <TextInput
          label={t('clone.name')}
          value={name}
          error={
            problem === null ? undefined : t(`nameProblem.${problem}`, { stem: partitionStem(target) ?? '' })
          }
          spellCheck={false}
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t('clone.to')}
          data={pools.map((one) => ({
            value: one.uuid,
            label: `${one.name} (${t('free', { free: formatBytes(one.availableBytes) })})`,
          }))}
          value={to}
          allowDeselect={false}
          onChange={(value) => setTo(value ?? to)}
        />
        <Select
          label={t('clone.format')}
          data={[
            { value: SAME, label: t('clone.same', { format: volume.format ?? 'raw' }) },
            ...formats.filter((one) => one !== volume.format),
          ]}
          value={format}
          allowDeselect={false}
          onChange={(value) => setFormat(value ?? SAME)}
        />
        {volume.backing !== null && <p className={classes['note']}>{t('clone.whole')}</p>}
      </SubmitForm>
    </Dialog>
  );
}
