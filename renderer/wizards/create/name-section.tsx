import { TagsInput, Textarea, TextInput } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { hostNameOf } from '../../../main/contract/host-name.ts';
import { MAX_TAGS } from '../../../main/contract/tags.ts';
import { TAG_ENDS } from '../../ui/tags.tsx';
import { Fields, More } from '../sheet/cards.tsx';
import { CountField } from '../sheet/count-field.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { answersKind } from './answers-input.ts';
import { isSaved, type SourceKind } from './form.ts';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';
import { startsWhenMade } from './starts.ts';

/** With the name that the machine is told of itself, where it is told. */
function nameHelp({ form, options, detection, name }: PartProps, t: TFunction<'create'>): string {
  if (form.count > 1) return t('name.patternHelp');
  const { source, firstBoot, answers } = form;
  const kind = answersKind(form, options, detection.os);
  const isAnswered = answers.on && kind !== null && kind !== 'autounattend';
  const told =
    source === 'cloudImage'
      ? firstBoot.on
        ? firstBoot.hostname
        : null
      : isAnswered
        ? answers.hostname
        : null;
  if (told === null) return t('name.nameHelp');
  const host = told.trim() === '' ? hostNameOf(name) : told.trim();
  return host === name ? t('name.nameTold') : t('name.nameAs', { host });
}

function startHelp(source: SourceKind) {
  if (source === 'tree') return 'name.startInstalled';
  if (source === 'live') return 'live.startHelp';
  return isSaved(source) ? 'saved.startHelp' : 'name.startHelp';
}

/** What it is called, how many of it, and what happens when it is made. */
export function NameSection(part: PartProps) {
  const { form, name, problems, change } = part;
  const { t } = useTranslation('create');
  return (
    <>
      <Fields>
        <TextInput
          label={t('name.name')}
          description={nameHelp(part, t)}
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
        description={t(startHelp(form.source))}
        checked={startsWhenMade(form)}
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
