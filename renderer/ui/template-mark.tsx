import { useTranslation } from 'react-i18next';
import classes from './ui.module.css';

/** Says of a machine that it is kept as a template. */
export function TemplateMark() {
  const { t } = useTranslation('machine');
  return (
    <span className={classes['badge']} title={t('template.markHelp')}>
      {t('template.mark')}
    </span>
  );
}
