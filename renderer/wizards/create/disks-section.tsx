import { Button, Select, TextInput } from '@mantine/core';
import { IconDisc, IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { DiskSourceSpec, DiskSpec } from '../../../main/contract/machine-spec.ts';
import { plainDisk } from '../../../main/contract/plain-disk.ts';
import { formatBytes } from '../../ui/format.ts';
import { Fields, More, Note } from '../sheet/cards.tsx';
import { ChoiceSelect } from '../sheet/choice-select.tsx';
import { AddButtons, DeviceGroup, Wrong } from '../sheet/device-group.tsx';
import { SizeField } from '../sheet/size-field.tsx';
import { DiskMore } from './disk-more.tsx';
import { isBus, mediaPool } from './input.ts';
import type { PartProps } from './parts.ts';
import { useUsersOf } from './use-users-of.ts';
import { saidAt } from './problems.ts';
import type { SourceKind } from './form.ts';
import { filledBy, savedDiskAt } from './saved-input.ts';

const GIB = 1024 ** 3;

/** Disks and drives, in the order in which the machine has them. */
export function DisksSection(part: PartProps) {
  const { t } = useTranslation('create');
  const { spec, edit, options } = part;
  const add = (disk: DiskSpec): void => edit({ disks: [...spec.disks, disk] });
  const bus = spec.disks.find(({ device }) => device === 'disk')?.bus ?? 'virtio';
  const pool = mediaPool(spec, options);
  const overlays = options.pools.find(({ uuid }) => uuid === pool)?.overlays ?? true;
  return (
    <>
      <Wrong said={saidAt(part.problems, 'spec.disks')} />
      {spec.disks.length === 0 && <Note>{t('disks.none')}</Note>}
      {spec.disks.map((disk, index) => (
        <DiskFields key={`${index} ${spec.disks.length}`} index={index} disk={disk} part={part} />
      ))}
      <AddButtons>
        <Button
          leftSection={<IconPlus size={14} />}
          disabled={options.pools.length === 0}
          onClick={() =>
            add(
              plainDisk(
                {
                  kind: 'new',
                  pool,
                  name: null,
                  format: overlays ? 'qcow2' : 'raw',
                  sizeBytes: 20 * GIB,
                  preallocation: 'none',
                },
                bus,
              ),
            )
          }
        >
          {t('disks.addDisk')}
        </Button>
        <Button
          leftSection={<IconDisc size={14} />}
          onClick={() => add(plainDisk({ kind: 'empty' }, driveBus(part), 'cdrom'))}
        >
          {t('disks.addDrive')}
        </Button>
      </AddButtons>
    </>
  );
}

function driveBus({ spec }: PartProps): DiskSpec['bus'] {
  const drive = spec.disks.find(({ device }) => device === 'cdrom');
  if (drive !== undefined) return drive.bus;
  if (spec.machine?.includes('q35') === true) return 'sata';
  return spec.machine?.startsWith('pc') === true ? 'ide' : 'scsi';
}

/** What fills a disk, in words. */
function onDisk(source: SourceKind) {
  if (source === 'live') return 'live.onDisk';
  return source === 'diskFile' ? 'saved.fileOnDisk' : 'saved.onDisk';
}

function DiskFields({ index, disk, part }: { index: number; disk: DiskSpec; part: PartProps }) {
  const { t } = useTranslation('create');
  const { spec, edit, problems, defaults } = part;
  const field = `spec.disks.${index}`;
  const set = (next: Partial<DiskSpec>): void =>
    edit({ disks: spec.disks.with(index, { ...disk, ...next }) });
  const title = t(`disks.device.${disk.device}`, { number: numberOf(spec.disks, index) });
  const filled = isFilled(part, index);
  const ofImage = savedDiskAt(spec, index, filledBy(part.form, defaults));
  return (
    <DeviceGroup
      title={title}
      removeLabel={t('disks.removeThis', { what: title })}
      onRemove={() => edit({ disks: spec.disks.filter((_, at) => at !== index) })}
    >
      {ofImage !== undefined && <Note>{t(onDisk(part.form.source), { disk: ofImage })}</Note>}
      {filled && (
        <Note>
          {t(
            part.form.source === 'iso'
              ? 'disks.holdsIso'
              : disk.device === 'cdrom'
                ? 'disks.holdsSeed'
                : 'disks.onImage',
          )}
        </Note>
      )}
      <Fields>
        {!(filled && disk.device === 'cdrom') && <SourceKind disk={disk} part={part} onChange={set} />}
        <ChoiceSelect
          label={t('disks.bus')}
          choices={defaults.choices.diskBus}
          value={disk.bus}
          nameOf={(value) => t(`disks.busName.${isBus(value) ? value : 'virtio'}`)}
          error={saidAt(problems, `${field}.bus`)}
          onChange={(value) => isBus(value) && set({ bus: value })}
        />
      </Fields>
      <SourceFields disk={disk} field={field} part={part} onChange={(source) => set({ source })} />
      <Wrong said={saidAt(problems, `${field}.source`, true)} />
      <More title={t('disks.more')}>
        <DiskMore disk={disk} field={field} part={part} onChange={set} />
      </More>
    </DeviceGroup>
  );
}

/** Of its kind, from 1. */
function numberOf(disks: readonly DiskSpec[], index: number): number {
  const device = disks[index]?.device;
  return disks.slice(0, index + 1).filter((disk) => disk.device === device).length;
}

/** Does the source of the machine go into this one? */
function isFilled({ form, spec }: PartProps, index: number): boolean {
  const drive = spec.disks.findIndex(({ device, source }) => device === 'cdrom' && source.kind === 'empty');
  if (form.source === 'iso') return index === drive;
  if (form.source !== 'cloudImage') return false;
  if (index === drive) return form.firstBoot.on;
  return index === spec.disks.findIndex(({ device, source }) => device === 'disk' && source.kind === 'new');
}

const KINDS = ['new', 'volume', 'path', 'empty'] as const;

function SourceKind(props: { disk: DiskSpec; part: PartProps; onChange: (next: Partial<DiskSpec>) => void }) {
  const { disk, part, onChange } = props;
  const { t } = useTranslation('create');
  const kinds = KINDS.filter((kind) => (disk.device === 'disk' ? kind !== 'empty' : kind !== 'new'));
  return (
    <Select
      label={t('disks.source')}
      allowDeselect={false}
      data={kinds.map((value) => ({ value, label: t(`disks.sourceName.${value}`) }))}
      value={disk.source.kind}
      onChange={(value) => {
        const kind = KINDS.find((one) => one === value);
        if (kind !== undefined && kind !== disk.source.kind) onChange({ source: sourceOfKind(kind, part) });
      }}
    />
  );
}

function sourceOfKind(kind: (typeof KINDS)[number], { spec, options }: PartProps): DiskSourceSpec {
  const pool = mediaPool(spec, options);
  switch (kind) {
    case 'new':
      return { kind, pool, name: null, format: 'qcow2', sizeBytes: 20 * GIB, preallocation: 'none' };
    case 'volume':
      return { kind, pool, name: '' };
    case 'path':
      return { kind, path: '', type: 'file', format: 'raw' };
    case 'empty':
      return { kind };
  }
}

interface SourceProps {
  readonly disk: DiskSpec;
  readonly field: string;
  readonly part: PartProps;
  readonly onChange: (source: DiskSourceSpec) => void;
}

function SourceFields({ disk, field, part, onChange }: SourceProps) {
  const { t } = useTranslation('create');
  const { options } = part;
  const { source } = disk;
  switch (source.kind) {
    case 'empty':
      return null;
    case 'new':
      return (
        <Fields>
          <SizeField
            label={t('disks.size')}
            description={t('disks.sizeHelp')}
            bytes={source.sizeBytes}
            error={saidAt(part.problems, `${field}.sizeBytes`)}
            onChange={(sizeBytes) => onChange({ ...source, sizeBytes })}
          />
          <Select
            label={t('disks.pool')}
            description={t('disks.poolHelp')}
            allowDeselect={false}
            data={options.pools.map(({ uuid, name, availableBytes }) => ({
              value: uuid,
              label: t('disks.poolName', { name, free: formatBytes(availableBytes) }),
            }))}
            value={source.pool}
            onChange={(pool) => {
              if (pool === null) return;
              const overlays = options.pools.find(({ uuid }) => uuid === pool)?.overlays ?? true;
              onChange({ ...source, pool, format: overlays ? source.format : 'raw' });
            }}
          />
        </Fields>
      );
    case 'volume':
      return <VolumeField disk={disk} part={part} onChange={onChange} />;
    case 'path':
      return (
        <Fields>
          <TextInput
            label={t('disks.path')}
            description={t('disks.pathHelp')}
            value={source.path}
            spellCheck={false}
            onChange={(event) => onChange({ ...source, path: event.currentTarget.value })}
          />
          <Select
            label={t('disks.pathType')}
            allowDeselect={false}
            data={(['file', 'block'] as const).map((value) => ({
              value,
              label: t(`disks.pathTypeName.${value}`),
            }))}
            value={source.type}
            onChange={(value) => onChange({ ...source, type: value === 'block' ? 'block' : 'file' })}
          />
          <Select
            label={t('disks.format')}
            allowDeselect={false}
            data={['raw', 'qcow2']}
            value={source.format}
            onChange={(value) => onChange({ ...source, format: value === 'qcow2' ? 'qcow2' : 'raw' })}
          />
        </Fields>
      );
  }
}

function VolumeField({ disk, part, onChange }: Omit<SourceProps, 'field'>) {
  const { t } = useTranslation('create');
  const { options } = part;
  const { source } = disk;
  const usedBy = useUsersOf(part.form.host, disk.device === 'disk');
  if (source.kind !== 'volume') return null;
  const volumes = disk.device === 'cdrom' ? options.isos : options.images;
  const key = JSON.stringify([source.pool, source.name]);
  return (
    <Select
      label={t('disks.volume')}
      description={
        options.unlisted.length > 0 && t('medium.unlisted', { pools: options.unlisted.join(', ') })
      }
      searchable
      nothingFoundMessage={t('sheet.nothing')}
      data={volumes.map(({ pool, name }) => {
        const users = disk.device === 'disk' ? usedBy({ pool, name }) : '';
        const label = users === '' ? name : t('medium.volumeUsed', { text: name, users });
        return { value: JSON.stringify([pool, name]), label };
      })}
      value={source.name === '' ? null : key}
      onChange={(value) => {
        const found = volumes.find(({ pool, name }) => JSON.stringify([pool, name]) === value);
        if (found !== undefined) onChange({ kind: 'volume', pool: found.pool, name: found.name });
      }}
    />
  );
}
