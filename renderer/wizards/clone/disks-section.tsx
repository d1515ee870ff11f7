import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { CloneDisk, CloneOptions } from '../../../main/contract/clone.ts';
import { formatBytes } from '../../ui/format.ts';
import { Fields, Group, Note } from '../sheet/cards.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { saidAt } from '../template/sections.tsx';
import { diskChoice, withDisk } from './form.ts';
import type { ClonePart } from './sections.tsx';

const USUAL = '';

/** What becomes of each disk. */
export function DisksSection({ part, name }: { part: ClonePart; name: string }) {
  const { t } = useTranslation('clone');
  const { form, answer, change } = part;
  const { has } = answer;
  if (has === null) return null;
  const links = has.disks.some((disk) => diskChoice(form, disk).way === 'link');
  return (
    <>
      {has.disks.length === 0 && <Note>{t('disk.none')}</Note>}
      {has.disks.map((disk) => (
        <DiskGroup key={disk.target} part={part} has={has} disk={disk} />
      ))}
      {links && !has.template && (
        <SwitchField
          label={t('keep', { name })}
          description={t('keepHelp')}
          checked={form.keepAsTemplate}
          onChange={(keepAsTemplate) => change({ keepAsTemplate })}
        />
      )}
    </>
  );
}

function DiskGroup(props: { part: ClonePart; has: CloneOptions; disk: CloneOptions['disks'][number] }) {
  const { part, has, disk } = props;
  const { t } = useTranslation('clone');
  const { form, change } = part;
  const choice = diskChoice(form, disk);
  const set = (next: Partial<CloneDisk>): void =>
    change({ disks: withDisk(form.disks, { ...choice, ...next }) });
  // The CD that the original was told by stays its own.
  const isSeed = (form.firstBoot ?? has.cloudInit) && disk.target === has.seedDrive;
  const isNew = disk.device === 'disk' && ['copy', 'link', 'empty'].includes(choice.way);
  const field = `disks.${disk.target}`;
  const title =
    disk.capacityBytes === null
      ? t('disk.drive', { target: disk.target })
      : t('disk.title', { target: disk.target, size: formatBytes(disk.capacityBytes) });
  return (
    <Group title={title}>
      {disk.source !== null && (
        <p className="muted small" style={{ margin: 0, overflowWrap: 'anywhere' }}>
          {disk.source}
        </p>
      )}
      <Fields>
        <Select
          label={t('disk.becomes')}
          allowDeselect={false}
          data={disk.ways.map((way) => ({
            value: way,
            label: isSeed && (way === 'share' || way === 'empty') ? t('way.ownSeed') : t(`way.${way}`),
          }))}
          value={choice.way}
          onChange={(value) => {
            const way = disk.ways.find((one) => one === value);
            if (way !== undefined) set({ way });
          }}
        />
        {isNew && (
          <Select
            label={t('disk.pool')}
            allowDeselect={false}
            data={[
              { value: USUAL, label: t(form.to === form.host ? 'disk.beside' : 'disk.chosen') },
              ...has.pools.map(({ uuid, name }) => ({ value: uuid, label: name })),
            ]}
            value={choice.pool ?? USUAL}
            error={saidAt(part, `${field}.pool`)}
            onChange={(pool) => set({ pool: pool === USUAL ? null : pool })}
          />
        )}
        {isNew && choice.way !== 'link' && (
          <Select
            label={t('disk.format')}
            allowDeselect={false}
            data={[
              { value: USUAL, label: has.running && choice.way === 'copy' ? 'qcow2' : t('disk.asIs') },
              { value: 'raw', label: 'raw' },
              ...(has.running && choice.way === 'copy' ? [] : [{ value: 'qcow2', label: 'qcow2' }]),
            ]}
            value={choice.format ?? USUAL}
            onChange={(format) => set({ format: format === 'raw' || format === 'qcow2' ? format : null })}
          />
        )}
      </Fields>
      <Wrong said={saidAt(part, field) ?? saidAt(part, `${field}.name`) ?? saidAt(part, `${field}.size`)} />
    </Group>
  );
}
