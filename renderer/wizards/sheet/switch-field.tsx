import { Checkbox } from '@mantine/core';

/** On or off; where the host cannot do it, off, with the reason in place of what it is for. */
export function SwitchField(props: {
  label: string;
  description?: string | undefined;
  checked: boolean;
  /** Why it cannot be switched on; null or left out: it can. */
  unavailable?: string | null;
  onChange: (checked: boolean) => void;
}) {
  const why = props.unavailable ?? null;
  const text = why ?? props.description;
  return (
    <Checkbox
      label={props.label}
      {...(text === undefined ? {} : { description: text })}
      checked={props.checked}
      disabled={why !== null && !props.checked}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
  );
}
