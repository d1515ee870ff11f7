import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { DiskSpec } from '../../../main/contract/machine-spec.ts';
import { Fields } from '../sheet/cards.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';

const CACHES = ['none', 'writeback', 'writethrough', 'directsync', 'unsafe'] as const;
const IOS = ['native', 'threads', 'io_uring'] as const;
const DISCARDS = ['unmap', 'ignore'] as const;
const PREALLOCATIONS = ['none', 'metadata', 'full'] as const;
/** Of a field that is left to QEMU: Mantine's Select takes no null. */
const DEFAULT = 'default';

/** What is seldom changed of a disk. */
export function DiskMore(props: {
  disk: DiskSpec;
  field: string;
  part: PartProps;
  onChange: (next: Partial<DiskSpec>) => void;
}) {
  const { disk, field, part, onChange } = props;
  const { t } = useTranslation('create');
  const { source } = disk;
  const overlays =
    source.kind !== 'new' || (part.options.pools.find(({ uuid }) => uuid === source.pool)?.overlays ?? true);
  return (
    <>
      {source.kind === 'new' && (
        <Fields>
          <TextInput
            label={t('disks.name')}
            placeholder={t('disks.nameOfMachine')}
            value={source.name ?? ''}
            spellCheck={false}
            onChange={(event) => {
              const name = event.currentTarget.value;
              onChange({ source: { ...source, name: name === '' ? null : name } });
            }}
          />
          <Select
            label={t('disks.format')}
            allowDeselect={false}
            data={(['qcow2', 'raw'] as const).map((value) => ({
              value,
              label: t(`disks.formatName.${value}`),
              disabled: value === 'qcow2' && !overlays,
            }))}
            value={source.format}
            onChange={(value) =>
              onChange({ source: { ...source, format: value === 'raw' ? 'raw' : 'qcow2' } })
            }
          />
          <Select
            label={t('disks.preallocation')}
            allowDeselect={false}
            data={PREALLOCATIONS.map((value) => ({ value, label: t(`disks.preallocationName.${value}`) }))}
            value={source.preallocation}
            onChange={(value) =>
              onChange({
                source: { ...source, preallocation: PREALLOCATIONS.find((one) => one === value) ?? 'none' },
              })
            }
          />
        </Fields>
      )}
      <Fields>
        <OrDefault
          label={t('disks.cache')}
          values={CACHES}
          value={disk.cache}
          onChange={(cache) => onChange({ cache })}
        />
        <OrDefault label={t('disks.io')} values={IOS} value={disk.io} onChange={(io) => onChange({ io })} />
        <OrDefault
          label={t('disks.discard')}
          values={DISCARDS}
          value={disk.discard}
          onChange={(discard) => onChange({ discard })}
        />
        <TextInput
          label={t('disks.serial')}
          value={disk.serial ?? ''}
          error={saidAt(part.problems, `${field}.serial`)}
          spellCheck={false}
          onChange={(event) => {
            const serial = event.currentTarget.value;
            onChange({ serial: serial === '' ? null : serial });
          }}
        />
      </Fields>
      <SwitchField
        label={t('disks.readonly')}
        checked={disk.readonly}
        onChange={(readonly) => onChange({ readonly })}
      />
      {disk.device === 'disk' && (
        <>
          <SwitchField
            label={t('disks.ioThread')}
            description={t('disks.ioThreadHelp')}
            unavailable={disk.bus === 'virtio' || disk.bus === 'scsi' ? null : t('disks.noIoThread')}
            checked={disk.ioThread}
            onChange={(ioThread) => onChange({ ioThread })}
          />
          <SwitchField
            label={t('disks.shareable')}
            description={t('disks.shareableHelp')}
            checked={disk.shareable}
            onChange={(shareable) => onChange({ shareable })}
          />
        </>
      )}
    </>
  );
}

function OrDefault<T extends string>(props: {
  label: string;
  values: readonly T[];
  value: T | null;
  onChange: (value: T | null) => void;
}) {
  const { t } = useTranslation('create');
  const { values, value, onChange } = props;
  return (
    <Select
      label={props.label}
      allowDeselect={false}
      data={[
        { value: DEFAULT, label: t('sheet.byDefault') },
        ...values.map((one) => ({ value: one, label: one })),
      ]}
      value={value ?? DEFAULT}
      onChange={(next) => onChange(values.find((one) => one === next) ?? null)}
    />
  );
}
