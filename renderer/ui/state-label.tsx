import { useTranslation } from 'react-i18next';
import type { Domain } from '../../main/contract/domain.ts';
import type { Host } from '../../main/contract/host.ts';
import { domainTone, toldReason } from './domain-state.ts';

/** "Running", "Paused: disk error"… */
export function useStateWord(): (domain: Pick<Domain, 'state' | 'reason' | 'managedSave'>) => string {
  const { t } = useTranslation('state');
  return (domain) => {
    if (domain.state === 'shutoff' && domain.managedSave) return t('saved');
    const word = t(`domain.${domain.state}`);
    const reason = toldReason(domain);
    return reason === null ? word : `${word}: ${t(`reason.${reason}`, { defaultValue: domain.reason })}`;
  };
}

/** The word of a machine's state, red when it is a fault. */
export function StateWord({ domain }: { domain: Pick<Domain, 'state' | 'reason' | 'managedSave'> }) {
  const word = useStateWord()(domain);
  return (
    <span style={domainTone(domain) === 'bad' ? { color: 'var(--bad)' } : undefined} title={word}>
      {word}
    </span>
  );
}

export function useHostWord(): (host: Pick<Host, 'state'>) => string {
  const { t } = useTranslation('state');
  return (host) => t(`host.${host.state}`);
}
