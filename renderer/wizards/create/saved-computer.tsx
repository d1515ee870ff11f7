import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useHosts } from '../../state/inventory.ts';
import { Fields } from '../sheet/cards.tsx';
import type { PartProps } from './parts.ts';

/** In place of a host: Mantine's Select takes no null. */
const HERE = 'here';

/** On which computer the image or the disks lie: this one, or a host, which may have them mounted from another. */
export function Computer({ form, change }: PartProps) {
  const { t } = useTranslation('create');
  const hosts = useHosts().filter(({ id, state }) => state === 'connected' || id === form.saved.on);
  return (
    <Fields>
      <Select
        label={t('saved.computer')}
        description={t('saved.computerHelp')}
        allowDeselect={false}
        data={[
          { value: HERE, label: t('saved.here') },
          ...hosts.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={form.saved.on ?? HERE}
        onChange={(value) =>
          // Its paths are none of the other's.
          change({
            saved: { ...form.saved, on: value === HERE ? null : value, path: '', disks: null },
            diskFiles: [''],
            edits: {},
          })
        }
      />
    </Fields>
  );
}
