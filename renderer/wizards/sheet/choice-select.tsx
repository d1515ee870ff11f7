import { Select } from '@mantine/core';
import type { Choice } from '../../../main/contract/machine-choices.ts';
import { useTranslation } from 'react-i18next';

/** One of the values that a host knows. What it does not offer stays in the list, with the reason. */
export function ChoiceSelect(props: {
  label: string;
  description?: string;
  choices: readonly Choice[];
  value: string;
  /** What a value is called; left out: by its own name. */
  nameOf?: (value: string) => string;
  error?: string | null;
  disabled?: boolean;
  onChange: (value: string) => void;
}) {
  const { choices, value, nameOf = (word) => word } = props;
  const { t } = useTranslation('create');
  const reasons = new Map(choices.map((choice) => [choice.value, choice.unavailable]));
  // What is chosen is to be seen, whatever the host says of it.
  const known = reasons.has(value) ? choices : [{ value, unavailable: null }, ...choices];
  return (
    <Select
      label={props.label}
      {...(props.description === undefined ? {} : { description: props.description })}
      value={value}
      error={props.error ?? reasons.get(value) ?? null}
      disabled={props.disabled ?? false}
      allowDeselect={false}
      searchable={known.length > 12}
      nothingFoundMessage={t('sheet.nothing')}
      maxDropdownHeight={280}
      data={known.map((choice) => ({
        value: choice.value,
        label: nameOf(choice.value),
        disabled: choice.unavailable !== null && choice.value !== value,
      }))}
      renderOption={({ option }) => (
        <span>
          <span>{option.label}</span>
          {(reasons.get(option.value) ?? null) !== null && (
            <span className="muted small" style={{ display: 'block' }}>
              {reasons.get(option.value)}
            </span>
          )}
        </span>
      )}
      onChange={(next) => next !== null && props.onChange(next)}
    />
  );
}
