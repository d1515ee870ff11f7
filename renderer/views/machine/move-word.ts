import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { useMove } from '../../state/activity.ts';
import { useHost } from '../../state/inventory.ts';

/** What is said of a machine on its way in place of its state. */
export interface MoveWord {
  readonly word: string;
  /** Where there is little room. */
  readonly short: string;
}

/** On either host of the two; null: it is on no way. */
export function useMoveWord({ host, uuid }: Pick<Domain, 'host' | 'uuid'>): MoveWord | null {
  const { t } = useTranslation('migrate');
  const job = useMove(uuid);
  const to = job?.hosts?.[1] ?? '';
  const isSource = job?.host === host;
  const other = useHost(isSource ? to : (job?.host ?? ''))?.name ?? '';
  if (job === undefined || (!isSource && to !== host)) return null;
  if (job.state !== 'running') return { word: t('move.settlingWord'), short: t('move.settlingWord') };
  return isSource
    ? { word: t('move.goes', { host: other }), short: t('move.goesShort', { host: other }) }
    : { word: t('move.comes', { host: other }), short: t('move.comesShort', { host: other }) };
}
