import { Button, Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../main/contract/domain.ts';
import { useHost } from '../state/inventory.ts';
import { FailureView } from '../ui/failure-view.tsx';
import { useNow } from '../ui/time.tsx';
import { useDomainActions } from '../views/machine/actions.tsx';
import classes from './consoles.module.css';
import type { LinkPhase } from './reconnector.ts';

export interface PhaseOverlayProps {
  readonly domain: Domain;
  readonly phase: LinkPhase;
  readonly onRetry: () => void;
  /** In place of the usual view of a failure that the console knows better (a busy serial port). */
  readonly held?: ReactNode;
}

/** What stands over a console that is not connected: why, and what helps. */
export function PhaseOverlay({ domain, phase, onRetry, held }: PhaseOverlayProps) {
  const { t } = useTranslation('console');
  switch (phase.kind) {
    case 'connected':
      return null;
    case 'trying':
      return (
        <Box>
          <Loader size={18} color="#cfd8e3" />
          <span>{t('phase.trying')}</span>
        </Box>
      );
    case 'waiting':
      return <Waiting until={phase.until} onRetry={onRetry} />;
    case 'unavailable':
      return <Unavailable domain={domain} />;
    case 'held':
      return held === undefined ? <Held phase={phase} onRetry={onRetry} /> : <Box>{held}</Box>;
  }
}

function Box({ children }: { children: ReactNode }) {
  return (
    <div className={classes['overlay']} role="status">
      <div className={classes['overlayBox']}>{children}</div>
    </div>
  );
}

function Waiting({ until, onRetry }: { until: number; onRetry: () => void }) {
  const { t } = useTranslation('console');
  const seconds = Math.ceil((until - useNow()) / 1000);
  return (
    <Box>
      <span>{seconds > 0 ? t('phase.waiting', { seconds }) : t('phase.waitingNow')}</span>
      <Button onClick={onRetry}>{t('phase.now')}</Button>
    </Box>
  );
}

function Unavailable({ domain }: { domain: Domain }) {
  const { t } = useTranslation('console');
  const host = useHost(domain.host);
  const items = useDomainActions(domain);
  const wanted = domain.managedSave ? 'restore' : 'start';
  const start = items.find(({ action }) => action === wanted);
  if (host?.state !== 'connected') return <Box>{t('phase.away', { host: host?.name ?? domain.host })}</Box>;
  return (
    <Box>
      <span>{t('phase.off', { name: domain.name })}</span>
      {start !== undefined && (
        <Button
          variant="filled"
          leftSection={start.icon}
          disabled={!start.enabled}
          aria-busy={start.pending}
          onClick={() => start.run()}
        >
          {start.label}
        </Button>
      )}
    </Box>
  );
}

function Held({ phase, onRetry }: { phase: LinkPhase & { kind: 'held' }; onRetry: () => void }) {
  const { t } = useTranslation('console');
  const { failure } = phase;
  if (failure === null || failure.message === '')
    return (
      <Box>
        <span>{failure?.code === 'CONFLICT' ? t('phase.taken') : t('phase.closed')}</span>
        <Button onClick={onRetry}>{t('phase.again')}</Button>
      </Box>
    );
  return (
    <div className={classes['overlay']}>
      <div className={classes['overlayFailure']}>
        <FailureView failure={failure}>
          <Button size="compact-xs" onClick={onRetry}>
            {t('phase.again')}
          </Button>
        </FailureView>
      </div>
    </div>
  );
}
