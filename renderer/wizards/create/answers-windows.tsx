import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Fields, Group } from '../sheet/cards.tsx';
import { CountField } from '../sheet/count-field.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { AnswersProps } from './parts.ts';
import { saidAt } from './problems.ts';

/** What Windows alone is told. */
export function WindowsAnswers({ part, set }: AnswersProps) {
  const { t } = useTranslation('create');
  const { form, problems } = part;
  const { answers } = form;
  return (
    <Group title={t('answers.windows')}>
      <Fields>
        <TextInput
          label={t('answers.language')}
          description={t('answers.languageHelp')}
          value={answers.language}
          error={saidAt(problems, 'source.unattended.language')}
          spellCheck={false}
          onChange={(event) => set({ language: event.currentTarget.value })}
        />
        <TextInput
          label={t('answers.region')}
          description={t('answers.regionHelp')}
          value={answers.region}
          error={saidAt(problems, 'source.unattended.region')}
          spellCheck={false}
          onChange={(event) => set({ region: event.currentTarget.value })}
        />
        <TextInput
          label={t('answers.productKey')}
          value={answers.productKey}
          spellCheck={false}
          autoComplete="off"
          styles={{ input: { fontFamily: 'var(--mono)' } }}
          onChange={(event) => set({ productKey: event.currentTarget.value })}
        />
        {answers.edition !== null && (
          <CountField
            label={t('answers.edition')}
            description={t('answers.editionHelp')}
            value={answers.edition}
            max={99}
            onChange={(edition) => set({ edition })}
          />
        )}
      </Fields>
      <SwitchField
        label={t('answers.sayEdition')}
        description={t('answers.sayEditionHelp')}
        checked={answers.edition !== null}
        onChange={(on) => set({ edition: on ? 1 : null })}
      />
      <SwitchField
        label={t('answers.remoteDesktop')}
        checked={answers.remoteDesktop}
        onChange={(remoteDesktop) => set({ remoteDesktop })}
      />
    </Group>
  );
}
