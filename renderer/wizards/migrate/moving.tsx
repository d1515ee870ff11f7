import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../main/contract/activity.ts';
import { hasGone } from '../../../main/contract/migrate-steps.ts';
import { isEnded, isMoving, useJob, useJobs } from '../../state/activity.ts';
import { closeDialog, openDialog } from '../../state/dialogs.ts';
import { useDomain, useHost } from '../../state/inventory.ts';
import { navigate } from '../../state/router.ts';
import { JobProgress, useJobFigures, useJobMeaning, useJobState } from '../../views/frame/job-parts.tsx';
import { Group } from '../sheet/cards.tsx';
import { JobView } from '../sheet/job-view.tsx';
import { LeftNotes } from './stays.tsx';

/** What `migrate.run` answered, and what it was asked. */
export interface Moved {
  readonly job: string;
  /** What its networks became, by what they were. */
  readonly networks: Readonly<Record<string, string>>;
  readonly machines: readonly {
    readonly uuid: string;
    readonly name: string;
    /** Id of the host that it comes from. */
    readonly from: string;
    /** Id of the one that it goes to. */
    readonly to: string;
    /** What stays of it there, a line for each. */
    readonly left: readonly string[];
  }[];
}

/** Machines on their way, and at the end the doors to them. */
export function Moving(props: {
  moved: Moved;
  onBack: () => void;
  /** The page changes: the keyboard goes there, and not back to what opened the sheet. */
  onLeave: () => void;
  onClose: () => void;
}) {
  const { moved, onBack, onLeave, onClose } = props;
  const { t } = useTranslation(['migrate', 'create', 'common']);
  const job = useJob(moved.job);
  const [first] = moved.machines;
  const only = moved.machines.length === 1 ? first : undefined;
  const there = useDomain(first?.to ?? '', only?.uuid ?? '');
  const target = useHost(first?.to ?? '')?.name ?? '';
  const jobs = useJobs();
  const door = useRef<HTMLButtonElement>(null);
  const arrived = job?.state === 'done' && there !== undefined;
  useEffect(() => {
    if (arrived) door.current?.focus({ preventScroll: true });
  }, [arrived]);
  if (job === undefined || first === undefined) return null;
  const title = only?.name ?? t('migrate:move.machines', { count: moved.machines.length });
  const hasArrived = (uuid: string): boolean =>
    only === undefined
      ? jobs.some(
          (one) =>
            one.kind === 'migrate' &&
            one.uuid === uuid &&
            one.startedAt >= job.startedAt &&
            one.state === 'done',
        )
      : job.state === 'done';
  return (
    <JobView
      job={job}
      title={title}
      more={
        <>
          <LeftNotes machines={moved.machines.filter(({ uuid }) => hasArrived(uuid))} />
          {only === undefined && <Round moved={moved} />}
        </>
      }
      doors={
        <>
          {isEnded(job) && job.state !== 'done' && <Button onClick={onBack}>{t('create:job.back')}</Button>}
          <Button onClick={onClose}>{t('common:close')}</Button>
          {arrived && (
            <>
              <Button
                onClick={() =>
                  openDialog({
                    kind: 'migrate',
                    machines: [{ host: first.to, uuid: there.uuid }],
                    to: first.from,
                    networks: wayHome(moved.networks),
                  })
                }
              >
                {t('migrate:move.back')}
              </Button>
              <Button
                ref={door}
                variant="filled"
                onClick={() => {
                  onLeave();
                  closeDialog();
                  navigate({ page: 'machine', host: first.to, uuid: there.uuid, tab: 'overview' });
                }}
              >
                {t('migrate:move.openThere', { name: there.name, host: target })}
              </Button>
            </>
          )}
        </>
      }
    />
  );
}

/** Of a network that several became nobody knows which it was. */
function wayHome(networks: Moved['networks']): Moved['networks'] {
  const all = Object.entries(networks);
  return Object.fromEntries(
    all.flatMap(([was, is]) => (all.filter(([, other]) => other === is).length === 1 ? [[is, was]] : [])),
  );
}

/** Each machine of several, with its own job as soon as it is its turn. */
function Round({ moved }: { moved: Moved }) {
  const { t } = useTranslation('migrate');
  const jobs = useJobs();
  const round = jobs.find(({ id }) => id === moved.job);
  const since = round?.startedAt ?? 0;
  const isOver = round !== undefined && isEnded(round);
  return (
    <Group title={t('move.many')}>
      <ul style={{ display: 'grid', gap: 6, margin: 0, padding: 0, listStyle: 'none' }}>
        {moved.machines.map(({ uuid, name, from, to }) => {
          const own = jobs.find(
            (job) => job.kind === 'migrate' && job.uuid === uuid && job.startedAt >= since,
          );
          return (
            <li
              key={uuid}
              style={{
                display: 'grid',
                gridTemplateColumns: 'minmax(0, 1fr) 120px minmax(0, 1fr)',
                gap: 12,
                alignItems: 'center',
              }}
            >
              <span className="strong truncate">{name}</span>
              {own === undefined ? <span /> : <MachineProgress job={own} />}
              {own === undefined ? (
                <Waiting isOver={isOver} from={from} />
              ) : (
                <MachineWords job={own} to={to} />
              )}
            </li>
          );
        })}
      </ul>
    </Group>
  );
}

function Waiting({ isOver, from }: { isOver: boolean; from: string }) {
  const { t } = useTranslation('migrate');
  const host = useHost(from)?.name ?? '';
  return <span className="muted small">{isOver ? t('move.notBegun', { host }) : t('move.waits')}</span>;
}

function MachineProgress({ job }: { job: Job }) {
  return isEnded(job) ? <span /> : <JobProgress job={job} width="100%" />;
}

function MachineWords({ job, to }: { job: Job; to: string }) {
  const { t } = useTranslation('migrate');
  const host = useHost(to)?.name ?? '';
  const state = useJobState();
  const figures = useJobFigures(job);
  const meaning = useJobMeaning(job);
  const over =
    job.state === 'done' || hasGone(job) ? t('move.isOn', { host }) : (job.failure?.message ?? state(job));
  const text = isMoving(job) ? figures : (meaning ?? over);
  return <span className={isMoving(job) ? 'muted small num truncate' : 'muted small num'}>{text}</span>;
}
