import { notifications } from '@mantine/notifications';
import { useTranslation } from 'react-i18next';
import type { DeletionPlan, Domain } from '../../../../main/contract/domain.ts';
import { api } from '../../../api/client.ts';
import { BridgeError } from '../../../api/failure.ts';
import { jobEnd } from '../../../state/activity.ts';
import { inventory, useHost } from '../../../state/inventory.ts';
import { listOrder, neighbour } from '../../../state/list-order.ts';
import { navigate, parseRoute } from '../../../state/router.ts';
import { domainKey } from '../../../state/store.ts';
import { setUi, ui } from '../../../state/ui.ts';
import { notifyFailure } from '../../../ui/notify.tsx';
import { pendingActions } from './action-store.ts';
import { outcome } from './delete-plan.ts';

/**
 * Deletes the machine and the chosen volumes of its plan (by their keys). When it is gone its page gives way to the list, at the row
 * after it; what became of its disks is told when the job has ended.
 */
export function requestDelete(domain: Domain, plan: DeletionPlan, chosen: ReadonlySet<string>): void {
  const { host, uuid } = domain;
  const key = domainKey(host, uuid);
  void pendingActions.run(key, 'delete', async () => {
    const { managedSave, snapshots, checkpoints, nvram, tpm, unseen } = plan;
    const shown = { managedSave, snapshots, checkpoints, nvram: nvram !== null, tpm, unseen };
    const { job } = await api.domain.delete({
      host,
      uuid,
      volumes: [...chosen],
      force: plan.running,
      shown,
    });
    void follow(job, domain, outcome(plan, chosen));
    return job;
  });
}

interface Outcome {
  readonly deleted: number;
  readonly kept: number;
}

/** The host's own event may come after the end of the job that caused it, but not long after. */
const PATCH_LIMIT_MS = 5000;

async function follow(job: string, domain: Domain, disks: Outcome): Promise<void> {
  const order = listOrder.get();
  const { left, stop } = whenGone(domainKey(domain.host, domain.uuid), (key) =>
    leavePage(
      domain,
      neighbour(order, key, (one) => inventory.domain(one) !== undefined),
    ),
  );
  const { state, failure } = await jobEnd(job);
  if (state === 'done') {
    await left;
    notifications.show({ message: <Deleted domain={domain} disks={disks} /> });
    return;
  }
  // The machine may be gone, and only files of it have stayed: then its page cannot say so any more.
  const timer = setTimeout(stop, PATCH_LIMIT_MS);
  if ((await left) && failure !== null) notifyFailure(new BridgeError(failure));
  clearTimeout(timer);
}

/** Calls `leave` once when the machine is gone. `left` tells whether it came to that before `stop`. */
function whenGone(key: string, leave: (key: string) => void): { left: Promise<boolean>; stop: () => void } {
  let stop = (): void => undefined;
  const left = new Promise<boolean>((resolve) => {
    const look = (): void => {
      if (inventory.domain(key) !== undefined) return;
      unwatch();
      leave(key);
      resolve(true);
    };
    const unwatch = inventory.watchDomain(key, look);
    stop = () => {
      unwatch();
      resolve(false);
    };
    look();
  });
  return { left, stop };
}

/** The machine's row and page give way to the row after it. */
function leavePage({ host, uuid }: Domain, next: string | null): void {
  const route = parseRoute(location.hash);
  const onItsPage = route.page === 'machine' && route.host === host && route.uuid === uuid;
  if (onItsPage || ui.get().selected === domainKey(host, uuid)) setUi({ selected: next });
  if (onItsPage) navigate({ page: 'machines' }, { replace: true });
}

function Deleted({ domain, disks }: { domain: Domain; disks: Outcome }) {
  const { t } = useTranslation('machine');
  const host = useHost(domain.host)?.name ?? domain.host;
  return (
    <>
      {t('deleted.text', { name: domain.name, host })} {disksText(disks, t)}
    </>
  );
}

function disksText({ deleted, kept }: Outcome, t: ReturnType<typeof useTranslation<'machine'>>['t']): string {
  if (deleted === 0) return kept === 0 ? '' : t('deleted.kept', { count: kept });
  return kept === 0 ? t('deleted.gone', { count: deleted }) : t('deleted.both', { count: deleted, kept });
}
