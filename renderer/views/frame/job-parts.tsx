import { useTranslation } from 'react-i18next';
import type { Job } from '../../../main/contract/activity.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { isGoingBack } from '../../state/activity.ts';
import { useHosts } from '../../state/inventory.ts';
import { formatDuration, formatPercent, formatRate } from '../../ui/format.ts';
import classes from './status-bar.module.css';

/** The words of a job's kind; a kind this build does not know is shown as it is named. */
export function useJobTitle(): (kind: string) => string {
  const { t } = useTranslation('frame');
  return (kind) => t(`jobs.kind.${kind}`, { defaultValue: kind });
}

/** The host that it is about, by name; of a move from where to where. */
export function useJobPlaces(): (job: Pick<Job, 'kind' | 'host' | 'hosts'>) => string {
  const hosts = useHosts();
  const nameOf = (id: string): string => hosts.find((host) => host.id === id)?.name ?? id;
  return ({ kind, host, hosts: all = [host] }) => (kind === 'migrate' ? all : [host]).map(nameOf).join(' → ');
}

/** What it does now, in words; which hosts it waits for. */
export function useJobState(): (job: Pick<Job, 'state' | 'waitsFor'>) => string {
  const { t } = useTranslation('frame');
  return ({ state, waitsFor }) =>
    waitsFor.length === 0 ? t(`jobs.state.${state}`) : t('jobs.waitsFor', { hosts: waitsFor.join(', ') });
}

/** Why it is being taken back, and which host does not answer; null: it is not. */
export function useWhyUndone({ state, because, waitsFor }: Job): string | null {
  const { t } = useTranslation('frame');
  if (!isGoingBack({ state }) || because === undefined) return null;
  const hosts = waitsFor.join(', ');
  return hosts === '' ? because : `${because} ${t('jobs.silent', { count: waitsFor.length, hosts })}`;
}

/** `62 % · 1.1 GiB/s · about 14 s left` */
export function useJobFigures(job: Job): string {
  const { t } = useTranslation('frame');
  const parts = [
    job.progress === null ? null : formatPercent(job.progress * 100),
    job.bytesPerSecond === null ? null : formatRate(job.bytesPerSecond),
    job.secondsLeft === null ? null : t('jobs.timeLeft', { time: formatDuration(job.secondsLeft * 1000) }),
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** `width`: of CSS. */
export function JobProgress({ job, width }: { job: Job; width: number | string }) {
  const { t } = useTranslation('frame');
  const percent = job.progress === null ? null : Math.round(job.progress * 100);
  return (
    <div
      className={classes['progress']}
      style={{ width }}
      role="progressbar"
      aria-label={t('jobs.progressOf', { name: job.name })}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
    >
      <span data-unknown={percent === null || undefined} style={{ width: `${percent ?? 30}%` }} />
    </div>
  );
}

/** How fast it was over its time; nothing for a job that moves no bytes. */
export function JobSpeeds({ speeds }: Pick<Job, 'speeds'>) {
  const { t } = useTranslation('frame');
  if (speeds.length < 2) return null;
  return (
    <figure className={classes['speeds']}>
      <Sparkline values={speeds} slots={speeds.length} color="disk-w" width={240} height={32} />
      <figcaption className="muted num small">
        {t('jobs.fastest', { rate: formatRate(Math.max(...speeds)) })}
      </figcaption>
    </figure>
  );
}
