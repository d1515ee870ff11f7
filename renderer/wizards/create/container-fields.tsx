import { SegmentedControl, Select, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Fields, More, Note } from '../sheet/cards.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { ContainerForm } from './container-input.ts';
import { mediaPool } from './input.ts';
import { MediumFields } from './medium-fields.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';
import classes from './create.module.css';

const ROOTS = ['template', 'directory', 'host'] as const;

/** What a container is made of, and the program that it starts. */
export function ContainerFields(part: PartProps) {
  const { t } = useTranslation('create');
  const { form, problems, change } = part;
  const { container } = form;
  const set = (next: Partial<ContainerForm>): void => change({ container: { ...container, ...next } });
  return (
    <>
      <SegmentedControl
        className={classes['ways'] ?? ''}
        aria-label={t('container.rootLabel')}
        value={container.root}
        onChange={(value) => set({ root: ROOTS.find((root) => root === value) ?? container.root })}
        data={ROOTS.map((value) => ({ value, label: t(`container.root.${value}`) }))}
      />
      {container.root === 'template' && <Template part={part} set={set} />}
      {container.root === 'directory' && (
        <TextInput
          label={t('container.folder')}
          description={t('container.folderHelp')}
          placeholder="/srv/web"
          value={container.folder}
          error={saidAt(problems, 'source.root.path')}
          spellCheck={false}
          onChange={(event) => set({ folder: event.currentTarget.value })}
        />
      )}
      {container.root === 'host' && <Note>{t('container.hostHelp')}</Note>}
      <Fields>
        <TextInput
          label={t('container.init')}
          description={t('container.initHelp')}
          value={container.init}
          error={saidAt(problems, 'source.init')}
          spellCheck={false}
          onChange={(event) => set({ init: event.currentTarget.value })}
        />
      </Fields>
      {container.root !== 'host' && (
        <SwitchField
          label={t('container.unprivileged')}
          description={t('container.unprivilegedHelp')}
          checked={container.unprivileged}
          onChange={(unprivileged) => set({ unprivileged })}
        />
      )}
      <More title={t('container.more')}>
        <Lines
          label={t('container.args')}
          description={t('container.argsHelp')}
          value={container.args}
          error={saidAt(problems, 'source.args', true)}
          onChange={(args) => set({ args })}
        />
        <Lines
          label={t('container.env')}
          description={t('container.envHelp')}
          value={container.env}
          error={saidAt(problems, 'source.env', true)}
          onChange={(env) => set({ env })}
        />
      </More>
    </>
  );
}

function Template({ part, set }: { part: PartProps; set: (next: Partial<ContainerForm>) => void }) {
  const { t } = useTranslation('create');
  const { form, options, problems, spec } = part;
  return (
    <>
      <Note>{t('container.templateHelp')}</Note>
      <MediumFields which="archive" part={part} />
      <Fields>
        <Select
          label={t('container.pool')}
          description={t('container.poolHelp')}
          allowDeselect={false}
          error={saidAt(problems, 'source.root.pool')}
          data={options.pools.map(({ uuid, name }) => ({ value: uuid, label: name }))}
          value={form.container.pool === '' ? mediaPool(spec, options) : form.container.pool}
          onChange={(pool) => pool !== null && set({ pool })}
        />
      </Fields>
    </>
  );
}

function Lines(props: {
  label: string;
  description: string;
  value: string;
  error: string | null;
  onChange: (value: string) => void;
}) {
  return (
    <Textarea
      label={props.label}
      description={props.description}
      value={props.value}
      error={props.error}
      styles={{ input: { fontFamily: 'var(--mono)' } }}
      autosize
      minRows={2}
      maxRows={10}
      spellCheck={false}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}
