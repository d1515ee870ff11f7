import { Button } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ejectsOf } from '../../../main/contract/migrate-ejects.ts';
import type { MigrateItem } from '../../../main/contract/migrate.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { useKeptFocus } from '../../ui/kept-focus.ts';
import { Group, Note } from '../sheet/cards.tsx';
import { EjectAll } from './eject-all.tsx';
import { Controls, hasControls } from './fix-fields.tsx';
import { FixButton } from './fixes.tsx';
import classes from './migrate.module.css';
import type { MigratePart } from './sections.ts';
import type { Move } from './use-migrate.ts';
import { useMending } from './mending.ts';
import { byWeight, CHECK_GROUPS, grouped } from './verdict.ts';

/** What was looked at on the chosen host, and what mends it. */
export function ChecksSection(part: MigratePart) {
  const { t } = useTranslation('migrate');
  const { answer, mends } = part;
  const { moves, chosen } = answer;
  const checks = useMending(mends);
  const [only] = moves;
  if (chosen === null || only === undefined) return <Note>{t('checks.none')}</Note>;
  if (!chosen.connected) return <Note tone="warn">{t('checks.away', { host: chosen.host.name })}</Note>;
  if (moves.every(({ check }) => check.plan === null && check.failure === null))
    return <Note>{t('checks.asked', { host: chosen.host.name })}</Note>;
  return (
    <div ref={checks} className={classes['checks']}>
      {moves.map(({ domain, check }) =>
        check.failure === null ? null : (
          <FailureView key={`${domain.host}/${domain.uuid}`} failure={check.failure} />
        ),
      )}
      {moves.length === 1 ? <GroupsOf part={part} move={only} /> : <Machines part={part} />}
      <div>
        <Button size="compact-xs" onClick={answer.again}>
          {t('checks.again')}
        </Button>
      </div>
    </div>
  );
}

function GroupsOf({ part, move }: { part: MigratePart; move: Move }) {
  const { t } = useTranslation('migrate');
  const { plan } = move.check;
  if (plan === null) return null;
  return grouped(plan.items).map(({ group, items }) =>
    items.length === 0 ? null : (
      <Group key={group} title={t(`checks.group.${group}`)}>
        <Items part={part} move={move} items={items} />
        <Controls part={part} group={group} />
      </Group>
    ),
  );
}

/** Of several machines: what is worst of each. */
function Machines({ part }: { part: MigratePart }) {
  const { t } = useTranslation('migrate');
  const { moves, machines } = part.answer;
  const already = machines.filter(({ host }) => host === part.form.to);
  const ejectable = moves.flatMap(({ domain: { host, uuid, name }, check: { plan } }) => {
    const media = ejectsOf(plan?.items ?? []);
    return media.length === 0 ? [] : [{ host, uuid, name, media }];
  });
  return (
    <>
      <EjectAll machines={ejectable} onDone={part.answer.again} />
      {already.length > 0 && (
        <Note>{t('checks.already', { names: already.map(({ name }) => name).join(', ') })}</Note>
      )}
      {moves.map((move) => {
        const bad = byWeight(move.check.plan?.items ?? []).filter(({ level }) => level !== 'ok');
        const { domain, check } = move;
        const fine: MigrateItem = { id: 'state', level: 'ok', message: t('item.ok'), remedy: null };
        return (
          <Group key={`${domain.host}/${domain.uuid}`} title={domain.name}>
            <Items part={part} move={move} items={bad.length === 0 && check.plan !== null ? [fine] : bad} />
          </Group>
        );
      })}
      {CHECK_GROUPS.filter((group) => hasControls(part, group)).map((group) => (
        <Group key={group} title={t(`checks.group.${group}`)}>
          <Controls part={part} group={group} />
        </Group>
      ))}
    </>
  );
}

/** The keyboard stays here when an item goes with the button that has mended it. */
function Items({ part, move, items }: { part: MigratePart; move: Move; items: readonly MigrateItem[] }) {
  const kept = useKeptFocus<HTMLUListElement>();
  return (
    <ul className={classes['items']} {...kept}>
      {items.map((item) => (
        <Item key={`${item.id} ${item.message}`} part={part} move={move} item={item} />
      ))}
    </ul>
  );
}

const ICONS = { ok: IconCheck, warn: IconAlertTriangle, stop: IconBan };

function Item({ part, move, item }: { part: MigratePart; move: Move; item: MigrateItem }) {
  const { t } = useTranslation('migrate');
  const Icon = ICONS[item.level];
  // What the line below can do need not be told in words of the command line.
  const remedy = item.fix === undefined ? item.remedy : null;
  return (
    <li className={classes['item']} data-level={item.level}>
      <Icon size={15} aria-hidden="true" />
      <span className={classes['message']}>
        <span className="sr-only">{t(`item.${item.level}`)}: </span>
        {item.message}
        {remedy !== null && <small>{remedy}</small>}
      </span>
      {item.fix !== undefined && <FixButton part={part} move={move} fix={item.fix} />}
    </li>
  );
}
