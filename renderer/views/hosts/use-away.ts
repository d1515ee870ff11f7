import type { GuestAway } from '../../../main/contract/evacuate.ts';
import type { Host } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';
import { useJobs } from '../../state/activity.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useDomains } from '../../state/inventory.ts';
import { useAnswer } from '../../ui/use-answer.ts';

/** Machines of a host that an evacuation took elsewhere; none while it is not connected, or not known. */
export function useAway({ id, state }: Host): readonly GuestAway[] {
  const domains = useDomains();
  const jobs = useJobs();
  // Where machines are is known by what the hosts list; that they left their home is known when their round goes on.
  const places = domains.map((domain) => `${domain.host}/${domain.uuid}`).join(' ');
  const rounds = jobs
    .filter(({ kind }) => kind === 'evacuate')
    .map(({ progress, state: now }) => `${progress} ${now}`);
  const { value } = useAnswer((signal) => api.migrate.away({ host: id }, { signal }), {
    subject: id,
    version: `${places} ${rounds.join(' ')}`,
    enabled: state === 'connected',
  });
  return state === 'connected' ? (value ?? []) : [];
}

/** The sheet that moves them back. */
export function bringHome(host: string, away: readonly GuestAway[]): void {
  const machines = away.map(({ host: at, uuid }) => ({ host: at, uuid }));
  openDialog({ kind: 'migrate', machines, to: host });
}
