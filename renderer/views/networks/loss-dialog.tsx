import { Button, Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Network, NetworkUser } from '../../../main/contract/network.ts';
import { api } from '../../api/client.ts';
import { BridgeError } from '../../api/failure.ts';
import { jobEnd } from '../../state/activity.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { StateDot } from '../../ui/state-dot.tsx';
import { useAnswer } from '../../ui/use-answer.ts';
import { useSubmit } from '../../ui/use-submit.ts';
import { dropOutcome } from './dialogs.ts';
import classes from './sheet/sheet.module.css';

/** Asks before a network is stopped, started anew or deleted, and names whom that cuts off: read from the host at this moment. */
export function LossDialog(props: {
  what: 'stop' | 'delete' | 'restart';
  network: Network;
  onClose: () => void;
}) {
  const { what, network, onClose } = props;
  const { host, uuid, name } = network;
  const { t } = useTranslation(['networks', 'common']);
  const loss = useAnswer((signal) => api.network.loss({ host, uuid }, { signal }), {
    subject: `${host}/${uuid}`,
  });
  const submit = useSubmit(() => undefined);
  const run = async (): Promise<void> => {
    if (what === 'delete') await api.network.delete({ host, uuid });
    if (what === 'stop') await api.network.stop({ host, uuid });
    if (what === 'restart') {
      const { failure } = await jobEnd((await api.network.restart({ host, uuid })).job);
      if (failure !== null) throw new BridgeError(failure);
    }
    dropOutcome(network);
    onClose();
  };
  const users = loss.value?.users ?? null;
  return (
    <Dialog title={t(`networks:loss.title.${what}`, { name })} size={520} onClose={onClose}>
      {loss.failure !== null && <FailureView failure={loss.failure} />}
      {users === null && loss.failure === null && <Skeleton height={72} />}
      {users !== null && <Users what={what} active={network.active} users={users} />}
      {what === 'delete' && <p className={classes['note']}>{t('networks:loss.definition')}</p>}
      {submit.failure !== null && <FailureView failure={submit.failure} />}
      <DialogButtons>
        <Button onClick={onClose} data-autofocus>
          {t('common:cancel')}
        </Button>
        <Button
          variant="filled"
          color="bad"
          disabled={users === null}
          loading={submit.busy}
          onClick={() => submit.run(run)}
        >
          {t(`networks:action.${what}`)}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}

function Users(props: {
  what: 'stop' | 'delete' | 'restart';
  active: boolean;
  users: readonly NetworkUser[];
}) {
  const { what, active, users } = props;
  const { t } = useTranslation('networks');
  const hit = users.filter(({ running }) => running && active);
  const later = what === 'restart' ? [] : users.filter((user) => !hit.includes(user));
  if (hit.length + later.length === 0)
    return <p className={classes['note']}>{t(users.length === 0 ? 'loss.nobody' : 'loss.noneRunning')}</p>;
  return (
    <>
      {hit.length > 0 && (
        <div>
          <p className={classes['lead']}>{t('loss.cutOff', { count: hit.length })}</p>
          <UserList users={hit} />
          <p className={classes['note']}>{t(`loss.until.${what}`)}</p>
        </div>
      )}
      {later.length > 0 && (
        <div>
          <p className={classes['lead']}>{t('loss.cannotStart', { count: later.length })}</p>
          <UserList users={later} />
        </div>
      )}
    </>
  );
}

function UserList({ users }: { users: readonly NetworkUser[] }) {
  return (
    <ul className={classes['users']}>
      {users.map(({ uuid, name, mac, running, addresses }) => (
        <li key={`${uuid} ${mac}`}>
          <StateDot tone={running ? 'ok' : 'off'} />
          <span>{name}</span>
          <span className="mono faint">{addresses[0] ?? mac}</span>
        </li>
      ))}
    </ul>
  );
}
