import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../ui/empty.tsx';

/** The page has no session with a core: an old address, or the core has ended. */
export function NoCore() {
  const { t } = useTranslation('frame');
  return (
    <Empty title={t('noCore.title')}>
      <span style={{ maxWidth: 420 }}>{t('noCore.text')}</span>
      <Button onClick={() => location.reload()}>{t('noCore.again')}</Button>
    </Empty>
  );
}
