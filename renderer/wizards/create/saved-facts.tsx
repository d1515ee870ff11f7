import { Checkbox } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type {
  InspectedArea,
  InspectedContent,
  InspectedDisk,
  Inspection,
} from '../../../main/contract/p2v.ts';
import { formatBytes } from '../../ui/format.ts';
import { KeyValue } from '../../ui/key-value.tsx';
import { Group } from '../sheet/cards.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { AreaTable } from './area-table.tsx';
import classes from './saved.module.css';

/** The machine that was saved, as its image tells it, and which of its disks are taken. */
export function SavedFacts(props: {
  inspection: Inspection;
  taken: readonly string[];
  wrong: string | null;
  onTake: (disks: readonly string[]) => void;
}) {
  const { inspection, taken, onTake } = props;
  const { t } = useTranslation('create');
  const { disks, groups } = inspection;
  return (
    <>
      <Group title={t('saved.facts')}>
        <Hardware {...inspection} />
      </Group>
      {disks.map((disk) => {
        const { name } = disk;
        const on = taken.includes(name);
        return (
          <Group
            key={name}
            title={name}
            {...(disks.length === 1
              ? {}
              : {
                  aside: (
                    <Checkbox
                      className={classes['take'] ?? ''}
                      label={t('saved.take', { disk: name })}
                      checked={on}
                      // A machine of none of them is no machine of the image.
                      disabled={on && taken.length === 1}
                      onChange={() =>
                        onTake(
                          disks
                            .map((one) => one.name)
                            .filter((one) => (one === name ? !on : taken.includes(one))),
                        )
                      }
                    />
                  ),
                })}
          >
            <Disk disk={disk} off={!on} canLeave={disks.length > 1 && on} />
          </Group>
        );
      })}
      {groups.map(({ name, devices, volumes }) => (
        <Group
          key={name}
          title={t('saved.group', {
            name,
            devices: devices.map((device) => device ?? t('saved.elsewhere')).join(', '),
          })}
        >
          <Areas areas={volumes} />
        </Group>
      ))}
      <Wrong said={props.wrong} />
    </>
  );
}

function Hardware(inspection: Inspection) {
  const { t } = useTranslation('create');
  const { savedAt, firmware, vendor, product, memoryBytes, cpus, cpuModel, macs, checksumLists } = inspection;
  const unknown = <span className="muted">{t('saved.unknown')}</span>;
  const machine = [vendor, product].filter((word) => word !== null).join(' ');
  return (
    <KeyValue
      facts={[
        { name: t('saved.machine'), value: machine === '' ? unknown : machine },
        { name: t('saved.savedAt'), value: savedAt ?? unknown },
        { name: t('saved.firmware'), value: firmware === 'uefi' ? 'UEFI' : 'BIOS' },
        { name: t('saved.memory'), value: memoryBytes === null ? unknown : formatBytes(memoryBytes) },
        {
          name: t('saved.cpus'),
          value:
            cpus === null
              ? unknown
              : cpuModel === null
                ? cpus
                : t('saved.cpusText', { count: cpus, model: cpuModel }),
        },
        { name: t('saved.macs'), value: macs.length === 0 ? unknown : macs.join(', ') },
        {
          name: t('saved.lists'),
          value: checksumLists.length === 0 ? t('saved.noLists') : checksumLists.join(', '),
        },
      ]}
    />
  );
}

function Disk({ disk, off, canLeave }: { disk: InspectedDisk; off: boolean; canLeave: boolean }) {
  const { t } = useTranslation('create');
  const { sizeBytes, table, partitions, problems } = disk;
  const size = sizeBytes === null ? t('saved.noSize') : formatBytes(sizeBytes);
  return (
    <div className={classes['disk']} data-off={off || undefined}>
      <span className="muted small">
        {t('saved.diskText', { size, table: table === null ? t('saved.noTable') : table.toUpperCase() })}
      </span>
      {partitions.length > 0 && <Areas areas={partitions} />}
      <Wrong
        said={
          problems.length === 0 || off
            ? null
            : [...problems, ...(canLeave ? [t('saved.leaveOut')] : [])].join(' ')
        }
      />
    </div>
  );
}

const COLUMNS = ['name', 'holds', 'size', 'used', 'packed'] as const;

function Areas({ areas }: { areas: readonly InspectedArea[] }) {
  const { t } = useTranslation('create');
  const holds = useHolds();
  const packed = usePacked();
  return (
    <AreaTable
      label={t('saved.column.holds')}
      columns={COLUMNS.map((id) => ({ id, words: t(`saved.column.${id}`) }))}
    >
      {areas.map((area) => (
        <tr key={area.name}>
          <th scope="row">{area.name}</th>
          <td>{holds(area)}</td>
          <td data-column="size">{formatBytes(area.sizeBytes)}</td>
          <td data-column="used">{formatBytes(area.image?.usedBytes ?? null)}</td>
          <td data-column="packed" data-bad={(area.image?.fault ?? null) !== null || undefined}>
            {area.image === null ? '–' : packed(area.image)}
          </td>
        </tr>
      ))}
    </AreaTable>
  );
}

function useHolds(): (area: InspectedArea) => string {
  const { t } = useTranslation('create');
  return ({ content, fileSystem, image }) => {
    if (content === 'data')
      return fileSystem ?? t(image?.format === 'dd' ? 'saved.content.plain' : 'saved.content.data');
    if (content !== 'empty') return t(`saved.content.${content}`);
    return fileSystem === null ? t('saved.content.nothing') : t('saved.content.empty', { fileSystem });
  };
}

function usePacked(): (content: InspectedContent) => string {
  const { t } = useTranslation('create');
  return ({ compression, checksum, fault }) =>
    fault === null
      ? [
          compression === null || compression === 'none' ? t('saved.unpacked') : compression,
          checksum === null || checksum === 'none' ? t('saved.unchecked') : checksum.toUpperCase(),
        ].join(', ')
      : t('saved.damaged');
}
