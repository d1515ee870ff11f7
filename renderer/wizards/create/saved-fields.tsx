import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Inspection } from '../../../main/contract/p2v.ts';
import { formatBytes } from '../../ui/format.ts';
import { Cards, Fields, Group, Note } from '../sheet/cards.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { ImageChoice } from './image-choice.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';
import { keepsMacs, savedDiskAt, withMacs, type SavedForm } from './saved-input.ts';
import { SavedFacts } from './saved-facts.tsx';

/** The image of a machine of iron: where it is, what it has, and what becomes of that. */
export function SavedFields(part: PartProps) {
  const { t } = useTranslation('create');
  const { form, change, saved } = part;
  const choose = (path: string): void =>
    // Another image is another machine.
    change({ saved: { ...form.saved, path, disks: null }, edits: {} });
  return (
    <>
      <ImageChoice part={part} onChoose={choose} />
      {saved.loading && <Note>{t('saved.reading')}</Note>}
      {saved.value !== null && <Saved part={part} inspection={saved.value} />}
    </>
  );
}

/** What is in it, and what is taken of that. */
function Saved({ part, inspection }: { part: PartProps; inspection: Inspection }) {
  const { t } = useTranslation('create');
  const { form, change, defaults } = part;
  const set = (next: Partial<SavedForm>): void => change({ saved: { ...form.saved, ...next } });
  const stored = [
    ...inspection.disks.flatMap(({ partitions }) => partitions),
    ...inspection.groups.flatMap(({ volumes }) => volumes),
  ].reduce((sum, { image }) => sum + (image?.storedBytes ?? 0), 0);
  return (
    <>
      <SavedFacts
        inspection={inspection}
        taken={form.saved.disks ?? inspection.disks.map(({ name }) => name)}
        wrong={saidAt(part.problems, 'source.disks')}
        onTake={(disks) =>
          // Disks of the machine are those of the image, in order: what was said of one may be another's.
          change({ saved: { ...form.saved, disks }, edits: withoutDisks(form.edits) })
        }
      />
      {(defaults.clonezilla?.disks.length ?? 0) > 0 && <Where {...part} />}
      {inspection.macs.length > 0 && <Macs part={part} macs={inspection.macs} />}
      <SwitchField
        label={t('saved.verify')}
        description={t('saved.verifyHelp', { size: formatBytes(stored) })}
        checked={form.saved.verify}
        onChange={(verify) => set({ verify })}
      />
    </>
  );
}

function withoutDisks(edits: PartProps['form']['edits']): PartProps['form']['edits'] {
  const { disks: _disks, ...rest } = edits;
  return rest;
}

/** Pool and format of all disks that are filled; of each alone they are among the disks. */
function Where({ spec, defaults, options, edit }: PartProps) {
  const { t } = useTranslation('create');
  const names = defaults.clonezilla?.disks ?? [];
  const filled = spec.disks.flatMap(({ source }, index) =>
    source.kind === 'new' && savedDiskAt(spec, index, names) !== undefined ? [source] : [],
  );
  const one = <T,>(values: readonly T[]): T | null =>
    values.length > 0 && values.every((value) => value === values[0]) ? (values[0] ?? null) : null;
  const pool = one(filled.map((source) => source.pool));
  const format = one(filled.map((source) => source.format));
  const hasFormats = (uuid: string): boolean =>
    options.pools.find((found) => found.uuid === uuid)?.overlays ?? true;
  const set = (next: { pool?: string; format?: 'raw' | 'qcow2' }): void =>
    edit({
      disks: spec.disks.map((disk, index) => {
        const { source } = disk;
        if (source.kind !== 'new' || savedDiskAt(spec, index, names) === undefined) return disk;
        const changed = { ...source, ...next };
        return {
          ...disk,
          source: { ...changed, format: hasFormats(changed.pool) ? changed.format : ('raw' as const) },
        };
      }),
    });
  return (
    <Group title={t('saved.where')}>
      <Fields>
        <Select
          label={t('saved.pool')}
          allowDeselect={false}
          placeholder={t('saved.several')}
          data={options.pools.map(({ uuid, name, availableBytes }) => ({
            value: uuid,
            label: t('disks.poolName', { name, free: formatBytes(availableBytes) }),
          }))}
          value={pool}
          onChange={(value) => value !== null && set({ pool: value })}
        />
        <Select
          label={t('saved.format')}
          allowDeselect={false}
          placeholder={t('saved.several')}
          {...(format === null ? {} : { description: t(`saved.formatHelp.${format}`) })}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          data={(['qcow2', 'raw'] as const).map((value) => ({
            value,
            label: t(`disks.formatName.${value}`),
            disabled: value === 'qcow2' && pool !== null && !hasFormats(pool),
          }))}
          value={format}
          onChange={(value) => set({ format: value === 'raw' ? 'raw' : 'qcow2' })}
        />
      </Fields>
    </Group>
  );
}

function Macs({ part, macs }: { part: PartProps; macs: readonly string[] }) {
  const { t } = useTranslation('create');
  const { spec, defaults, edit } = part;
  return (
    <Group title={t('saved.macLegend')}>
      <Cards
        label={t('saved.macLegend')}
        cards={(['keep', 'fresh'] as const).map((value) => ({
          value,
          title: t(`saved.mac.${value}`),
          text: t(`saved.macText.${value}`),
        }))}
        value={keepsMacs(spec, macs) ? 'keep' : 'fresh'}
        onChange={(value) =>
          edit({ nics: withMacs(spec.nics, defaults.spec.nics, { keep: value === 'keep', macs }) })
        }
      />
    </Group>
  );
}
