import { useTranslation } from 'react-i18next';

/** `10 Gbit/s` */
export function useSpeed(): (mbps: number) => string {
  const { t } = useTranslation('networks');
  return (mbps) =>
    mbps >= 1000 ? t('interfaces.gbit', { value: mbps / 1000 }) : t('interfaces.mbit', { value: mbps });
}
