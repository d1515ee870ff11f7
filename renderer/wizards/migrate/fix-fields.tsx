import { Button, Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Fields } from '../sheet/cards.tsx';
import { BASELINE, withDisks } from './form.ts';
import classes from './migrate.module.css';
import type { MigratePart } from './sections.ts';
import type { CheckGroup } from './verdict.ts';

const USUAL = '';

/** Whether a group has fields. */
export function hasControls(part: MigratePart, group: CheckGroup): boolean {
  const { plans } = part.answer;
  switch (group) {
    case 'processor':
      return plans.some(({ cpu, kind }) => cpu !== null && kind === 'offline');
    case 'networks':
      return plans.some(({ networks }) => networks.length > 0);
    case 'disks':
      return needsPool(plans) || chosenDisks(part).length > 0;
    default:
      return false;
  }
}

function needsPool(plans: MigratePart['answer']['plans']): boolean {
  return plans.some(
    ({ disks, items }) =>
      disks.some(({ way }) => way !== 'shared') || items.some(({ fix }) => fix?.kind === 'pool'),
  );
}

/** Of which a check's button said what becomes of them. */
function chosenDisks({ form, answer }: MigratePart) {
  return answer.moves.flatMap(({ domain: { uuid, name } }) =>
    Object.entries(form.disks[uuid] ?? {}).map(([target, way]) => ({
      uuid,
      target,
      way,
      name: answer.moves.length > 1 ? `${name}: ${target}` : target,
    })),
  );
}

/** Fields that a group's items are mended with; they stay when they are mended. */
export function Controls({ part, group }: { part: MigratePart; group: CheckGroup }) {
  if (!hasControls(part, group)) return null;
  switch (group) {
    case 'processor':
      return <CpuFields part={part} />;
    case 'networks':
      return <NetworkFields part={part} />;
    case 'disks':
      return <DiskFields part={part} />;
    default:
      return null;
  }
}

function NetworkFields({ part }: { part: MigratePart }) {
  const { t } = useTranslation('migrate');
  const { form, answer, change } = part;
  const host = answer.chosen?.host.name ?? '';
  const networks = new Map(
    answer.plans.flatMap((plan) => plan.networks.map((network) => [network.from, network] as const)),
  );
  return (
    <Fields>
      {[...networks.values()].map(({ from, to, choices, inactive }) => (
        <Select
          key={from}
          label={t('checks.network', { name: from })}
          placeholder={t('checks.networkNone')}
          allowDeselect={false}
          searchable={choices.length > 12}
          description={choices.length === 0 ? t('checks.networkNowhere', { host }) : undefined}
          data={choices.map((value) => ({
            value,
            label: inactive.includes(value) ? t('checks.networkInactive', { name: value }) : value,
          }))}
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

function DiskFields({ part }: { part: MigratePart }) {
  const { t } = useTranslation('migrate');
  const { form, change } = part;
  return (
    <>
      {chosenDisks(part).map(({ uuid, target, way, name }) => (
        <div key={`${uuid} ${target}`} className={classes['chosenDisk']}>
          <span>{t(`checks.diskChosen.${way}`, { name })}</span>
          <Button
            size="compact-xs"
            aria-label={t('checks.diskUsualOf', { name })}
            onClick={() => change(withDisks(form, uuid, { [target]: null }))}
          >
            {t('checks.diskUsual')}
          </Button>
        </div>
      ))}
      {needsPool(part.answer.plans) && <PoolField part={part} />}
    </>
  );
}

function PoolField({ part }: { part: MigratePart }) {
  const { t } = useTranslation('migrate');
  const { form, answer, change } = part;
  const pools = new Map(
    answer.plans.flatMap((plan) => plan.pools.map(({ uuid, name }) => [uuid, name] as const)),
  );
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

/** Of the machines whose CPU the target cannot give, and of those that get another one. */
function CpuFields({ part }: { part: MigratePart }) {
  const { t } = useTranslation('migrate');
  const { form, answer, change } = part;
  const shown = answer.moves.flatMap(({ domain: { uuid, name }, check: { plan } }) =>
    plan?.cpu == null || plan.kind === 'live' ? [] : [{ uuid, name, ...plan.cpu }],
  );
  return (
    <Fields>
      {shown.map(({ uuid, name, baseline, models }) => {
        return (
          <Select
            key={uuid}
            label={t('checks.cpu', { name })}
            allowDeselect={false}
            searchable={models.length > 12}
            data={[
              { value: USUAL, label: t('checks.cpuUsual') },
              ...(baseline === null
                ? []
                : [{ value: BASELINE, label: t('checks.cpuBaseline', { model: baseline }) }]),
              ...models.map((value) => ({ value, label: value })),
            ]}
            value={form.cpus[uuid] ?? USUAL}
            onChange={(cpu) => {
              const { [uuid]: _, ...others } = form.cpus;
              change({ cpus: cpu === null || cpu === USUAL ? others : { ...others, [uuid]: cpu } });
            }}
          />
        );
      })}
    </Fields>
  );
}
