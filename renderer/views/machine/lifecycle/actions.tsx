import { Loader } from '@mantine/core';
import { useEffect, useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { useHost } from '../../../state/inventory.ts';
import { isEnded, useJobs, useMove } from '../../../state/activity.ts';
import { domainKey } from '../../../state/store.ts';
import { pendingActions, requestAction, useActionState } from './action-store.ts';
import {
  ACTION_IDS,
  DANGEROUS,
  INTERRUPTING,
  isListed,
  whyDisabled,
  whyMoving,
  type ActionId,
} from './availability.ts';
import { askBeforeAction } from './confirm.tsx';
import { openDeleteDialog } from './delete-dialog.tsx';
import { ACTION_ICONS } from './icons.tsx';
import { openKeepDialog, openReleaseDialog } from './template-dialogs.tsx';
import { shellLine, type ShellLine } from './virsh-lines.ts';

export interface DomainActionItem {
  readonly action: ActionId;
  readonly label: string;
  /** A spinner while it is pending. */
  readonly icon: ReactNode;
  readonly enabled: boolean;
  /** Why it cannot be chosen now, as a sentence. */
  readonly reasonDisabled: string | null;
  /** A menu lists it in the machine's present state. */
  readonly listed: boolean;
  readonly danger: boolean;
  /** Asked for, and the host has not shown the result yet. */
  readonly pending: boolean;
  /** The same as a line for a shell; null where it depends on a choice that is still to be made. */
  readonly virsh: ShellLine | null;
  /** Does it; those that destroy something or interrupt the guest ask first, and so does any when `ask` is true. Does nothing while it is disabled or pending. */
  readonly run: (options?: { readonly ask?: boolean }) => void;
}

/** All that can ever be done to a machine, in the menu's order. Undefined (a machine that is gone): nothing. */
export function useDomainActions(domain: Domain | undefined): readonly DomainActionItem[] {
  const { t } = useTranslation('machine');
  const ref = { host: domain?.host ?? '', uuid: domain?.uuid ?? '' };
  const host = useHost(ref.host);
  const { pending } = useActionState(ref);
  useJobResults(ref.host, ref.uuid, pending);
  const connected = host?.state === 'connected';
  const move = useMove(ref.uuid);
  const moving = move?.state ?? null;
  const from = useHost(move?.host ?? '')?.name ?? '';
  const to = useHost(move?.hosts?.[1] ?? '')?.name ?? '';
  const uri = host?.uri ?? '';
  const keyFile = host?.keyFile ?? null;
  return useMemo(() => {
    if (domain === undefined) return [];
    return ACTION_IDS.map((action): DomainActionItem => {
      const reason = whyDisabled(action, domain, connected) ?? whyMoving(action, moving);
      const isPending = pending.includes(action);
      const Icon = ACTION_ICONS[action];
      return {
        action,
        label: t(action === 'resume' && domain.state === 'pmsuspended' ? 'action.wake' : `action.${action}`),
        icon: isPending ? <Loader size={14} color="currentColor" /> : <Icon size={16} stroke={1.75} />,
        enabled: reason === null && !isPending,
        reasonDisabled:
          reason === null ? null : t(`disabled.${reason}`, { host: host?.name ?? domain.host, from, to }),
        listed: isListed(action, domain),
        danger: DANGEROUS.has(action),
        pending: isPending,
        virsh: shellLine(action, { uri, keyFile }, domain),
        run: (options) => {
          if (reason === null && !isPending) start(action, domain, options?.ask === true);
        },
      };
    });
  }, [domain, connected, uri, keyFile, pending, host?.name, moving, from, to, t]);
}

function start(action: ActionId, domain: Domain, ask: boolean): void {
  if (action === 'delete') openDeleteDialog(domain);
  else if (action === 'keepTemplate') openKeepDialog(domain);
  else if (action === 'releaseTemplate') openReleaseDialog(domain);
  else if (ask || DANGEROUS.has(action) || INTERRUPTING.has(action)) askBeforeAction(action, domain);
  else requestAction(action, domain);
}

/** A job tells in the activity stream how it ended, not in its call. */
function useJobResults(host: string, uuid: string, pending: readonly ActionId[]): void {
  const jobs = useJobs();
  useEffect(() => {
    if (pending.length === 0) return;
    for (const job of jobs)
      if (job.host === host && job.uuid === uuid && isEnded(job))
        pendingActions.jobEnded(domainKey(host, uuid), job.id, job.failure);
  }, [jobs, host, uuid, pending]);
}
