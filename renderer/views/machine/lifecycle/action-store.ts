import i18next from 'i18next';
import { useCallback, useSyncExternalStore } from 'react';
import type { DomainRef } from '../../../../main/contract/domain.ts';
import type { Failure } from '../../../../main/contract/failure.ts';
import { api } from '../../../api/client.ts';
import { BridgeError, failureOf } from '../../../api/failure.ts';
import { jobEnd } from '../../../state/activity.ts';
import { inventory } from '../../../state/inventory.ts';
import { parseRoute } from '../../../state/router.ts';
import { domainKey } from '../../../state/store.ts';
import { notifyFailure } from '../../../ui/notify.tsx';
import type { ActionId } from './availability.ts';
import { HostLanes } from './bulk.ts';
import { PendingActions, type ActionState } from './pending.ts';

/** The actions under way of this window. */
export const pendingActions = new PendingActions({
  domain: (key) => inventory.domain(key),
  watchDomain: (key, listener) => inventory.watchDomain(key, listener),
  failureOf,
  stillRuns: (name, minutes) => i18next.t('machine:stillRuns', { name, minutes }),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
});

export function useActionState({ host, uuid }: DomainRef): ActionState {
  const key = domainKey(host, uuid);
  const subscribe = useCallback((listener: () => void) => pendingActions.subscribe(key, listener), [key]);
  return useSyncExternalStore(subscribe, () => pendingActions.state(key));
}

/** Every action but `delete`, which needs the volumes, and the two of templates, whose questions are their own. */
export type PlainActionId = Exclude<ActionId, 'delete' | 'keepTemplate' | 'releaseTemplate'>;

/** Asks the host for an action; how it goes is in the machine's ActionState, and a failure that no page in front shows is told beside it. */
export function requestAction(action: PlainActionId, ref: DomainRef): void {
  request(action, ref, (machine) => callOf(action, machine));
}

/** Resumes what a migration paused, once the host that it was going to was asked. */
export function requestResume(ref: DomainRef, movedTo: string): void {
  request('resume', ref, async (machine) => {
    await api.domain.resume({ ...machine, movedTo });
    return null;
  });
}

function request(
  action: PlainActionId,
  { host, uuid }: DomainRef,
  call: (ref: DomainRef) => Promise<string | null>,
): void {
  const ref = { host, uuid };
  const key = domainKey(host, uuid);
  void pendingActions.run(key, action, () => call(ref));
  void pendingActions.settled(key, action).then((failure) => {
    if (failure !== null && !isInSight(ref)) notifyFailure(new BridgeError(failure));
  });
}

/** The list and the machine's own page show what did not happen. */
function isInSight({ host, uuid }: DomainRef): boolean {
  const route = parseRoute(location.hash);
  return (
    route.page === 'machines' || (route.page === 'machine' && route.host === host && route.uuid === uuid)
  );
}

/** Keeps a machine as a template. */
export function requestKeep({ host, uuid }: DomainRef): void {
  void pendingActions.run(domainKey(host, uuid), 'keepTemplate', async () => {
    await api.template.keep({ host, uuid });
    return null;
  });
}

const lanes = new HostLanes();

/**
 * The same of one of several machines: pending from now on, sent in its turn. Resolves when the host has shown the result, or with why
 * there is none.
 */
export async function requestInTurn(
  action: PlainActionId,
  { host, uuid }: DomainRef,
): Promise<Failure | null> {
  const ref = { host, uuid };
  const key = domainKey(host, uuid);
  const job = await pendingActions.run(key, action, () => lanes.send(host, () => callOf(action, ref)));
  if (job !== null) {
    const ended = await jobEnd(job);
    pendingActions.jobEnded(key, ended.id, ended.failure);
  }
  return pendingActions.settled(key, action);
}

async function callOf(action: PlainActionId, ref: DomainRef): Promise<string | null> {
  switch (action) {
    case 'save':
      return (await api.domain.save(ref)).job;
    case 'restore':
      return (await api.domain.restore(ref)).job;
    case 'start':
      await api.domain.start(ref);
      return null;
    case 'startPaused':
      await api.domain.start({ ...ref, paused: true });
      return null;
    case 'shutdown':
      await api.domain.shutdown({ ...ref, mode: 'acpi' });
      return null;
    case 'shutdownAgent':
      await api.domain.shutdown({ ...ref, mode: 'agent' });
      return null;
    case 'reboot':
      await api.domain.reboot({ ...ref, mode: 'acpi' });
      return null;
    case 'rebootAgent':
      await api.domain.reboot({ ...ref, mode: 'agent' });
      return null;
    case 'reset':
      await api.domain.reset(ref);
      return null;
    case 'destroy':
      await api.domain.destroy(ref);
      return null;
    case 'suspend':
      await api.domain.suspend(ref);
      return null;
    case 'resume':
      await api.domain.resume(ref);
      return null;
    case 'discardSaved':
      await api.domain.discardSaved(ref);
      return null;
    case 'autostartOn':
      await api.domain.setAutostart({ ...ref, autostart: true });
      return null;
    case 'autostartOff':
      await api.domain.setAutostart({ ...ref, autostart: false });
      return null;
  }
}
