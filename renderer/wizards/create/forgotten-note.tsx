import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Note } from '../sheet/cards.tsx';
import type { CreateForm } from './form.ts';
import type { Section } from './problems.ts';
import { stillForgotten, type SecretField } from './secrets.ts';
import { sectionTitle } from './words.ts';

const PLACES = {
  password: ['firstBoot', 'firstBoot.password'],
  commands: ['firstBoot', 'firstBoot.commands'],
  files: ['firstBoot', 'forgotten.files'],
  yaml: ['firstBoot', 'firstBoot.yamlTitle'],
  template: ['firstBoot', 'firstBoot.template'],
  packageSources: ['firstBoot', 'forgotten.packageSources'],
  installerPassword: ['firstBoot', 'answers.password'],
  productKey: ['firstBoot', 'answers.productKey'],
  mirror: ['firstBoot', 'answers.mirror'],
  arguments: ['source', 'tree.arguments'],
  treeUrl: ['source', 'tree.url'],
  url: ['source', 'medium.url'],
  env: ['source', 'container.env'],
  xml: [null, 'xml.title'],
} as const satisfies Record<SecretField, readonly [Section | null, string]>;

/** What a person has to type again, as a draft holds no secrets. */
export function ForgottenNote(props: { form: CreateForm; change: (part: Partial<CreateForm>) => void }) {
  const { form, change } = props;
  const { t } = useTranslation('create');
  const fields = stillForgotten(form);
  if (fields.length === 0) return null;
  const words = fields.map((field) => {
    const [section, label] = PLACES[field];
    return section === null ? t(label) : `${sectionTitle(section, form, t)} › ${t(label)}`;
  });
  return (
    <Note tone="warn">
      {t('forgotten.text', { fields: words.join(', ') })}{' '}
      <Button size="compact-xs" onClick={() => change({ forgotten: [] })}>
        {t('forgotten.hide')}
      </Button>
    </Note>
  );
}
