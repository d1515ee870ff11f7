import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../../ui/format.ts';
import { Fields, Group } from '../sheet/cards.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';
import { filledBy, savedDiskAt } from './saved-input.ts';

/** Pool and format of all disks that are filled, and whether virt-v2v works on them; of each alone they are among the disks. */
export function Where({ form, spec, defaults, options, problems, edit, change }: PartProps) {
  const { t } = useTranslation('create');
  const names = filledBy(form, defaults);
  const filled = spec.disks.flatMap(({ source }, index) =>
    source.kind === 'new' && savedDiskAt(spec, index, names) !== undefined ? [source] : [],
  );
  const one = <T,>(values: readonly T[]): T | null =>
    values.length > 0 && values.every((value) => value === values[0]) ? (values[0] ?? null) : null;
  const pool = one(filled.map((source) => source.pool));
  const format = one(filled.map((source) => source.format));
  const hasFormats = (uuid: string): boolean =>
    options.pools.find((found) => found.uuid === uuid)?.overlays ?? true;
  const set = (next: { pool?: string; format?: 'raw' | 'qcow2' }): void =>
    edit({
      disks: spec.disks.map((disk, index) => {
        const { source } = disk;
        if (source.kind !== 'new' || savedDiskAt(spec, index, names) === undefined) return disk;
        const changed = { ...source, ...next };
        return {
          ...disk,
          source: { ...changed, format: hasFormats(changed.pool) ? changed.format : ('raw' as const) },
        };
      }),
    });
  if (filled.length === 0) return null;
  return (
    <Group title={t('saved.where')}>
      <Fields>
        <Select
          label={t('saved.pool')}
          allowDeselect={false}
          placeholder={t('saved.several')}
          data={options.pools.map(({ uuid, name, availableBytes }) => ({
            value: uuid,
            label: t('disks.poolName', { name, free: formatBytes(availableBytes) }),
          }))}
          value={pool}
          onChange={(value) => value !== null && set({ pool: value })}
        />
        <Select
          label={t('saved.format')}
          allowDeselect={false}
          placeholder={t('saved.several')}
          {...(format === null ? {} : { description: t(`saved.formatHelp.${format}`) })}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          data={(['qcow2', 'raw'] as const).map((value) => ({
            value,
            label: t(`disks.formatName.${value}`),
            disabled: value === 'qcow2' && pool !== null && !hasFormats(pool),
          }))}
          value={format}
          onChange={(value) => set({ format: value === 'raw' ? 'raw' : 'qcow2' })}
        />
      </Fields>
      <SwitchField
        label={t('saved.virtV2v')}
        description={t('saved.virtV2vHelp')}
        unavailable={options.noVirtV2v}
        checked={form.virtV2v}
        onChange={(virtV2v) => change({ virtV2v })}
      />
      <Wrong said={saidAt(problems, 'source.prepare')} />
    </Group>
  );
}
