import { Checkbox } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './forms.module.css';

/** Says what may need a volume and cannot be seen, and lets a person go on all the same; nothing where all was seen. */
export function UnseenQuestion({
  unseen,
  agreed,
  onAgree,
}: {
  unseen: readonly string[];
  agreed: boolean;
  onAgree: (agreed: boolean) => void;
}) {
  const { t } = useTranslation('storage');
  if (unseen.length === 0) return null;
  return (
    <div className={classes['warning']} role="status">
      <span className="strong">{t('unseen.title')}</span>
      <ul className={classes['losses']}>
        {unseen.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <Checkbox
        mt={8}
        label={t('unseen.agree')}
        checked={agreed}
        onChange={(event) => onAgree(event.currentTarget.checked)}
      />
    </div>
  );
}
