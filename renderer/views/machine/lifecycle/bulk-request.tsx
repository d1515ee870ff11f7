import { notifications } from '@mantine/notifications';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../../main/contract/failure.ts';
import { domainKey } from '../../../state/store.ts';
import { requestInTurn } from './action-store.ts';
import { actionFor, type BulkAction, type BulkItem } from './bulk.ts';
import classes from './lifecycle.module.css';

interface Failed {
  readonly key: string;
  readonly failure: Failure;
}

let rounds = 0;

/**
 * Asks for an action of several machines, at most four at once of each host. Their rows show what is pending; what did not happen is
 * listed in one notification with each machine's reason, and grows as the answers come.
 */
export function requestMany({ action, domains }: BulkItem): void {
  rounds += 1;
  const id = `many-${rounds}`;
  const all: Failed[] = [];
  for (const domain of domains)
    void requestInTurn(actionFor(action, domain), domain).then((failure) => {
      if (failure === null) return;
      all.push({ key: domainKey(domain.host, domain.uuid), failure });
      const message = <Failures action={action} count={domains.length} all={[...all]} />;
      const shown = { id, message, autoClose: false as const, withBorder: true, color: 'var(--bad)' };
      // The first opens it; for the others it is there, unless somebody has put it away.
      notifications.show(shown);
      notifications.update(shown);
    });
}

function Failures({ action, count, all }: { action: BulkAction; count: number; all: readonly Failed[] }) {
  const { t } = useTranslation('machine');
  return (
    <div>
      <b>{t(`many.failed.${action}`, { failed: all.length, count })}</b>
      <ul className={classes['manyFailed']} aria-label={t('many.list')} tabIndex={0}>
        {all.map(({ key, failure }) => (
          <li key={key}>
            {failure.message}
            <div className={classes['virsh']}>{failure.libvirt?.message ?? failure.detail}</div>
          </li>
        ))}
      </ul>
    </div>
  );
}
