import { useTranslation } from 'react-i18next';
import classes from './ui.module.css';

/** Says of a machine or host that it is invented. */
export function DemoMark() {
  const { t } = useTranslation('common');
  return <span className={classes['badge']}>{t('demo')}</span>;
}

/** Says of a machine that it is a container: it has no screen and no disks. */
export function ContainerMark() {
  const { t } = useTranslation('common');
  return <span className={classes['badge']}>{t('container')}</span>;
}
