import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NicSpec } from '../../../main/contract/machine-spec.ts';
import { Fields } from '../sheet/cards.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';

/** What is seldom said of a network card: its address, its VLANs, its filter. */
export function NicMore(props: {
  nic: NicSpec;
  field: string;
  part: PartProps;
  filters: readonly string[];
  onChange: (next: Partial<NicSpec>) => void;
}) {
  const { nic, field, part, filters, onChange } = props;
  const { t } = useTranslation('create');
  return (
    <Fields>
      <TextInput
        label={t('nics.mac')}
        placeholder={t('nics.macNew')}
        value={nic.mac ?? ''}
        error={saidAt(part.problems, `${field}.mac`)}
        spellCheck={false}
        onChange={(event) => {
          const mac = event.currentTarget.value.trim().replaceAll('-', ':');
          onChange({ mac: mac === '' ? null : mac });
        }}
      />
      <VlanField nic={nic} error={saidAt(part.problems, `${field}.vlan`, true)} onChange={onChange} />
      <Select
        label={t('nics.filter')}
        clearable
        searchable
        placeholder={t('nics.noFilter')}
        clearButtonProps={{ 'aria-label': t('nics.noFilter') }}
        nothingFoundMessage={t('sheet.nothing')}
        data={[...new Set([...filters, ...(nic.filter === null ? [] : [nic.filter])])]}
        value={nic.filter}
        onChange={(filter) => onChange({ filter })}
      />
    </Fields>
  );
}

/** One tag, or several as of a trunk. What is no number is tag 0, which is none. */
function VlanField(props: {
  nic: NicSpec;
  error: string | null;
  onChange: (next: Partial<NicSpec>) => void;
}) {
  const { t } = useTranslation('create');
  const [text, setText] = useState(() => (props.nic.vlan?.tags ?? []).map(({ id }) => id).join(', '));
  const change = (next: string): void => {
    setText(next);
    const ids = next.split(/[\s,]+/).filter((word) => word !== '');
    const tags = ids.map((word) => ({ id: /^\d{1,4}$/.test(word) ? Number(word) : 0, nativeMode: null }));
    props.onChange({ vlan: tags.length === 0 ? null : { trunk: tags.length > 1, tags } });
  };
  return (
    <TextInput
      label={t('nics.vlan')}
      placeholder={t('nics.noVlan')}
      description={t('nics.vlanHelp')}
      value={text}
      error={props.error}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
