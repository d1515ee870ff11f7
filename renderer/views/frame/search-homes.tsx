import { IconHome } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { DomainRef } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useAnswer } from '../../ui/use-answer.ts';
import { find, wordsAfter } from '../machines/find.ts';
import { Line } from './search-line.tsx';

/** A host, and its machines that an evacuation took elsewhere; at least one. */
export interface Home {
  readonly host: Host;
  readonly away: readonly DomainRef[];
}

/** “bring home”, “home kvm-a”: hosts whose machines are elsewhere. Only while that is asked for the core is, too. */
export function useHomes(hosts: readonly Host[], query: string): readonly Home[] {
  const rest = wordsAfter('bring home', query) ?? wordsAfter('home', query);
  const connected = rest === null ? [] : hosts.filter(({ state }) => state === 'connected');
  const asked = find({ domains: [], hosts: connected }, { text: rest ?? '', limit: connected.length }).hosts;
  const { value } = useAnswer(
    (signal) => Promise.all(asked.map(({ id: host }) => api.migrate.away({ host }, { signal }))),
    { subject: asked.map(({ id }) => id).join(' '), enabled: asked.length > 0 },
  );
  if (value === null) return [];
  return asked.flatMap((host, index) => {
    const away = value[index] ?? [];
    return away.length === 0 ? [] : [{ host, away }];
  });
}

export function HomeLine({ home: { host, away } }: { home: Home }) {
  const { t } = useTranslation('evacuate');
  const machines = away.map(({ host: at, uuid }) => ({ host: at, uuid }));
  return (
    <Line
      icon={<IconHome size={16} stroke={1.75} />}
      text={t('homeLine', { count: away.length, name: host.name })}
      onChoose={() => openDialog({ kind: 'migrate', machines, to: host.id })}
    />
  );
}
