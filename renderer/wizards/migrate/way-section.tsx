import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Cards, Checks, Fields, Group, More, Note } from '../sheet/cards.tsx';
import { CountField } from '../sheet/count-field.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { KeepFields, MannerFields } from './manner-fields.tsx';
import type { MigratePart } from './sections.ts';
import { goesOver } from './summary-lines.ts';

const MAX_BANDWIDTH = 1_000_000;
const MAX_DOWNTIME = 2_000_000;
const MAX_AT_ONCE = 20;

/** The way of the data, its limits, and what becomes of the source’s disks. */
export function WaySection(part: MigratePart) {
  const { t } = useTranslation('migrate');
  const { form, answer, change } = part;
  const { plans } = answer;
  const off = plans.length > 0 && plans.every(({ kind }) => kind === 'offline');
  const goes = goesOver(plans);
  return (
    <>
      {off && <Note>{t('way.off')}</Note>}
      {!off && <DataWay {...part} />}
      <Group title={t('way.source')}>
        <SwitchField
          label={t('way.deleteSource')}
          description={goes.join(', ')}
          unavailable={goes.length === 0 ? t('way.deleteSourceNone') : null}
          checked={form.deleteSource && goes.length > 0}
          onChange={(deleteSource) => change({ deleteSource })}
        />
        <KeepFields form={form} answer={answer} change={change} />
        {form.machines.length > 1 && (
          <Fields>
            <CountField
              label={t('way.atOnce')}
              value={form.atOnce}
              max={MAX_AT_ONCE}
              onChange={(atOnce) => change({ atOnce: Math.min(MAX_AT_ONCE, Math.max(1, atOnce)) })}
            />
          </Fields>
        )}
      </Group>
    </>
  );
}

function DataWay({ form, change }: MigratePart) {
  const { t } = useTranslation('migrate');
  return (
    <>
      <Cards
        label={t('way.legend')}
        small
        value={form.via}
        cards={(['auto', 'relay', 'direct'] as const).map((value) => ({
          value,
          title: t(`way.${value}`),
          text: t(`way.${value}Text`),
        }))}
        onChange={(via) => change({ via })}
      />
      {form.via === 'direct' && (
        <TextInput
          label={t('way.address')}
          description={t('way.addressHelp')}
          maxLength={255}
          value={form.address}
          onChange={(event) => change({ address: event.currentTarget.value })}
        />
      )}
      <Group title={t('way.limits')}>
        <Fields>
          <CountField
            label={t('way.bandwidth')}
            description={t('way.bandwidthHelp')}
            value={form.bandwidthMiBs}
            onChange={(value) => change({ bandwidthMiBs: Math.min(MAX_BANDWIDTH, value) })}
          />
          <CountField
            label={t('way.downtime')}
            description={t('way.downtimeHelp')}
            value={form.downtimeMs}
            onChange={(value) => change({ downtimeMs: Math.min(MAX_DOWNTIME, value) })}
          />
        </Fields>
        <Checks>
          <SwitchField
            label={t('way.autoConverge')}
            description={t('way.autoConvergeHelp')}
            checked={form.autoConverge}
            onChange={(autoConverge) => change({ autoConverge })}
          />
        </Checks>
      </Group>
      <More title={t('way.more')}>
        <MannerFields form={form} change={change} />
        <SwitchField
          label={t('way.unsafe')}
          description={t('way.unsafeHelp')}
          checked={form.unsafe}
          onChange={(unsafe) => change({ unsafe })}
        />
      </More>
    </>
  );
}
