import { Autocomplete } from '@mantine/core';

/** A field to type in that suggests what is known, with a word beside each suggestion. */
export function SearchSelect(props: {
  label: string;
  description?: string;
  value: string;
  error?: string | null;
  disabled?: boolean;
  onChange: (value: string) => void;
  options: readonly { readonly value: string; readonly note: string }[];
}) {
  const { options } = props;
  const notes = new Map(options.map(({ value, note }) => [value, note]));
  return (
    <Autocomplete
      label={props.label}
      {...(props.description === undefined ? {} : { description: props.description })}
      value={props.value}
      error={props.error ?? null}
      disabled={props.disabled ?? false}
      spellCheck={false}
      data={[...notes.keys()]}
      // What is typed in full is to show the others too, so that another can be chosen.
      filter={({ options: all, search }) =>
        notes.has(search)
          ? all
          : all.filter(
              (option) =>
                'value' in option &&
                `${option.value} ${notes.get(option.value) ?? ''}`
                  .toLowerCase()
                  .includes(search.toLowerCase()),
            )
      }
      renderOption={({ option }) => (
        <span className="row">
          <span className="mono">{option.value}</span>
          <span className="faint">{notes.get(option.value)}</span>
        </span>
      )}
      onChange={props.onChange}
    />
  );
}
