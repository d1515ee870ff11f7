import { Checkbox, PasswordInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PoolType } from '../../../main/contract/storage.ts';
import type { PoolField, PoolForm, PoolProblem } from './pool-kinds.ts';
import { POOL_KINDS, filledBy } from './pool-kinds.ts';
import { PoolSources } from './pool-sources.tsx';
import classes from './pool-sheet.module.css';

/** The fields that a type of pool has. */
export function PoolFields({
  host,
  type,
  form,
  problems,
  onForm,
}: {
  host: string;
  type: PoolType;
  form: PoolForm;
  problems: Partial<Record<keyof PoolForm, PoolProblem>>;
  onForm: (form: PoolForm) => void;
}) {
  const { t } = useTranslation('storage');
  const kind = POOL_KINDS[type];
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const change = (next: Partial<PoolForm>): void => onForm({ ...form, ...next });
  /** An empty field is told to be needed once a person has been in it. */
  const errorOf = (field: keyof PoolForm): string | undefined => {
    const problem = problems[field];
    return problem === undefined || (problem === 'needed' && !left.has(`${type} ${field}`))
      ? undefined
      : t(`pool.problem.${problem}`);
  };
  const visited = (field: keyof PoolForm) => () =>
    setLeft((before) => new Set(before).add(`${type} ${field}`));
  return (
    <>
      <TextInput
        label={t('pool.name')}
        value={form.name}
        error={errorOf('name')}
        spellCheck={false}
        autoComplete="off"
        data-autofocus
        onBlur={visited('name')}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      {kind.fields.map((field) =>
        field === 'format' ? (
          <Select
            key={field}
            label={t('pool.field.format')}
            data={(kind.formats ?? []).map((value) => ({
              value,
              label: value === 'auto' ? t('pool.auto') : value,
            }))}
            value={form.format === '' ? (kind.formats?.[0] ?? null) : form.format}
            allowDeselect={false}
            onChange={(value) => change({ format: value ?? '' })}
          />
        ) : (
          <TextInput
            key={field}
            className={classes['field'] ?? ''}
            label={<FieldLabel type={type} field={field} />}
            placeholder={placeholderOf(type, field)}
            value={form[field]}
            error={errorOf(field)}
            spellCheck={false}
            autoComplete="off"
            // A proposal is typed over, not added to.
            onFocus={({ currentTarget }) => {
              if (field === 'path') requestAnimationFrame(() => currentTarget.select());
            }}
            onBlur={visited(field)}
            onChange={(event) => change({ [field]: event.currentTarget.value })}
          />
        ),
      )}
      {kind.sources !== undefined && (
        <PoolSources
          host={host}
          type={type}
          server={kind.sources === 'server' ? form.hosts.trim() : null}
          initiator={type === 'iscsi-direct' ? form.initiator.trim() : null}
          onFound={(source) => onForm(filledBy(form, source))}
        />
      )}
      {kind.auth !== undefined && (
        <div className={classes['pair']}>
          <TextInput
            label={<Optional word={t('pool.field.username')} />}
            value={form.username}
            error={errorOf('username')}
            autoComplete="off"
            onChange={(event) => change({ username: event.currentTarget.value })}
          />
          <PasswordInput
            label={t(`pool.secret.${kind.auth}`)}
            value={form.secret}
            error={errorOf('secret')}
            autoComplete="new-password"
            onChange={(event) => change({ secret: event.currentTarget.value })}
          />
        </div>
      )}
      {kind.build === true && (
        <Checkbox
          label={t(`pool.build.${type}`, { defaultValue: '' })}
          description={type === 'dir' || type === 'netfs' ? undefined : t('pool.buildHelp')}
          checked={form.build}
          onChange={(event) => change({ build: event.currentTarget.checked })}
        />
      )}
      <Checkbox
        label={t('pool.autostart')}
        checked={form.autostart}
        onChange={(event) => change({ autostart: event.currentTarget.checked })}
      />
    </>
  );
}

function FieldLabel({ type, field }: { type: PoolType; field: PoolField }) {
  const { t } = useTranslation('storage');
  const word = t(`pool.${field}.${type}`, { defaultValue: t(`pool.field.${field}`) });
  return POOL_KINDS[type].required.includes(field) ? word : <Optional word={word} />;
}

function Optional({ word }: { word: string }) {
  const { t } = useTranslation('storage');
  return (
    <>
      {word} <span className="faint">{t('pool.optional')}</span>
    </>
  );
}

/** An example of what is typed; no words, so it has no translation. */
function placeholderOf(type: PoolType, field: PoolField): string {
  switch (field) {
    case 'devices':
      return type.startsWith('iscsi') ? 'iqn.2026-01.com.example:disks' : '/dev/sdb';
    case 'hosts':
      return type === 'rbd' ? 'mon1:6789 mon2:6789' : 'nas.example.com';
    case 'dir':
      return type === 'gluster' ? '/' : '/export/vms';
    case 'adapter':
      return 'scsi_host0';
    case 'initiator':
      return 'iqn.2026-01.com.example:this-host';
    case 'path':
      return '/var/lib/libvirt/name';
    case 'sourceName':
    case 'format':
      return '';
  }
}
