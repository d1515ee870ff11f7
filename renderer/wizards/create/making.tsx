import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { isEnded, useJob } from '../../state/activity.ts';
import { useDomain } from '../../state/inventory.ts';
import { navigate, type MachineTab } from '../../state/router.ts';
import { JobView } from '../sheet/job-view.tsx';

/** What `create.run` answered, and where. */
export interface Made {
  readonly job: string;
  readonly host: string;
  readonly machines: readonly { readonly name: string; readonly uuid: string }[];
}

/** The machine being made, and at the end the doors to it. */
export function Making(props: {
  made: Made;
  onBack: () => void;
  /** The page changes: the keyboard goes there, and not back to what opened the sheet. */
  onLeave: () => void;
  onClose: () => void;
}) {
  const { made, onBack, onLeave, onClose } = props;
  const { t } = useTranslation(['create', 'common']);
  const job = useJob(made.job);
  const [first] = made.machines;
  const last = made.machines.at(-1);
  const domain = useDomain(made.host, first?.uuid ?? '');
  const there = job?.state === 'done' && domain !== undefined;
  const running = domain?.state === 'running';
  // An installer that asks does so while its job waits for it.
  const installing = running && job?.state === 'running';
  const door = useRef<HTMLButtonElement>(null);
  // Enter goes through the door as soon as it is there: to the page, and from the start on to the console.
  useEffect(() => {
    if (there) door.current?.focus({ preventScroll: true });
  }, [there, running]);
  if (job === undefined || first === undefined || last === undefined) return null;
  const go = (tab: MachineTab): void => {
    onLeave();
    onClose();
    navigate({ page: 'machine', host: made.host, uuid: first.uuid, tab });
  };
  const title =
    first === last ? first.name : t('create:digest.fromTo', { first: first.name, last: last.name });
  return (
    <JobView
      job={job}
      title={title}
      doors={
        <>
          {isEnded(job) && job.state !== 'done' && <Button onClick={onBack}>{t('create:job.back')}</Button>}
          <Button onClick={onClose}>{t('common:close')}</Button>
          {there && (
            <Button
              {...(running ? {} : { ref: door })}
              variant={running ? 'default' : 'filled'}
              onClick={() => go('overview')}
            >
              {t('create:job.open', { name: first.name })}
            </Button>
          )}
          {installing && (
            <Button variant="filled" onClick={() => go('console')}>
              {t('create:job.console')}
            </Button>
          )}
          {there && running && (
            <Button ref={door} variant="filled" onClick={() => go('console')}>
              {t('create:job.console')}
            </Button>
          )}
        </>
      }
    />
  );
}
