import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../main/contract/domain.ts';
import type { Host } from '../../main/contract/host.ts';
import { domainTone, silentSince, toldReason } from './domain-state.ts';

type Named = Pick<Domain, 'state' | 'reason' | 'managedSave'>;

/** "Running", "Paused: disk error"… `t` must know the namespace `state`. */
export function stateWord(domain: Named, t: TFunction<['common', 'state']>): string {
  if (domain.state === 'shutoff' && domain.managedSave) return t('state:saved');
  const word = t(`state:domain.${domain.state}`);
  const reason = toldReason(domain);
  if (reason === 'migration') return t('state:leftBehind');
  return reason === null ? word : `${word}: ${t(`state:reason.${reason}`, { defaultValue: domain.reason })}`;
}

export function useStateWord(): (domain: Named) => string {
  const { t } = useTranslation(['common', 'state']);
  return (domain) => stateWord(domain, t);
}

/** The word of a machine's state, red when it is a fault. */
export function StateWord({ domain }: { domain: Named }) {
  const word = useStateWord()(domain);
  return (
    <span style={domainTone(domain) === 'bad' ? { color: 'var(--bad)' } : undefined} title={word}>
      {word}
    </span>
  );
}

export function useHostWord(): (host: Pick<Host, 'state' | 'silentSince'>) => string {
  const { t } = useTranslation('state');
  return (host) => t(silentSince(host) === null ? `host.${host.state}` : 'silent');
}
