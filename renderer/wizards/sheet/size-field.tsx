import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  isBeyond,
  SIZE_UNITS,
  sizeBytes,
  sizeParts,
  unitIn,
  withoutUnit,
  type SizeUnit,
} from '../../views/storage/sizes.ts';
import classes from './size-field.module.css';

/** A size as a number and its unit, which may be typed behind the number. What is no size is 0 bytes. */
export function SizeField(props: {
  label: string;
  description?: string | undefined;
  bytes: number;
  error?: string | null;
  disabled?: boolean;
  /** What stands for a size beyond all that can be counted; left out: it is no size. */
  beyond?: number;
  onChange: (bytes: number) => void;
}) {
  const { label, bytes, onChange } = props;
  const { t } = useTranslation(['create', 'storage']);
  const [typed, setTyped] = useState(() => ({ ...sizeParts(bytes), bytes }));
  // What was typed stands as long as it means what the form has: something else may have changed it.
  const { text, unit } = typed.bytes === bytes ? typed : sizeParts(bytes);
  const change = (nextText: string, nextUnit: SizeUnit): void => {
    const next = sizeBytes(nextText, nextUnit) ?? (isBeyond(nextText, nextUnit) ? (props.beyond ?? 0) : 0);
    setTyped({ text: nextText, unit: unitIn(nextText) ?? nextUnit, bytes: next });
    onChange(next);
  };
  const wrong = bytes === 0 ? t(isBeyond(text, unit) ? 'storage:sizeTooLarge' : 'storage:sizeProblem') : null;
  return (
    <div className={classes['size']}>
      <TextInput
        label={label}
        {...(props.description === undefined ? {} : { description: props.description })}
        inputMode="decimal"
        value={text}
        error={wrong ?? props.error ?? null}
        disabled={props.disabled ?? false}
        onChange={(event) => change(event.currentTarget.value, unit)}
      />
      <div className={classes['unit']}>
        <Select
          aria-label={t('create:sheet.unitOf', { what: label })}
          data={SIZE_UNITS}
          value={unit}
          allowDeselect={false}
          disabled={props.disabled ?? false}
          onChange={(value) => change(withoutUnit(text), SIZE_UNITS.find((one) => one === value) ?? unit)}
        />
      </div>
    </div>
  );
}
