import { Checkbox } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SourceArea, SourceReport } from '../../../main/contract/p2v-source.ts';
import { formatBytes } from '../../ui/format.ts';
import { Group } from '../sheet/cards.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { AreaTable } from './area-table.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';
import { disksTaken, withoutDisks } from './saved-input.ts';
import classes from './saved.module.css';

type Disk = SourceReport['disks'][number];

/** Its disks with what is on them, and which of them are taken; its groups of volumes. */
export function LiveDisks({ part, report }: { part: PartProps; report: SourceReport }) {
  const { t } = useTranslation('create');
  const { form, change, defaults } = part;
  const { disks, groups } = report;
  const able = disks.filter(({ problems }) => problems.length === 0).map(({ name }) => name);
  const taken = form.live.disks ?? disksTaken(form, defaults) ?? able;
  const take = (name: string): void => {
    const next = able.filter((one) => (one === name ? !taken.includes(one) : taken.includes(one)));
    change({ live: { ...form.live, disks: next }, edits: withoutDisks(form.edits) });
  };
  return (
    <>
      {disks.map((disk) => {
        const { name } = disk;
        const on = taken.includes(name);
        // A machine of none of them is no copy.
        const isLast = on && taken.length === 1;
        return (
          <Group
            key={name}
            title={t('live.disk', { disk: name })}
            {...(able.length < 2 || !able.includes(name)
              ? {}
              : {
                  aside: (
                    <Checkbox
                      className={classes['take'] ?? ''}
                      label={t('live.take', { disk: name })}
                      checked={on}
                      disabled={isLast}
                      onChange={() => take(name)}
                    />
                  ),
                })}
          >
            <DiskFacts disk={disk} off={!on} />
          </Group>
        );
      })}
      {groups.map(({ name, freeBytes, volumes }) => (
        <Group key={name} title={t('live.group', { name, free: formatBytes(freeBytes) })}>
          <Areas label={t('live.holds', { name })} areas={volumes} />
        </Group>
      ))}
      <Wrong said={saidAt(part.problems, 'source.disks')} />
    </>
  );
}

function DiskFacts({ disk, off }: { disk: Disk; off: boolean }) {
  const { t } = useTranslation('create');
  const { name, model, sizeBytes, table, partitions, problems } = disk;
  const words = { size: formatBytes(sizeBytes), table: t(`live.table.${table}`) };
  return (
    <div className={classes['disk']} data-off={off || undefined}>
      <span className="muted small">
        {model === null ? t('live.diskText', words) : t('live.model', { ...words, model })}
      </span>
      {/* Without a table it is itself what holds something. */}
      <Areas label={t('live.holds', { name })} areas={partitions.length > 0 ? partitions : [disk]} />
      <Wrong said={problems.length === 0 ? null : problems.join(' ')} />
    </div>
  );
}

const COLUMNS = ['name', 'holds', 'mounted', 'size', 'used'] as const;

function Areas({ label, areas }: { label: string; areas: readonly SourceArea[] }) {
  const { t } = useTranslation('create');
  return (
    <AreaTable label={label} columns={COLUMNS.map((id) => ({ id, words: t(`live.column.${id}`) }))}>
      {areas.map(({ path, content, mountpoints, sizeBytes, usedBytes }) => (
        <tr key={path}>
          <th scope="row" title={path}>
            {path.replace(/^\/dev\//, '')}
          </th>
          <td>{content ?? '–'}</td>
          <td title={mountpoints.join('\n')}>{mountpoints.length === 0 ? '–' : mountpoints.join(', ')}</td>
          <td data-column="size">{formatBytes(sizeBytes)}</td>
          <td data-column="used">{usedBytes === null ? '–' : formatBytes(usedBytes)}</td>
        </tr>
      ))}
    </AreaTable>
  );
}
