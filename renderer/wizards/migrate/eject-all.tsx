import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DomainRef } from '../../../main/contract/domain.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import type { Medium } from '../../../main/contract/migrate-ejects.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { HostLanes } from '../../views/machine/lifecycle/bulk.ts';
import { Note } from '../sheet/cards.tsx';
import classes from './migrate.module.css';

/** A machine that goes as soon as these are out of its drives. */
export interface Ejectable extends DomainRef {
  readonly name: string;
  readonly media: readonly Medium[];
}

/** Machines that nothing but CDs keep where they are: one button for all of them. Nothing where there are none. */
export function EjectAll({ machines, onDone }: { machines: readonly Ejectable[]; onDone: () => void }) {
  const { t } = useTranslation('migrate');
  const [asks, setAsks] = useState(false);
  const count = machines.length;
  if (count === 0 && !asks) return null;
  return (
    <>
      {count > 0 && (
        <Note tone="warn">
          <span className={classes['ejectAll']}>
            {t('ejectAll.only', { count })}
            <Button size="compact-xs" onClick={() => setAsks(true)}>
              {t('ejectAll.open', { count })}
            </Button>
          </span>
        </Note>
      )}
      {asks && <EjectDialog machines={machines} onDone={onDone} onClose={() => setAsks(false)} />}
    </>
  );
}

const fileOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function EjectDialog(props: { machines: readonly Ejectable[]; onDone: () => void; onClose: () => void }) {
  const { onDone, onClose } = props;
  const { t } = useTranslation(['migrate', 'common']);
  // As they were when it was asked: they get fewer while it is done.
  const [machines] = useState(props.machines);
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState<readonly Failure[]>([]);
  const count = machines.length;
  const eject = async (): Promise<void> => {
    setBusy(true);
    const failed = await ejectAll(machines);
    setFailures(failed);
    setBusy(false);
    onDone();
    if (failed.length === 0) onClose();
  };
  return (
    <Dialog title={t('migrate:ejectAll.title', { count })} onClose={onClose} zIndex={300}>
      <p>{t('migrate:ejectAll.text')}</p>
      <ul className={classes['ejects']}>
        {machines.map(({ host, uuid, name, media }) => (
          <li key={`${host}/${uuid}`}>
            <span className="strong">{name}</span>{' '}
            {media.map(({ target, path }) => (
              <span key={target} className="muted" title={path}>
                {t('migrate:ejectAll.medium', { name: fileOf(path), target })}{' '}
              </span>
            ))}
          </li>
        ))}
      </ul>
      {failures.map((failure) => (
        <FailureView key={failure.message} failure={failure} />
      ))}
      <DialogButtons>
        <Button onClick={onClose}>{t(failures.length > 0 ? 'common:close' : 'common:cancel')}</Button>
        <Button variant="filled" data-autofocus loading={busy} onClick={() => void eject()}>
          {t('migrate:ejectAll.do', { count })}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}

/** Those of a machine one after another; what is refused of one keeps no other. */
async function ejectAll(machines: readonly Ejectable[]): Promise<Failure[]> {
  const lanes = new HostLanes();
  const failed = await Promise.all(
    machines.map(({ host, uuid, media }) =>
      lanes
        .send(host, async () => {
          for (const { target } of media) await api.domain.eject({ host, uuid, target });
        })
        .then(
          () => [],
          (error: unknown) => [failureOf(error)],
        ),
    ),
  );
  return failed.flat();
}
