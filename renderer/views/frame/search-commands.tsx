import { IconArrowRight, IconDeviceDesktop, IconExternalLink } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';
import { useJobs } from '../../state/activity.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useDomains, useHosts } from '../../state/inventory.ts';
import { navigate, useRoute } from '../../state/router.ts';
import { domainKey } from '../../state/store.ts';
import { useUi } from '../../state/ui.ts';
import { useDomainActions, useSheetAction, type ActionId, type SheetId } from '../machine/actions.tsx';
import { find, wordsAfter } from '../machines/find.ts';
import { findCommands, isSheet, type CommandId, type FoundCommand } from './find-commands.ts';
import { Line } from './search-line.tsx';

const LIMIT = 12;
const ICON = { size: 16, stroke: 1.75 };

/** What can be done to machines and hosts, by the words of their menus: “shut down web”, “evacuate kvm”. */
export function useCommands(query: string): readonly FoundCommand[] {
  const { t } = useTranslation('commands');
  const domains = useDomains();
  const hosts = useHosts();
  const jobs = useJobs();
  const route = useRoute();
  const selected = useUi('selected');
  const chosen = route.page === 'machine' ? domainKey(route.host, route.uuid) : selected;
  return useMemo(() => {
    const wordsOf = (id: CommandId): string[] => t(`words.${id}`).split(', ');
    return findCommands({ domains, hosts, jobs, chosen }, wordsOf, { text: query, limit: LIMIT });
  }, [domains, hosts, jobs, chosen, query, t]);
}

/** “evacuate kvm”: hosts that can be emptied. */
export function evacuationsOf(hosts: readonly Host[], query: string): readonly Host[] {
  const rest = wordsAfter('evacuate', query);
  if (rest === null) return [];
  const connected = hosts.filter(({ state }) => state === 'connected');
  return find({ domains: [], hosts: connected }, { text: rest, limit: LIMIT }).hosts;
}

export function EvacuateLine({ host: { id, name } }: { host: Host }) {
  const { t } = useTranslation('evacuate');
  return (
    <Line
      icon={<IconArrowRight {...ICON} />}
      text={t('paletteLine', { name })}
      onChoose={() => openDialog({ kind: 'evacuate', host: id })}
    />
  );
}

/** `onLeave`: the page is where the keyboard goes. */
export function CommandLine({ command, onLeave }: { command: FoundCommand; onLeave: () => void }) {
  const { id, domain, named } = command;
  if (id === 'open' || id === 'console') return <PageLine id={id} domain={domain} onLeave={onLeave} />;
  if (isSheet(id)) return <SheetLine id={id} domain={domain} />;
  return <ActionLine id={id} domain={domain} named={named} />;
}

function PageLine(props: { id: 'open' | 'console'; domain: Domain; onLeave: () => void }) {
  const { id, domain, onLeave } = props;
  const { t } = useTranslation('commands');
  const { host, uuid, name } = domain;
  const Icon = id === 'open' ? IconExternalLink : IconDeviceDesktop;
  return (
    <Line
      icon={<Icon {...ICON} />}
      text={t(`line.${id}`, { name })}
      host={host}
      onChoose={() => {
        onLeave();
        navigate({ page: 'machine', host, uuid, tab: id === 'open' ? 'overview' : 'console' });
      }}
    />
  );
}

function SheetLine({ id, domain }: { id: SheetId; domain: Domain }) {
  const { t } = useTranslation('commands');
  const { Icon, reasonDisabled, run } = useSheetAction(id, domain);
  return (
    <Line
      icon={<Icon {...ICON} />}
      text={t(`line.${id}`, { name: domain.name })}
      host={domain.host}
      reason={reasonDisabled}
      onChoose={run}
    />
  );
}

function ActionLine({ id, domain, named }: { id: ActionId; domain: Domain; named: boolean }) {
  const { t } = useTranslation('commands');
  const item = useDomainActions(domain).find(({ action }) => action === id);
  if (item === undefined) return null;
  const { icon, enabled, pending, reasonDisabled, run } = item;
  return (
    <Line
      icon={icon}
      text={t(`line.${id}`, { name: domain.name })}
      host={domain.host}
      reason={pending ? t('pending') : reasonDisabled}
      off={!enabled}
      // Who names no machine is shown which one it is before anything happens to it.
      onChoose={() => run({ ask: !named })}
    />
  );
}
