import { Checkbox, PasswordInput, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { partitionStem } from '../../../main/contract/partition-name.ts';
import type { Pool, VolumeInput } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import { useHostStorage } from '../../state/storage.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { holdsFiles } from './pool-facts.ts';
import { SizeInput } from './size-input.tsx';
import { SubmitForm } from './submit-form.tsx';
import { nameIn, nameProblem, useVolumeNames } from './volume-name.ts';
import { showWork } from './work.ts';

const GIB = 1024 ** 3;
const FORMATS = ['qcow2', 'raw'] as const;
const PREALLOCATIONS = ['none', 'metadata', 'full'] as const;

/** An empty volume, or one that lies on another. */
export function CreateVolumeDialog({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const { t } = useTranslation('storage');
  const taken = useVolumeNames(pool.host, pool.uuid);
  const files = holdsFiles(pool);
  const [name, setName] = useState(() => nameIn(pool, '', taken));
  const [format, setFormat] = useState<VolumeInput['format']>(files ? 'qcow2' : 'raw');
  const [bytes, setBytes] = useState<number | null>(20 * GIB);
  const [preallocation, setPreallocation] = useState<(typeof PREALLOCATIONS)[number]>('none');
  const [backing, setBacking] = useState('');
  const [passphrase, setPassphrase] = useState<string | null>(null);
  const problem = nameProblem(name, taken, pool);
  const thin = format === 'qcow2';
  return (
    <Dialog title={t('create.title', { pool: pool.name })} size={480} onClose={onClose}>
      <SubmitForm
        verb={t('create.create')}
        ready={name !== '' && problem === null && bytes !== null && passphrase !== ''}
        work={async () => {
          const { job } = await api.volume.create({
            host: pool.host,
            uuid: pool.uuid,
            name,
            format,
            capacityBytes: bytes ?? 0,
            ...(preallocation === 'none' ? {} : { preallocation }),
            ...(thin && backing !== '' ? { backing } : {}),
            ...(passphrase === null ? {} : { passphrase }),
          });
          showWork({ job, host: pool.host, pool: pool.uuid });
        }}
        onClose={onClose}
      >
        <TextInput
          label={t('create.name')}
          value={name}
          error={
            problem === null ? undefined : t(`nameProblem.${problem}`, { stem: partitionStem(pool) ?? '' })
          }
          placeholder={`disk.${thin ? 'qcow2' : 'img'}`}
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {files && (
          <Labelled label={t('create.format')} help={t(`create.formatHelp.${format}`)}>
            <SegmentedControl
              aria-label={t('create.format')}
              data={[...FORMATS]}
              value={format}
              onChange={(value) => {
                setFormat(FORMATS.find((one) => one === value) ?? format);
                if (preallocation === 'metadata') setPreallocation('none');
              }}
            />
          </Labelled>
        )}
        <SizeInput label={t('create.size')} initialBytes={20 * GIB} onChange={setBytes} />
        {files && (
          <Select
            label={t('create.preallocation')}
            data={PREALLOCATIONS.filter((one) => thin || one !== 'metadata').map((value) => ({
              value,
              label: t(`create.preallocations.${value}`),
            }))}
            value={preallocation}
            allowDeselect={false}
            onChange={(value) => setPreallocation(PREALLOCATIONS.find((one) => one === value) ?? 'none')}
          />
        )}
        {thin && <BackingChoice host={pool.host} value={backing} onChange={setBacking} />}
        <Checkbox
          label={t('create.encrypt')}
          checked={passphrase !== null}
          onChange={(event) => setPassphrase(event.currentTarget.checked ? '' : null)}
        />
        {passphrase !== null && (
          <PasswordInput
            label={t('create.passphrase')}
            description={t('create.passphraseHelp')}
            value={passphrase}
            autoComplete="new-password"
            onChange={(event) => setPassphrase(event.currentTarget.value)}
          />
        )}
      </SubmitForm>
    </Dialog>
  );
}

function Labelled({ label, help, children }: { label: string; help: string; children: React.ReactNode }) {
  return (
    <div style={{ display: 'grid', gap: 4, justifyItems: 'start' }}>
      <span className="strong" aria-hidden="true">
        {label}
      </span>
      {children}
      <span className="muted small">{help}</span>
    </div>
  );
}

const EMPTY = '';

function BackingChoice({
  host,
  value,
  onChange,
}: {
  host: string;
  value: string;
  onChange: (path: string) => void;
}) {
  const { t } = useTranslation('storage');
  const { pools, volumes } = useHostStorage(host);
  const groups = pools.map((one) => ({
    group: one.name,
    items: (volumes.get(one.uuid) ?? [])
      .filter(({ format }) => format === 'qcow2' || format === 'raw')
      .map(({ path, name }) => ({ value: path, label: name })),
  }));
  return (
    <Select
      label={t('create.backing')}
      description={value === EMPTY ? undefined : t('create.backingHelp')}
      data={[
        { value: EMPTY, label: t('create.backingNone') },
        ...groups.filter(({ items }) => items.length > 0),
      ]}
      value={value}
      allowDeselect={false}
      searchable
      maxDropdownHeight={240}
      onChange={(path) => onChange(path ?? EMPTY)}
    />
  );
}
