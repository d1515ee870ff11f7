import { Button } from '@mantine/core';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { openDialog } from '../../state/dialogs.ts';
import type { Tone } from '../../ui/domain-state.ts';
import { formatBytes } from '../../ui/format.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { Note } from '../sheet/cards.tsx';
import { toHost } from './form.ts';
import classes from './migrate.module.css';
import type { MigratePart } from './sections.ts';
import type { Target } from './use-migrate.ts';
import type { Verdict } from './verdict.ts';

/** Reasons that are shown of each host; the rest is among its checks. */
const MAX_REASONS = 3;

export const LEVEL_TONES: Record<Verdict['level'] | 'away', Tone> = {
  ok: 'ok',
  warn: 'warn',
  stop: 'bad',
  asked: 'busy',
  failed: 'bad',
  away: 'off',
};

/** All hosts that the machines could go to, each with what speaks against it. */
export function TargetSection({ form, answer, change, onMend }: MigratePart) {
  const { t } = useTranslation('migrate');
  const { targets, chosen } = answer;
  const id = useId();
  if (targets.length === 0)
    return (
      <>
        <Note>{t('target.none')}</Note>
        <div>
          <Button onClick={() => openDialog({ kind: 'addHost' })}>{t('target.add')}</Button>
        </div>
      </>
    );
  const stopped = chosen?.verdict.level === 'stop' || (chosen !== null && answer.moves.some(isStopped));
  return (
    <>
      <Note>{t('target.help')}</Note>
      <div className={classes['targets']} role="radiogroup" aria-label={t('target.label')}>
        {targets.map((target) => (
          <TargetCard
            key={target.host.id}
            group={id}
            target={target}
            checked={form.to === target.host.id}
            onChoose={() => change(toHost(form, target.host.id))}
          />
        ))}
      </div>
      {stopped && (
        <div>
          <Button onClick={onMend}>{t('target.mend')}</Button>
        </div>
      )}
    </>
  );
}

function isStopped({ check }: { check: { plan: { items: readonly { level: string }[] } | null } }): boolean {
  return check.plan?.items.some(({ level }) => level === 'stop') === true;
}

function TargetCard(props: { group: string; target: Target; checked: boolean; onChoose: () => void }) {
  const { group, target, checked, onChoose } = props;
  const { t } = useTranslation('migrate');
  const { host, connected, verdict, memoryFreeBytes } = target;
  const level = connected ? verdict.level : 'away';
  const id = `${group}-${host.id}`;
  const some = { count: verdict.able, all: verdict.all };
  const canGo =
    !connected || verdict.all === 1 || level === 'failed'
      ? t(`level.${level}`)
      : t(verdict.asked > 0 ? 'someYet' : verdict.able === verdict.all ? 'all' : 'some', some);
  const word = target.already === 0 ? canGo : `${canGo} · ${t('thereAlready', { count: target.already })}`;
  const reasons = connected ? verdict.reasons : [];
  return (
    <label
      className={classes['target']}
      data-level={level}
      data-chosen={checked || undefined}
      data-off={!connected || undefined}
    >
      <input
        type="radio"
        name={group}
        className="sr-only"
        aria-label={host.name}
        aria-describedby={id}
        checked={checked}
        disabled={!connected}
        onChange={onChoose}
      />
      <StateDot tone={LEVEL_TONES[level]} />
      <span>
        <span className={classes['name']}>{host.name}</span>{' '}
        <span id={id} className={classes['word']}>
          {word}
        </span>
      </span>
      <span className={`${classes['aside']} num`}>
        {connected && memoryFreeBytes !== null && t('target.free', { size: formatBytes(memoryFreeBytes) })}
      </span>
      {reasons.length > 0 && (
        <ul className={classes['reasons']}>
          {reasons.slice(0, MAX_REASONS).map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
          {reasons.length > MAX_REASONS && (
            <li>{t('target.more', { count: reasons.length - MAX_REASONS })}</li>
          )}
        </ul>
      )}
    </label>
  );
}
