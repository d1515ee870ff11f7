import { Button } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain, DomainDetail } from '../../../../main/contract/domain.ts';
import type { VirtioInput } from '../../../../main/contract/p2v.ts';
import { api } from '../../../api/client.ts';
import { isEnded, useJobs } from '../../../state/activity.ts';
import { FailureView } from '../../../ui/failure-view.tsx';
import { useSubmit } from '../../../ui/use-submit.ts';
import { CancelJob } from '../../frame/cancel-job.tsx';
import { Interrupted, JobSteps } from '../../frame/job-steps.tsx';
import { FinishStep, PrepareStep } from './virtio-steps.tsx';
import classes from './virtio-card.module.css';
import overview from './overview.module.css';

type State = NonNullable<DomainDetail['toVirtio']> | 'done';

/** A machine of Windows on its way to virtio: what each step is, what it will change, and how far it is. Nothing for other machines. */
export function VirtioCard({ domain, state }: { domain: Domain; state: DomainDetail['toVirtio'] | null }) {
  const { t } = useTranslation('virtio');
  const { name, uuid } = domain;
  const [open, setOpen] = useState(false);
  const [begun, setBegun] = useState<{ readonly job: string; readonly act: VirtioInput['act'] } | null>(null);
  const region = useRef<HTMLElement>(null);
  const submit = useSubmit(() => region.current?.focus({ preventScroll: true }));
  const job = useJobs().find((one) => one.kind === 'p2v.virtio' && one.uuid === uuid);
  const mine = job !== undefined && (job.id === begun?.job || !isEnded(job)) ? job : undefined;
  const busy = mine !== undefined && !isEnded(mine);
  const at = state ?? (mine?.state === 'done' && begun?.act === 'finish' ? 'done' : null);
  if (at === null && (mine === undefined || mine.state === 'done')) return null;
  if (at === 'plain' && !open && mine === undefined)
    return (
      <div className={overview['seed']} role="note">
        <span>{t('offer')}</span>
        <Button size="compact-xs" onClick={() => setOpen(true)}>
          {t('begin')}
        </Button>
      </div>
    );
  const start = async (input: VirtioInput): Promise<void> =>
    setBegun({ job: (await api.p2v.virtio(input)).job, act: input.act });
  const run = (input: VirtioInput): void => submit.run(() => start(input));
  const part = { domain, busy: submit.busy, onRun: run };
  return (
    <section ref={region} className={overview['card']} aria-label={t('title')} tabIndex={-1}>
      <h2>{t('title')}</h2>
      {at !== 'done' && <p className={classes['intro']}>{t('intro', { name })}</p>}
      <ol className={classes['steps']}>
        <Step id="prepare" number={1} state={at} during="plain">
          <p>{t('prepareText')}</p>
          {!busy && <PrepareStep {...part} onClose={() => setOpen(false)} />}
        </Step>
        <Step id="install" number={2} state={at} during="prepared">
          <p>{t('installText', { name })}</p>
        </Step>
        <Step id="finish" number={3} state={at} during="prepared">
          <p>{t('finishText')}</p>
          {!busy && <FinishStep {...part} onDrop={start} />}
        </Step>
      </ol>
      {mine !== undefined && mine.state !== 'done' && (
        <div className={classes['job']}>
          {mine.failure !== null && isEnded(mine) && <FailureView failure={mine.failure} />}
          {mine.state === 'interrupted' && <Interrupted job={mine} />}
          <JobSteps job={mine} />
          {mine.state === 'running' && mine.cancellable && <CancelJob job={mine} />}
        </div>
      )}
      {submit.failure !== null && <FailureView failure={submit.failure} />}
      {at === 'done' && (
        <p className={classes['intro']} role="status">
          {t('doneText', { name })}
        </p>
      )}
    </section>
  );
}

const ORDER: readonly State[] = ['plain', 'prepared', 'done'];

/** `during`: the state in which it is to be done; its content is shown then. */
function Step(props: {
  id: 'prepare' | 'install' | 'finish';
  number: number;
  state: State | null;
  during: State;
  children: ReactNode;
}) {
  const { id, number, state, during, children } = props;
  const { t } = useTranslation('virtio');
  const far = ORDER.indexOf(state ?? 'done') - ORDER.indexOf(during);
  const told = far > 0 ? 'done' : far === 0 ? 'current' : 'later';
  return (
    <li className={classes['step']} data-state={told} aria-current={told === 'current' ? 'step' : undefined}>
      <span className={classes['mark']} aria-hidden="true">
        {told === 'done' ? <IconCheck size={12} stroke={2.5} /> : number}
      </span>
      <div className={classes['body']}>
        <h3>
          {t(`step.${id}`)} <span className="sr-only">{t(`state.${told}`)}</span>
        </h3>
        {told === 'current' && children}
      </div>
    </li>
  );
}
