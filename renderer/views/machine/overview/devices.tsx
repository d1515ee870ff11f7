import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DiskFigures, NicFigures } from '../../../../main/contract/figures.ts';
import type { DiskView, Domain, NicView } from '../../../../main/contract/domain.ts';
import { useDetailFigures } from '../../../state/stats.ts';
import { formatBytes, formatCount, formatRate, NOTHING } from '../../../ui/format.ts';
import { CopyButton } from '../../../ui/key-value.tsx';
import classes from './overview.module.css';
import { PathText } from './path-text.tsx';

function TableCard(props: {
  title: string;
  empty: string;
  columns: readonly string[];
  children: ReactNode[];
}) {
  const { title, empty, columns, children } = props;
  return (
    <section className={classes['card']} aria-label={title}>
      <h2>{title}</h2>
      {children.length === 0 ? (
        <p className={classes['text']}>{empty}</p>
      ) : (
        <div className={classes['tableBox']}>
          <table className={classes['table']}>
            <thead>
              <tr>
                {columns.map((column, index) => (
                  <th key={column} data-number={index >= 3}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{children}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** Disks with what they do now. */
export function DisksCard({ domain, disks }: { domain: Domain; disks: readonly DiskView[] }) {
  const { t } = useTranslation('machine');
  const figures = useDetailFigures(domain.host, domain.uuid);
  const byTarget = new Map(figures?.disks.map((one) => [one.target, one]));
  return (
    <TableCard
      title={t('overview.disks')}
      empty={t('overview.noDisks')}
      columns={[
        t('disk.target'),
        t('disk.source'),
        t('disk.kind'),
        t('disk.size'),
        t('disk.read'),
        t('disk.write'),
        t('disk.requests'),
      ]}
    >
      {disks.map((disk) => (
        <DiskRow key={disk.target} disk={disk} figures={byTarget.get(disk.target)} />
      ))}
    </TableCard>
  );
}

function DiskRow({ disk, figures }: { disk: DiskView; figures: DiskFigures | undefined }) {
  const { t } = useTranslation('machine');
  const marks = [
    disk.device === 'disk' ? disk.bus : `${disk.device}, ${disk.bus}`,
    disk.format,
    disk.readonly ? t('disk.readonly') : null,
    disk.shareable ? t('disk.shareable') : null,
  ].filter((part) => part !== null);
  const requests = figures === undefined ? null : plus(figures.readRequests, figures.writeRequests);
  return (
    <tr>
      <td className="strong">{disk.target}</td>
      <td className={classes['path']}>
        {disk.source === null ? (
          <span className="faint">{t('disk.empty')}</span>
        ) : (
          <span className={classes['pathLine']}>
            <PathText path={disk.source} title={[disk.source, ...disk.backing].join('\n')} />
            <CopyButton text={disk.source} label={t('disk.source')} />
          </span>
        )}
        {disk.backing.length > 0 && (
          <span className="faint small" title={disk.backing.join('\n')}>
            {t('disk.backing', { count: disk.backing.length })}
          </span>
        )}
      </td>
      <td className="muted">{marks.join(', ')}</td>
      <td data-number>{formatBytes(figures?.capacityBytes ?? disk.capacityBytes)}</td>
      <td data-number>{formatRate(figures?.readBytes ?? null)}</td>
      <td data-number>{formatRate(figures?.writeBytes ?? null)}</td>
      <td data-number>
        {requests === null ? NOTHING : t('disk.perSecond', { value: formatCount(requests) })}
      </td>
    </tr>
  );
}

function plus(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}

/** Network cards with what they do now. */
export function NicsCard({ domain, nics }: { domain: Domain; nics: readonly NicView[] }) {
  const { t } = useTranslation('machine');
  const figures = useDetailFigures(domain.host, domain.uuid);
  const byName = new Map(figures?.nics.map((one) => [one.name, one]));
  return (
    <TableCard
      title={t('overview.nics')}
      empty={t('overview.noNics')}
      columns={[t('nic.mac'), t('nic.source'), t('nic.model'), t('nic.in'), t('nic.out'), t('nic.drops')]}
    >
      {nics.map((nic, index) => (
        <NicRow key={nic.mac} nic={nic} figures={figuresOf(nic, index, { byName, list: figures?.nics })} />
      ))}
    </TableCard>
  );
}

/** By the host's device; drivers that do not name it tell NICs in the order of the definition. */
function figuresOf(
  nic: NicView,
  index: number,
  known: { byName: ReadonlyMap<string, NicFigures>; list: readonly NicFigures[] | undefined },
): NicFigures | undefined {
  return nic.target === null ? known.list?.[index] : known.byName.get(nic.target);
}

function NicRow({ nic, figures }: { nic: NicView; figures: NicFigures | undefined }) {
  const { t } = useTranslation('machine');
  const drops = figures === undefined ? null : plus(figures.inDrops, figures.outDrops);
  return (
    <tr>
      <td>
        <span className={classes['pathLine']}>
          <span className="mono">{nic.mac}</span>
          <CopyButton text={nic.mac} label={t('nic.mac')} />
        </span>
      </td>
      <td>
        {nic.source ?? NOTHING} <span className="faint">{nic.type}</span>
        {!nic.linkUp && <span className={classes['warn']}> {t('nic.linkDown')}</span>}
      </td>
      <td className="muted">
        {nic.model ?? NOTHING}
        {nic.target !== null && <span className="faint"> {nic.target}</span>}
      </td>
      <td data-number>{formatRate(figures?.inBytes ?? null)}</td>
      <td data-number>{formatRate(figures?.outBytes ?? null)}</td>
      <td data-number>{drops === null ? NOTHING : t('disk.perSecond', { value: formatCount(drops) })}</td>
    </tr>
  );
}
