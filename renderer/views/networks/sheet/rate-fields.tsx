import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatRate } from '../../../ui/format.ts';
import type { RateForm } from './form.ts';
import type { Problem } from './problems.ts';
import classes from './sheet.module.css';

/** An average, and what may go beyond it for a while. */
export function RateFields(props: {
  label: string;
  value: RateForm;
  problem: Problem | null;
  onChange: (value: RateForm) => void;
}) {
  const { label, value, problem, onChange } = props;
  const { t } = useTranslation('networks');
  const average = Number(value.average);
  const said = value.average.trim() !== '' && average > 0 ? formatRate(average * 1024) : t('rates.unlimited');
  return (
    <fieldset className={classes['rates']}>
      <legend>
        {label} <span className="faint">{said}</span>
      </legend>
      <div className={classes['three']}>
        {(['average', 'peak', 'burst'] as const).map((field) => (
          <TextInput
            key={field}
            label={t(`rates.${field}`)}
            inputMode="numeric"
            value={value[field]}
            error={problem !== null && field === (problem.key === 'lowPeak' ? 'peak' : 'average')}
            onChange={(event) => onChange({ ...value, [field]: event.currentTarget.value })}
          />
        ))}
      </div>
      {problem !== null && (
        <span className={classes['error']} role="alert">
          {t(`problem.${problem.key}`)}
        </span>
      )}
    </fieldset>
  );
}
