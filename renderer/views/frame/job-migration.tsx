import { Button, Menu } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Job, JobMigration } from '../../../main/contract/activity.ts';
import { NO_LIMIT_MIBS, type MigrateTuning } from '../../../main/contract/migrate.ts';
import { api } from '../../api/client.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { isEnded, isMoving } from '../../state/activity.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useDomain, useHost } from '../../state/inventory.ts';
import { navigate } from '../../state/router.ts';
import { formatBytes, formatCount, formatRate } from '../../ui/format.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import classes from './job-migration.module.css';

/** Of a machine on its way to another host: what is left, how fast, what can be changed meanwhile. */
export function JobMigrationView({ job }: { job: Job }) {
  const { migration, state } = job;
  if (job.kind !== 'migrate') return null;
  const pace = isMoving(job) ? 'goes' : state === 'running' ? 'stands' : 'over';
  return (
    <>
      {state === 'settling' && <Settling job={job} />}
      {migration !== undefined && <Figures now={migration} pace={pace} />}
      {migration !== undefined && (pace === 'goes' || isEnded(job)) && <Graphs now={migration} />}
      {migration !== undefined && pace === 'goes' && migration.downtimeMs === null && <Tuning job={job} />}
    </>
  );
}

/** The hosts of a migration, by name. */
export function useEnds({ host, hosts }: Pick<Job, 'host' | 'hosts'>): { from: string; to: string } {
  const to = hosts?.[1] ?? '';
  return { from: useHost(host)?.name ?? host, to: useHost(to)?.name ?? to };
}

function Settling({ job }: { job: Job }) {
  const { t } = useTranslation('migrate');
  return (
    <p className={classes['settling']} role="status">
      {t('move.settling', { ...useEnds(job), name: job.name })}
    </p>
  );
}

/** @param pace `stands`: nothing goes now, and how fast it went tells nothing */
function Figures({ now, pace }: { now: JobMigration; pace: 'goes' | 'stands' | 'over' }) {
  const { t } = useTranslation('migrate');
  const left = (bytes: number, total: number): string | null =>
    pace === 'over' || total === 0
      ? null
      : t('move.ofTotal', { left: formatBytes(bytes), total: formatBytes(total) });
  const rate = (bytes: number | null): string | null =>
    pace !== 'goes' || bytes === null ? null : formatRate(bytes);
  const ms = (value: number | null): string | null =>
    value === null ? null : t('move.ms', { value: formatCount(value) });
  // Of the memory nothing is known before its first round.
  const isMemory = pace === 'goes' && now.iteration > 0;
  const lines = [
    [t('move.disks'), left(now.diskLeft, now.diskTotal)],
    [t('move.memory'), left(now.memoryLeft, now.memoryTotal)],
    [t('move.speed'), rate(now.memoryRate)],
    [t('move.dirty'), rate(isMemory ? now.dirtyRate : null)],
    [t('move.expected'), ms(isMemory ? now.expectedDowntimeMs : null)],
    [
      t(pace === 'over' ? 'move.iterations' : 'move.iteration'),
      now.iteration === 0 ? null : String(now.iteration),
    ],
    [t('move.stood'), ms(now.downtimeMs)],
  ].filter(([, text]) => text !== null);
  if (lines.length === 0) return null;
  return (
    <dl className={classes['figures']}>
      {lines.map(([term, text]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Graphs({ now: { memoryLefts, dirtyRates } }: { now: JobMigration }) {
  const { t } = useTranslation('migrate');
  const graph = (values: readonly number[], color: 'mem' | 'disk-w') => (
    <Sparkline values={values} slots={values.length} color={color} width={240} height={32} />
  );
  return (
    <>
      {isGraph(memoryLefts) && (
        <figure className={classes['graph']}>
          {graph(memoryLefts, 'mem')}
          <figcaption className="muted small">{t('move.graphMemory')}</figcaption>
        </figure>
      )}
      {isGraph(dirtyRates) && (
        <figure className={classes['graph']}>
          {graph(dirtyRates, 'disk-w')}
          <figcaption className="muted num small">
            {t('move.graphDirty', { rate: formatRate(Math.max(...dirtyRates)) })}
          </figcaption>
        </figure>
      )}
    </>
  );
}

/** What never changed is no graph. */
function isGraph(values: readonly number[]): boolean {
  return new Set(values).size > 1;
}

const DOWNTIMES_MS = [500, 1000, 2000, 5000, 10_000];
const LIMITS_MIBS = [10, 50, 100, 500];

/** Its limits, changed while its data goes. */
function Tuning({ job: { host, uuid, migration } }: { job: Job }) {
  const { t } = useTranslation('migrate');
  const tune = (limits: Omit<MigrateTuning, 'host' | 'uuid'>): void => {
    if (uuid !== null) void api.migrate.tune({ host, uuid, ...limits }).catch(notifyFailure);
  };
  return (
    <div className={classes['buttons']}>
      <Menu>
        <Menu.Target>
          <Button size="compact-xs">{t('move.moreDowntime')}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {DOWNTIMES_MS.map((downtimeMs) => (
            <Menu.Item key={downtimeMs} onClick={() => tune({ downtimeMs })}>
              {t('move.downtimeOf', { time: t('move.ms', { value: formatCount(downtimeMs) }) })}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu>
        <Menu.Target>
          <Button size="compact-xs">{t('move.limit')}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {migration !== undefined && migration.iteration === 0 && migration.diskTotal > 0 && (
            <Menu.Label maw={260}>{t('move.disksKeep')}</Menu.Label>
          )}
          {LIMITS_MIBS.map((bandwidthMiBs) => (
            <Menu.Item key={bandwidthMiBs} onClick={() => tune({ bandwidthMiBs })}>
              {t('move.limitOf', { value: bandwidthMiBs })}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => tune({ bandwidthMiBs: NO_LIMIT_MIBS })}>{t('move.limitNone')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {migration?.canPostCopy === true && (
        <Button size="compact-xs" onClick={() => tune({ postCopy: true })}>
          {t('move.postCopy')}
        </Button>
      )}
    </div>
  );
}

/** To the machine where it is now, and the way back. */
export function MigrationDoors({ job }: { job: Job }) {
  const { t } = useTranslation('migrate');
  const [from, to] = job.hosts ?? [];
  const uuid = job.uuid ?? '';
  const there = useDomain(to ?? '', uuid);
  const target = useHost(to ?? '')?.name ?? '';
  if (
    job.kind !== 'migrate' ||
    job.state !== 'done' ||
    there === undefined ||
    to === undefined ||
    from === undefined
  )
    return null;
  return (
    <div className={classes['buttons']}>
      <Button
        size="compact-xs"
        onClick={() => navigate({ page: 'machine', host: to, uuid, tab: 'overview' })}
      >
        {t('move.openThere', { name: there.name, host: target })}
      </Button>
      <Button
        size="compact-xs"
        onClick={() => openDialog({ kind: 'migrate', machines: [{ host: to, uuid }], to: from })}
      >
        {t('move.back')}
      </Button>
    </div>
  );
}
