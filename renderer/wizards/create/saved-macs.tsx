import { useTranslation } from 'react-i18next';
import { Cards, Group } from '../sheet/cards.tsx';
import type { PartProps } from './parts.ts';
import { macsChoice, withMacs } from './saved-input.ts';

/** Whether its cards have the MACs of the machine that it is made of. `of`: one that was saved, or one that runs. */
export function Macs({ part, of, macs }: { part: PartProps; of: 'saved' | 'live'; macs: readonly string[] }) {
  const { t } = useTranslation('create');
  const { spec, defaults, edit } = part;
  return (
    <Group title={t('saved.macLegend')}>
      <Cards
        label={t('saved.macLegend')}
        cards={(['keep', 'fresh'] as const).map((value) => ({
          value,
          title: t(`${of}.mac.${value}`),
          text: t(`${of}.macText.${value}`),
        }))}
        value={macsChoice(spec, defaults.spec, macs)}
        onChange={(value) =>
          edit({ nics: withMacs(spec.nics, defaults.spec.nics, { keep: value === 'keep', macs }) })
        }
      />
    </Group>
  );
}
