import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Fields, More, Note } from '../sheet/cards.tsx';
import { isUrl, sizesAlone, type TreeForm } from './form.ts';
import { mediaPool } from './input.ts';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';

/** Where an installer's tree is. */
export function TreeFields({ form, options, spec, problems, change }: PartProps) {
  const { t } = useTranslation('create');
  const { tree } = form;
  const set = (next: Partial<TreeForm>): void => change({ tree: { ...tree, ...next } });
  const wrong = tree.url.trim() !== '' && !isUrl(tree.url) ? t('problem.url') : null;
  return (
    <>
      <TextInput
        label={t('tree.url')}
        description={t('tree.urlHelp')}
        type="url"
        value={tree.url}
        error={wrong ?? saidAt(problems, 'source.url')}
        spellCheck={false}
        onChange={(event) =>
          // Another tree is another system.
          change({
            tree: { ...tree, url: event.currentTarget.value },
            os: null,
            edits: sizesAlone(form.edits),
          })
        }
      />
      <Note>{t('tree.help')}</Note>
      <More title={t('tree.more')}>
        <Fields>
          <TextInput
            label={t('tree.arguments')}
            description={t('tree.argumentsHelp')}
            value={tree.arguments}
            error={saidAt(problems, 'source.arguments')}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mono)' } }}
            onChange={(event) => set({ arguments: event.currentTarget.value })}
          />
          <Select
            label={t('tree.pool')}
            description={t('tree.poolHelp')}
            allowDeselect={false}
            data={options.pools.map(({ uuid, name }) => ({ value: uuid, label: name }))}
            value={tree.pool === '' ? mediaPool(spec, options) : tree.pool}
            error={saidAt(problems, 'source.pool')}
            onChange={(pool) => pool !== null && set({ pool })}
          />
        </Fields>
      </More>
    </>
  );
}
