import { Select } from '@mantine/core';
import {
  IconBrandWindows,
  IconCloudDown,
  IconDatabase,
  IconDisc,
  IconNetwork,
  IconPackage,
  IconPlugConnected,
  IconServer2,
  IconWorldDownload,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useHosts } from '../../state/inventory.ts';
import { Cards, Fields, Note } from '../sheet/cards.tsx';
import { FromTemplate } from '../template/from-template.tsx';
import { ContainerFields } from './container-fields.tsx';
import { onHost } from './first-form.ts';
import { DiskFileFields } from './disk-file-fields.tsx';
import { DriversField } from './drivers-field.tsx';
import { isSaved, sizesAlone, SOURCES, type CreateForm, type SourceKind } from './form.ts';
import { LiveFields } from './live-fields.tsx';
import { MediumFields, VolumeChoice } from './medium-fields.tsx';
import type { PartProps } from './parts.ts';
import { SavedFields } from './saved-fields.tsx';
import { TreeFields } from './tree-fields.tsx';
import { isKnownTree, treeOf } from './trees.ts';

const ICONS: Readonly<Record<SourceKind, typeof IconDisc>> = {
  cloudImage: IconCloudDown,
  iso: IconDisc,
  tree: IconWorldDownload,
  disk: IconDatabase,
  network: IconNetwork,
  container: IconPackage,
  clonezilla: IconServer2,
  diskFile: IconBrandWindows,
  live: IconPlugConnected,
};

/** On which host, and what the system comes from. */
export function SourceSection(part: PartProps) {
  const { t } = useTranslation('create');
  const { form, change } = part;
  return (
    <>
      <HostField form={form} change={change} />
      <Cards
        label={t('source.legend')}
        cards={sourcesOf(part).map((value) => ({
          value,
          title: t(`source.kind.${value}`),
          text: t(`source.text.${value}`),
          icon: ICONS[value],
          ...(isSaved(value) ? { group: t('source.iron') } : {}),
          unavailable: value === 'container' ? part.options.noContainers : part.options.noMachines,
        }))}
        value={form.source}
        onChange={(source) =>
          change({
            source,
            os: null,
            drivers: null,
            // A saved machine has sizes of its own.
            edits: isSaved(source) ? {} : sizesAlone(form.edits),
          })
        }
      />
      <FromTemplate host={form.host} />
      {form.source === 'iso' && <MediumFields which="iso" part={part} />}
      {form.source === 'cloudImage' && <MediumFields which="image" part={part} />}
      {form.source === 'disk' && (
        <VolumeChoice
          which="disk"
          part={part}
          onChoose={(disk) => change({ disk, os: null, edits: sizesAlone(form.edits) })}
        />
      )}
      {form.source === 'tree' && <SystemField {...part} />}
      {form.source === 'tree' && <TreeFields {...part} />}
      {form.source === 'network' && <Note>{t('source.networkHelp')}</Note>}
      {form.source === 'container' && <ContainerFields {...part} />}
      {form.source === 'clonezilla' && <SavedFields {...part} />}
      {form.source === 'diskFile' && <DiskFileFields {...part} />}
      {form.source === 'live' && <LiveFields {...part} />}
      {form.source !== 'container' &&
        !isSaved(form.source) &&
        form.source !== 'tree' &&
        !(form.source === 'cloudImage' && form.image.from === 'catalogue') && <SystemField {...part} />}
      {form.source === 'iso' && <DriversField {...part} />}
      {part.options.noKvm !== null && <Note tone="warn">{part.options.noKvm}</Note>}
    </>
  );
}

/** What the host makes comes first. */
function sourcesOf({ options }: PartProps): readonly SourceKind[] {
  if (options.noMachines === null) return SOURCES;
  return ['container', ...SOURCES.filter((source) => source !== 'container')];
}

/** Another host has other pools and networks: of what was said only what is of no host stays. */
export function HostField({
  form,
  change,
}: {
  form: CreateForm;
  change: (part: Partial<CreateForm>) => void;
}) {
  const { t } = useTranslation('create');
  const hosts = useHosts().filter(({ id, state }) => state === 'connected' || id === form.host);
  if (hosts.length < 2) return null;
  return (
    <Fields>
      <Select
        label={t('source.host')}
        allowDeselect={false}
        data={hosts.map(({ id, name }) => ({ value: id, label: name }))}
        value={form.host}
        onChange={(host) => {
          if (host !== null) change(onHost(form, host));
        }}
      />
    </Fields>
  );
}

function SystemField({ form, options, detection, spec, change }: PartProps) {
  const { t } = useTranslation('create');
  const names = new Map(options.systems.map(({ id, name }) => [id, name]));
  const { recognised, label, loading } = detection;
  /** The system's own tree, unless a person named another. */
  const treeFor = (os: string | null): Partial<CreateForm> => {
    const { tree, source } = form;
    const url = treeOf(options.systems, os, spec.arch);
    const own = tree.url.trim() !== '' && !isKnownTree(options.systems, tree.url);
    return source !== 'tree' || url === null || own ? {} : { tree: { ...tree, url } };
  };
  const known = recognised === null ? null : (names.get(recognised) ?? recognised);
  const help =
    known !== null
      ? t('source.recognised', { system: known })
      : loading
        ? t('source.looking')
        : label === null
          ? t('source.unknownHelp')
          : t('source.labelUnknown', { label });
  return (
    <Select
      label={t('source.system')}
      description={help}
      searchable
      clearable={form.os !== null}
      clearButtonProps={{ 'aria-label': t('source.asRecognised') }}
      placeholder={t('source.unknown')}
      nothingFoundMessage={t('sheet.nothing')}
      maxDropdownHeight={320}
      data={options.systems.map(({ id, name }) => ({ value: id, label: name }))}
      value={form.os ?? recognised}
      onChange={(os) => change({ os, drivers: null, edits: sizesAlone(form.edits), ...treeFor(os) })}
    />
  );
}
