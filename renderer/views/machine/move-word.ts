import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { useHasStayed, useMove } from '../../state/activity.ts';
import { useHost } from '../../state/inventory.ts';
import { useMoveByState } from '../../state/moves.ts';

/** What is said of a machine on its way in place of its state. */
export interface MoveWord {
  readonly word: string;
  /** Where there is little room. */
  readonly short: string;
}

/** On either host of the two, also where another program moves it; null: it is on no way. */
export function useMoveWord({ host, uuid }: Pick<Domain, 'host' | 'uuid'>): MoveWord | null {
  const { t } = useTranslation('migrate');
  const job = useMove(uuid);
  const told = useMoveByState({ host, uuid });
  const hasStayed = useHasStayed(uuid);
  const from = job === undefined ? (told?.from ?? '') : job.host;
  const to = job === undefined ? (told?.to ?? '') : (job.hosts?.[1] ?? '');
  const isSource = from === host;
  const other = useHost(isSource ? to : from)?.name ?? '';
  // What a host that is away showed last is not so any more.
  if (hasStayed || (!isSource && to !== host)) return null;
  if (job !== undefined && job.state !== 'running')
    return { word: t('move.settlingWord'), short: t('move.settlingWord') };
  return isSource
    ? { word: t('move.goes', { host: other }), short: t('move.goesShort', { host: other }) }
    : { word: t('move.comes', { host: other }), short: t('move.comesShort', { host: other }) };
}
