import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { migrateManner, type MigrateManner } from '../../../main/contract/migrate.ts';
import { Fields } from '../sheet/cards.tsx';
import { CountField } from '../sheet/count-field.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { MigratePart } from './sections.ts';

type Part = Pick<MigratePart, 'form' | 'change'>;

const MAX_TEXT = 255;
const MAX_PARALLEL = 255;
const MAX_ROUNDS = 1000;

function setter({ form, change }: Part) {
  return (part: Partial<MigrateManner>): void => change({ manner: { ...form.manner, ...part } });
}

const orNull = (text: string): string | null => (text === '' ? null : text);

/** How a machine that runs goes, beside the way of its data. What does not go together is said among the checks. */
export function MannerFields(part: Part) {
  const { t } = useTranslation('migrate');
  const { manner } = part.form;
  const set = setter(part);
  const { drive, compression } = migrateManner.shape;
  return (
    <>
      <Fields>
        <Select
          label={t('manner.drive')}
          description={t('manner.driveHelp')}
          allowDeselect={false}
          data={drive.options.map((value) => ({ value, label: t(`manner.drives.${value}`) }))}
          value={manner.drive}
          onChange={(value) => set({ drive: drive.options.find((one) => one === value) ?? 'app' })}
        />
        {manner.drive !== 'app' && (
          <TextInput
            label={t('manner.peerUri')}
            placeholder="qemu+tls://kvm-b/system"
            maxLength={MAX_TEXT}
            value={manner.peerUri ?? ''}
            onChange={(event) => set({ peerUri: orNull(event.currentTarget.value) })}
          />
        )}
        <Select
          label={t('manner.compression')}
          description={t('manner.compressionHelp')}
          allowDeselect={false}
          data={compression.options.map((value) => ({
            value,
            label: value === 'none' ? t('manner.none') : value,
          }))}
          value={manner.compression}
          onChange={(value) =>
            set({ compression: compression.options.find((one) => one === value) ?? 'none' })
          }
        />
        <CountField
          label={t('manner.parallel')}
          description={t('manner.parallelHelp')}
          min={2}
          max={MAX_PARALLEL}
          value={manner.parallel ?? 0}
          onChange={(value) => set({ parallel: value < 2 ? null : Math.min(MAX_PARALLEL, value) })}
        />
      </Fields>
      <SwitchField
        label={t('manner.postCopy')}
        description={t('manner.postCopyHelp')}
        checked={manner.postCopy}
        onChange={(postCopy) => set({ postCopy, postCopyAfter: null })}
      />
      {manner.postCopy && (
        <Fields>
          <CountField
            label={t('manner.postCopyAfter')}
            description={t('manner.postCopyAfterHelp')}
            max={MAX_ROUNDS}
            value={manner.postCopyAfter ?? 0}
            onChange={(value) => set({ postCopyAfter: value === 0 ? null : Math.min(MAX_ROUNDS, value) })}
          />
        </Fields>
      )}
      <SwitchField
        label={t('manner.tls')}
        description={t('manner.tlsHelp')}
        checked={manner.tls}
        onChange={(tls) => set({ tls, tlsName: null })}
      />
      {manner.tls && (
        <Fields>
          <TextInput
            label={t('manner.tlsName')}
            description={t('manner.tlsNameHelp')}
            maxLength={MAX_TEXT}
            value={manner.tlsName ?? ''}
            onChange={(event) => set({ tlsName: orNull(event.currentTarget.value) })}
          />
        </Fields>
      )}
    </>
  );
}

/** What it is called there, and what of it stays here. */
export function KeepFields(part: Part & Pick<MigratePart, 'answer'>) {
  const { t } = useTranslation('migrate');
  const { machines, manner } = part.form;
  const set = setter(part);
  const taken =
    manner.name === null
      ? undefined
      : part.answer.plans[0]?.items.find(({ id, level }) => id === 'name' && level === 'stop');
  return (
    <>
      <SwitchField
        label={t('manner.keepDefinition')}
        description={t('manner.keepDefinitionHelp')}
        checked={manner.keepDefinition}
        onChange={(keepDefinition) => set({ keepDefinition })}
      />
      {machines.length === 1 && (
        <Fields>
          <TextInput
            label={t('manner.name')}
            description={t('manner.nameHelp')}
            error={taken?.message}
            maxLength={MAX_TEXT}
            value={manner.name ?? ''}
            onChange={(event) => set({ name: orNull(event.currentTarget.value) })}
          />
        </Fields>
      )}
    </>
  );
}
