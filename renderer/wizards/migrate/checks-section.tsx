import { Button, Select } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MigrateFix, MigrateItem } from '../../../main/contract/migrate.ts';
import { api } from '../../api/client.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { Fields, Group, Note } from '../sheet/cards.tsx';
import classes from './migrate.module.css';
import type { MigratePart } from './sections.ts';
import type { Move } from './use-migrate.ts';
import { byWeight, grouped, type CheckGroup } from './verdict.ts';

const USUAL = '';

/** What was looked at on the chosen host, and what mends it. */
export function ChecksSection(part: MigratePart) {
  const { t } = useTranslation('migrate');
  const { answer } = part;
  const { moves, chosen } = answer;
  const [only] = moves;
  if (chosen === null || only === undefined) return <Note>{t('checks.none')}</Note>;
  return (
    <>
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
    </>
  );
}

function GroupsOf({ part, move }: { part: MigratePart; move: Move }) {
  const { t } = useTranslation('migrate');
  const { plan } = move.check;
  if (plan === null) return null;
  return grouped(plan.items).map(({ group, items }) =>
    items.length === 0 ? null : (
      <Group key={group} title={t(`checks.group.${group}`)}>
        <ul className={classes['items']}>
          {items.map((item) => (
            <Item key={`${item.id} ${item.message}`} part={part} move={move} item={item} />
          ))}
        </ul>
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
  return (
    <>
      {already.length > 0 && (
        <Note>{t('checks.already', { names: already.map(({ name }) => name).join(', ') })}</Note>
      )}
      {moves.map((move) => {
        const bad = byWeight(move.check.plan?.items ?? []).filter(({ level }) => level !== 'ok');
        const { domain, check } = move;
        const fine: MigrateItem = { id: 'state', level: 'ok', message: t('item.ok'), remedy: null };
        return (
          <Group key={`${domain.host}/${domain.uuid}`} title={domain.name}>
            <ul className={classes['items']}>
              {bad.map((item) => (
                <Item key={`${item.id} ${item.message}`} part={part} move={move} item={item} />
              ))}
              {bad.length === 0 && check.plan !== null && <Item part={part} move={move} item={fine} />}
            </ul>
          </Group>
        );
      })}
      <Group title={t('checks.group.networks')}>
        <Controls part={part} group="networks" />
      </Group>
      <Group title={t('checks.group.disks')}>
        <Controls part={part} group="disks" />
      </Group>
    </>
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

/** Networks and pools have fields of their own. */
function FixButton({ part, move, fix }: { part: MigratePart; move: Move; fix: MigrateFix }) {
  const { t } = useTranslation('migrate');
  const [asks, setAsks] = useState(false);
  if (fix.kind === 'way')
    return (
      <Button size="compact-xs" onClick={() => part.change({ via: fix.via })}>
        {t(`checks.${fix.via}`)}
      </Button>
    );
  if (fix.kind !== 'eject') return null;
  const name = fix.path.slice(fix.path.lastIndexOf('/') + 1);
  return (
    <>
      <Button size="compact-xs" onClick={() => setAsks(true)}>
        {t('checks.eject', { name })}…
      </Button>
      {asks && (
        <EjectDialog move={move} fix={fix} onDone={part.answer.again} onClose={() => setAsks(false)} />
      )}
    </>
  );
}

function EjectDialog(props: {
  move: Move;
  fix: Extract<MigrateFix, { kind: 'eject' }>;
  onDone: () => void;
  onClose: () => void;
}) {
  const { move, fix, onDone, onClose } = props;
  const { t } = useTranslation(['migrate', 'common']);
  const { host, uuid, name: machine } = move.domain;
  const { target, path } = fix;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const submit = useSubmit(() => {
    onDone();
    onClose();
  });
  return (
    <Dialog title={t('migrate:checks.ejectTitle', { name })} onClose={onClose} zIndex={300}>
      <p>{t('migrate:checks.ejectText', { path, target, machine })}</p>
      {submit.failure !== null && <FailureView failure={submit.failure} />}
      <DialogButtons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button
          variant="filled"
          data-autofocus
          loading={submit.busy}
          onClick={() => submit.run(() => api.domain.eject({ host, uuid, target }))}
        >
          {t('migrate:checks.eject', { name })}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}

/** Fields that a group's items are mended with; they stay when they are mended. */
function Controls({ part, group }: { part: MigratePart; group: CheckGroup }) {
  if (group === 'networks') return <NetworkFields part={part} />;
  return group === 'disks' ? <PoolField part={part} /> : null;
}

function NetworkFields({ part }: { part: MigratePart }) {
  const { t } = useTranslation('migrate');
  const { form, answer, change } = part;
  const networks = new Map(
    answer.plans.flatMap((plan) => plan.networks.map((network) => [network.from, network] as const)),
  );
  return (
    <Fields>
      {[...networks.values()].map(({ from, to, choices }) => (
        <Select
          key={from}
          label={t('checks.network', { name: from })}
          placeholder={t('checks.networkNone')}
          allowDeselect={false}
          searchable={choices.length > 12}
          data={choices}
          value={choices.includes(to) ? to : null}
          onChange={(next) => {
            const { [from]: _, ...others } = form.networks;
            change({ networks: next === null || next === from ? others : { ...others, [from]: next } });
          }}
        />
      ))}
    </Fields>
  );
}

function PoolField({ part }: { part: MigratePart }) {
  const { t } = useTranslation('migrate');
  const { form, answer, change } = part;
  const pools = new Map(
    answer.plans.flatMap((plan) => plan.pools.map(({ uuid, name }) => [uuid, name] as const)),
  );
  const copies = answer.plans.some(
    ({ disks, items }) =>
      disks.some(({ way }) => way === 'copy') || items.some(({ fix }) => fix?.kind === 'pool'),
  );
  if (!copies) return null;
  return (
    <Select
      label={t('checks.pool')}
      allowDeselect={false}
      data={[
        { value: USUAL, label: t('checks.poolUsual') },
        ...[...pools].map(([value, label]) => ({ value, label })),
      ]}
      value={form.pool ?? USUAL}
      onChange={(pool) => change({ pool: pool === USUAL ? null : pool })}
    />
  );
}
