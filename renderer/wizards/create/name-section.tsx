import { TagsInput, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { MAX_TAGS } from '../../../main/contract/tags.ts';
import { TAG_ENDS } from '../../ui/tags.tsx';
import { Fields, More } from '../sheet/cards.tsx';
import { CountField } from '../sheet/count-field.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';

/** What it is called, how many of it, and what happens when it is made. */
export function NameSection({ form, name, problems, change }: PartProps) {
  const { t } = useTranslation('create');
  return (
    <>
      <Fields>
        <TextInput
          label={t('name.name')}
          description={t(form.count > 1 ? 'name.patternHelp' : 'name.nameHelp')}
          value={name}
          error={saidAt(problems, 'name')}
          spellCheck={false}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <CountField
          label={t('name.count')}
          description={t('name.countHelp')}
          value={form.count}
          max={64}
          error={saidAt(problems, 'count')}
          onChange={(next) => {
            const count = Math.min(64, Math.max(1, next));
            // Several need a place for their number: it is put where one expects it.
            const numbered =
              count > 1 && !name.includes('#') ? `${name}-${count > 9 ? '##' : '#'}` : form.name;
            change({ count, name: numbered });
          }}
        />
      </Fields>
      <SwitchField
        label={t('name.start')}
        description={t(form.source === 'tree' ? 'name.startInstalled' : 'name.startHelp')}
        checked={form.start}
        onChange={(start) => change({ start })}
      />
      <SwitchField
        label={t('name.autostart')}
        description={t('name.autostartHelp')}
        checked={form.autostart}
        onChange={(autostart) => change({ autostart })}
      />
      <TagsInput
        size="xs"
        label={t('name.tags')}
        description={t('name.tagsHelp')}
        value={[...form.tags]}
        maxTags={MAX_TAGS}
        splitChars={TAG_ENDS}
        error={saidAt(problems, 'tags')}
        searchValue={form.tagDraft}
        onSearchChange={(tagDraft) => change({ tagDraft })}
        onChange={(tags) => change({ tags })}
      />
      <More title={t('name.more')}>
        <TextInput
          label={t('name.title')}
          description={t('name.titleHelp')}
          value={form.title}
          maxLength={250}
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        <Textarea
          size="xs"
          label={t('name.description')}
          value={form.description}
          maxLength={4096}
          autosize
          minRows={3}
          maxRows={10}
          onChange={(event) => change({ description: event.currentTarget.value })}
        />
      </More>
    </>
  );
}
