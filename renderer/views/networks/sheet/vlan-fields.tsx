import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { tagsOf, type VlanForm } from './form.ts';
import classes from './sheet.module.css';

/** One tag for an ordinary port; several for a trunk, of which one can be the native one. */
export function VlanFields(props: {
  value: VlanForm;
  error: string | null;
  onChange: (value: VlanForm) => void;
}) {
  const { value, error, onChange } = props;
  const { t } = useTranslation('networks');
  const tags = tagsOf(value.tags).filter((id) => !Number.isNaN(id));
  return (
    <div className={classes['two']}>
      <TextInput
        label={t('vlan.tags')}
        description={t('vlan.help')}
        value={value.tags}
        error={error}
        inputMode="numeric"
        onChange={(event) => onChange({ ...value, tags: event.currentTarget.value })}
      />
      {tags.length > 1 && (
        <Select
          label={t('vlan.nativeLabel')}
          description={t('vlan.nativeHelp')}
          value={value.native}
          allowDeselect={false}
          data={[{ value: '', label: t('vlan.noNative') }, ...[...new Set(tags)].map(String)]}
          onChange={(native) => onChange({ ...value, native: native ?? '' })}
        />
      )}
    </div>
  );
}
