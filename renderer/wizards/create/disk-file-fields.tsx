import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { InspectedDiskFile } from '../../../main/contract/p2v.ts';
import { formatBytes } from '../../ui/format.ts';
import { KeyValue } from '../../ui/key-value.tsx';
import { Group, Note } from '../sheet/cards.tsx';
import { AddButtons, DeviceGroup, Wrong } from '../sheet/device-group.tsx';
import type { PartProps } from './parts.ts';
import { PathChoice } from './path-choice.tsx';
import { saidAt } from './problems.ts';
import { Computer } from './saved-computer.tsx';
import { Where } from './saved-where.tsx';
import classes from './saved.module.css';

const MAX_DISKS = 64;

/** The disks of a machine that were saved to a file each, in order, and what is in them. */
export function DiskFileFields(part: PartProps) {
  const { t } = useTranslation('create');
  const { form, change, saved, problems } = part;
  const { diskFiles } = form;
  // Another disk may be another machine's.
  const set = (next: readonly string[]): void => change({ diskFiles: next, edits: {} });
  return (
    <>
      <Computer {...part} />
      {diskFiles.map((path, index) => {
        const number = index + 1;
        const key = `${form.saved.on ?? ''} ${index} ${diskFiles.length}`;
        const fields = (
          <DiskFile
            part={part}
            path={path}
            near={diskFiles[index - 1] ?? ''}
            onChoose={(next) => set(diskFiles.with(index, next))}
          />
        );
        return diskFiles.length === 1 ? (
          <div key={key} className={classes['single']}>
            {fields}
          </div>
        ) : (
          <DeviceGroup
            key={key}
            title={t('saved.diskFile.title', { number })}
            removeLabel={t('saved.diskFile.remove', { number })}
            onRemove={() => set(diskFiles.filter((_, at) => at !== index))}
          >
            {fields}
          </DeviceGroup>
        );
      })}
      {saved.isRead && (
        <>
          <Wrong said={saidAt(problems, 'source.paths')} />
          {diskFiles.at(-1) !== '' && diskFiles.length < MAX_DISKS && (
            <AddButtons>
              <Button leftSection={<IconPlus size={14} />} onClick={() => set([...diskFiles, ''])}>
                {t('saved.diskFile.add')}
              </Button>
            </AddButtons>
          )}
          <Where {...part} />
          <Note>{t('saved.diskFile.devices')}</Note>
        </>
      )}
    </>
  );
}

function DiskFile(props: {
  part: PartProps;
  path: string;
  /** The file of the disk before it. */
  near: string;
  onChoose: (path: string) => void;
}) {
  const { t } = useTranslation('create');
  const { part, path, near, onChoose } = props;
  const looked = part.saved.disks.find((one) => one.path === path.trim());
  const disk = looked !== undefined && 'disk' in looked ? looked.disk : null;
  const fault = looked !== undefined && 'fault' in looked ? looked.fault : null;
  const reading = path.trim() !== '' && looked === undefined;
  return (
    <>
      <PathChoice
        wanted="disk"
        on={part.form.saved.on}
        label={t('saved.diskFile.path')}
        help={t('saved.diskFile.help')}
        path={path}
        near={near}
        error={fault}
        state={disk !== null ? 'read' : reading ? 'reading' : 'none'}
        onChoose={onChoose}
      />
      {reading && <Note>{t('saved.reading')}</Note>}
      {disk !== null && <Facts disk={disk} />}
    </>
  );
}

function Facts({ disk }: { disk: InspectedDiskFile }) {
  const { t } = useTranslation('create');
  const { format, sizeBytes, usedBytes, firmware, table, partitions, fault } = disk;
  return (
    <Group title={t('saved.diskFile.facts')}>
      <KeyValue
        facts={[
          {
            name: t('saved.diskFile.format'),
            value: t('saved.diskText', {
              size: format.toUpperCase(),
              table: table === null ? t('saved.noTable') : table.toUpperCase(),
            }),
          },
          { name: t('saved.diskFile.size'), value: formatBytes(sizeBytes) },
          { name: t('saved.diskFile.used'), value: formatBytes(usedBytes) },
          {
            name: t('saved.diskFile.firmware'),
            value:
              firmware === null ? (
                <span className="muted">{t('saved.diskFile.untold')}</span>
              ) : (
                t(`system.firmwareName.${firmware === 'uefi' ? 'efi' : 'bios'}`)
              ),
          },
        ]}
      />
      {partitions.length > 0 && <Partitions partitions={partitions} />}
      <Wrong said={fault} />
    </Group>
  );
}

function Partitions({ partitions }: Pick<InspectedDiskFile, 'partitions'>) {
  const { t } = useTranslation('create');
  return (
    <div
      className={classes['scroll']}
      tabIndex={0}
      role="group"
      aria-label={t('saved.diskFile.column.number')}
    >
      <table className={classes['areas']}>
        <thead>
          <tr>
            {(['number', 'type', 'name', 'size'] as const).map((column) => (
              <th key={column} scope="col" data-column={column}>
                {t(`saved.diskFile.column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {partitions.map(({ number, type, typeName, name, sizeBytes: size }) => (
            <tr key={number}>
              <th scope="row">{number}</th>
              <td>{typeName ?? type}</td>
              <td>{name ?? ''}</td>
              <td data-column="size">{formatBytes(size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
