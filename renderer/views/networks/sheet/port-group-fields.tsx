import { Checkbox, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { hasVlan, type NetworkKind } from '../kinds.ts';
import type { PortGroupForm } from './form.ts';
import type { Problem } from './problems.ts';
import { useSaid } from './use-said.ts';
import { RateFields } from './rate-fields.tsx';
import { VlanFields } from './vlan-fields.tsx';
import classes from './sheet.module.css';

/** Name, VLAN and rates of a port group. */
export function PortGroupFields(props: {
  value: PortGroupForm;
  kind: NetworkKind;
  problems: ReadonlyMap<string, Problem>;
  /** An empty name is a fault only once somebody wanted to go on. */
  showNeeded: boolean;
  onChange: (value: PortGroupForm) => void;
}) {
  const { value, kind, problems, onChange } = props;
  const { t } = useTranslation('networks');
  const said = useSaid(problems, props.showNeeded);
  return (
    <div className={classes['fields']}>
      <TextInput
        label={t('portGroups.name')}
        value={value.name}
        error={said('name')}
        spellCheck={false}
        onChange={(event) => onChange({ ...value, name: event.currentTarget.value })}
      />
      <Checkbox
        label={t('portGroups.isDefault')}
        description={t('portGroups.isDefaultHelp')}
        checked={value.isDefault}
        error={said('isDefault')}
        onChange={(event) => onChange({ ...value, isDefault: event.currentTarget.checked })}
      />
      {hasVlan(kind) && (
        <VlanFields
          value={value.vlan}
          error={said('vlan')}
          onChange={(vlan) => onChange({ ...value, vlan })}
        />
      )}
      {(['inbound', 'outbound'] as const).map((way) => (
        <RateFields
          key={way}
          label={t(`portGroups.${way}`)}
          value={value[way]}
          problem={problems.get(way) ?? null}
          onChange={(rate) => onChange({ ...value, [way]: rate })}
        />
      ))}
    </div>
  );
}
