import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../../ui/format.ts';
import { STABLE_DRIVERS } from './form.ts';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';

const NONE = 'none';

/** The CD of Windows' drivers, for systems that have use for one. */
export function DriversField({ form, options, detection, problems, change }: PartProps) {
  const { t } = useTranslation('create');
  const system = options.systems.find(({ id }) => id === detection.os);
  if (system?.virtioWin !== true) return null;
  const volumes = options.isos.filter(({ drivers }) => drivers);
  const keyOf = ({ pool, name }: { pool: string; name: string }): string => `${pool}/${name}`;
  const choose = (value: string | null): void => {
    const volume = volumes.find((one) => keyOf(one) === value);
    if (value === STABLE_DRIVERS) change({ drivers: STABLE_DRIVERS });
    else change({ drivers: volume === undefined ? null : { pool: volume.pool, name: volume.name } });
  };
  const { drivers } = form;
  return (
    <Select
      label={t('drivers.label')}
      description={t('drivers.help')}
      allowDeselect={false}
      data={[
        { value: NONE, label: t('drivers.none') },
        ...volumes.map((volume) => ({
          value: keyOf(volume),
          label: t('drivers.volume', { name: volume.name, size: formatBytes(volume.sizeBytes) }),
        })),
        { value: STABLE_DRIVERS, label: t('drivers.stable') },
      ]}
      value={drivers === null ? NONE : drivers === STABLE_DRIVERS ? STABLE_DRIVERS : keyOf(drivers)}
      error={saidAt(problems, 'source.drivers')}
      onChange={choose}
    />
  );
}
