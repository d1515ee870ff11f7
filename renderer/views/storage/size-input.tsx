import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SIZE_UNITS, sizeBytes, sizeParts, unitIn, withoutUnit, type SizeUnit } from './sizes.ts';
import classes from './forms.module.css';

/** A size as a number and its unit, which may be typed behind the number. Tells null while it is none. */
export function SizeInput({
  label,
  description,
  initialBytes,
  error,
  autoFocus = false,
  onChange,
}: {
  label: string;
  description?: string | undefined;
  initialBytes: number;
  /** Of whoever asks; what is no size is said here. */
  error?: string | undefined;
  autoFocus?: boolean;
  onChange: (bytes: number | null) => void;
}) {
  const { t } = useTranslation('storage');
  const [{ text, unit }, setParts] = useState(() => sizeParts(initialBytes));
  const change = (nextText: string, nextUnit: SizeUnit): void => {
    setParts({ text: nextText, unit: unitIn(nextText) ?? nextUnit });
    onChange(sizeBytes(nextText, nextUnit));
  };
  const wrong = sizeBytes(text, unit) === null ? t('sizeProblem') : undefined;
  return (
    <div className={classes['size']}>
      <TextInput
        label={label}
        description={description}
        inputMode="decimal"
        value={text}
        error={wrong ?? error}
        data-autofocus={autoFocus || undefined}
        onChange={(event) => change(event.currentTarget.value, unit)}
      />
      <Select
        aria-label={t('unit')}
        data={SIZE_UNITS}
        value={unit}
        allowDeselect={false}
        onChange={(value) => change(withoutUnit(text), SIZE_UNITS.find((one) => one === value) ?? unit)}
      />
    </div>
  );
}
