import { NumberInput } from '@mantine/core';

/** A whole number; what is none is 0. */
export function CountField(props: {
  label: string;
  description?: string;
  value: number;
  max?: number | undefined;
  min?: number;
  error?: string | null;
  disabled?: boolean;
  onChange: (value: number) => void;
}) {
  return (
    <NumberInput
      size="xs"
      label={props.label}
      {...(props.description === undefined ? {} : { description: props.description })}
      value={props.value === 0 ? '' : props.value}
      min={props.min ?? 1}
      {...(props.max === undefined ? {} : { max: props.max })}
      clampBehavior="none"
      allowDecimal={false}
      allowNegative={false}
      error={props.error ?? null}
      disabled={props.disabled ?? false}
      onChange={(next) => props.onChange(typeof next === 'number' ? next : 0)}
    />
  );
}
