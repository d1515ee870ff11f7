import { useTranslation } from 'react-i18next';
import type { Job } from '../../../main/contract/activity.ts';
import { timeLeft } from '../../../main/contract/time-left.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { isGoingBack, isMoving } from '../../state/activity.ts';
import { useHosts } from '../../state/inventory.ts';
import { formatPercent, formatRate } from '../../ui/format.ts';
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
export function useJobState(): (
  job: Pick<Job, 'kind' | 'state' | 'waitsFor' | 'stayed' | 'cancelling'>,
) => string {
  const { t } = useTranslation('frame');
  return ({ kind, state, waitsFor, stayed, cancelling }) => {
    const hosts = waitsFor.join(', ');
    // It is decided: what is still waited for is no part of the move.
    if (kind === 'migrate' && stayed === true && isGoingBack({ state }))
      return hosts === '' ? t('jobs.stayed') : t('jobs.stayedWaits', { hosts });
    if (state === 'running' && cancelling === true) return t('jobs.cancelling');
    if (hosts === '') return t(`jobs.state.${state}`);
    return t(state === 'waiting' ? 'jobs.takesBackWaits' : 'jobs.waitsFor', { hosts });
  };
}

/** Why it is being taken back, and which host does not answer; what it means that it waits for a host; null: neither. */
export function useJobMeaning({ state, because, waitsFor, waitsWhy }: Job): string | null {
  const { t } = useTranslation('frame');
  const hosts = waitsFor.join(', ');
  if (state === 'running' && hosts !== '') return waitsWhy ?? null;
  if (!isGoingBack({ state }) || because === undefined) return null;
  return hosts === '' ? because : `${because} ${t('jobs.silent', { count: waitsFor.length, hosts })}`;
}

/** `62 % · 1.1 GiB/s · about 14 s left`; how far alone, of what stands still or is to stop. */
export function useJobFigures(job: Job): string {
  const { t } = useTranslation('frame');
  const percent = job.progress === null ? null : formatPercent(job.progress * 100);
  if (!isMoving(job)) return percent ?? '';
  const parts = [
    percent,
    job.bytesPerSecond === null ? null : formatRate(job.bytesPerSecond),
    job.secondsLeft === null ? null : t('jobs.timeLeft', { time: timeLeft(job.secondsLeft) }),
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
  // A line along the bottom tells nothing.
  if (speeds.length < 2 || Math.max(...speeds) === 0) return null;
  return (
    <figure className={classes['speeds']}>
      <Sparkline values={speeds} slots={speeds.length} color="disk-w" width={240} height={32} />
      <figcaption className="muted num small">
        {t('jobs.fastest', { rate: formatRate(Math.max(...speeds)) })}
      </figcaption>
    </figure>
  );
}
