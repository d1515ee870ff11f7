import { Button, Select, Textarea, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { PackageSource } from '../../../main/contract/cloud-init.ts';
import { Fields } from '../sheet/cards.tsx';
import { AddButtons, DeviceGroup } from '../sheet/device-group.tsx';
import type { FirstBootProps } from './first-boot-section.tsx';
import { saidAt } from './problems.ts';

/** Where packages come from beside the system's own sources. */
export function PackageSources({ part, set }: FirstBootProps) {
  const { t } = useTranslation('create');
  const { packageSources: sources } = part.form.firstBoot;
  const change = (index: number, next: PackageSource): void =>
    set({ packageSources: sources.with(index, next) });
  return (
    <>
      {sources.map((source, index) => (
        <DeviceGroup
          key={index}
          title={t('firstBoot.source', { number: index + 1 })}
          removeLabel={t('firstBoot.removeSource', { number: index + 1 })}
          onRemove={() => set({ packageSources: sources.filter((_, at) => at !== index) })}
        >
          <SourceFields
            source={source}
            error={saidAt(part.problems, `source.cloudInit.packageSources.${index}`)}
            onChange={(next) => change(index, next)}
          />
        </DeviceGroup>
      ))}
      <AddButtons>
        <Button
          leftSection={<IconPlus size={14} />}
          onClick={() =>
            set({ packageSources: [...sources, { kind: 'apt', name: '', source: '', key: null }] })
          }
        >
          {t('firstBoot.addSource')}
        </Button>
      </AddButtons>
    </>
  );
}

function SourceFields(props: {
  source: PackageSource;
  error: string | null;
  onChange: (source: PackageSource) => void;
}) {
  const { source, error, onChange } = props;
  const { t } = useTranslation('create');
  const apt = source.kind === 'apt';
  return (
    <>
      <Fields>
        <Select
          label={t('firstBoot.sourceKind')}
          allowDeselect={false}
          data={(['apt', 'yum'] as const).map((value) => ({
            value,
            label: t(`firstBoot.sourceKindName.${value}`),
          }))}
          value={source.kind}
          onChange={(kind) => {
            if (kind === source.kind) return;
            const { name } = source;
            onChange(
              kind === 'yum'
                ? { kind, name, baseUrl: '', gpgKeyUrl: null }
                : { kind: 'apt', name, source: '', key: null },
            );
          }}
        />
        <TextInput
          label={t('firstBoot.sourceName')}
          value={source.name}
          error={error}
          spellCheck={false}
          onChange={(event) => onChange({ ...source, name: event.currentTarget.value })}
        />
      </Fields>
      <TextInput
        label={t(apt ? 'firstBoot.sourceLine' : 'firstBoot.sourceUrl')}
        placeholder={
          apt ? 'deb https://packages.example.org/debian $RELEASE main' : 'https://packages.example.org/el9'
        }
        value={apt ? source.source : source.baseUrl}
        spellCheck={false}
        onChange={(event) => {
          const text = event.currentTarget.value;
          onChange(apt ? { ...source, source: text } : { ...source, baseUrl: text });
        }}
      />
      {apt ? (
        <Textarea
          size="xs"
          label={t('firstBoot.sourceKey')}
          placeholder="-----BEGIN PGP PUBLIC KEY BLOCK-----"
          value={source.key ?? ''}
          autosize
          minRows={2}
          maxRows={8}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mono)' } }}
          onChange={(event) => onChange({ ...source, key: event.currentTarget.value || null })}
        />
      ) : (
        <TextInput
          label={t('firstBoot.sourceKeyUrl')}
          value={source.gpgKeyUrl ?? ''}
          spellCheck={false}
          onChange={(event) => onChange({ ...source, gpgKeyUrl: event.currentTarget.value || null })}
        />
      )}
    </>
  );
}
