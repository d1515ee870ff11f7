import { Button, FileButton, SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../../ui/format.ts';
import { FileBox } from '../../ui/file-box.tsx';
import { Cards, Fields, More, Note } from '../sheet/cards.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { isUrl, sizesAlone, type MediumForm, type MediumFrom, type VolumeRef } from './form.ts';
import { mediaPool } from './input.ts';
import type { PartProps } from './parts.ts';
import { MEDIUM_FIELDS, saidAt } from './problems.ts';
import { useUsersOf } from './use-users-of.ts';
import classes from './create.module.css';

/** More than that are chosen from a list that can be searched. */
const MAX_CARDS = 12;

/** Where an ISO, an image or an archive comes from. */
export function MediumFields({ which, part }: { which: 'iso' | 'image' | 'archive'; part: PartProps }) {
  const { t } = useTranslation('create');
  const { form, change } = part;
  const medium = form[which];
  const ways: readonly MediumFrom[] =
    which === 'image' ? ['catalogue', 'volume', 'file', 'url'] : ['volume', 'file', 'url'];
  // Another medium is another system: what was said of the last one's devices does not hold.
  const set = (next: Partial<MediumForm>): void =>
    change({ [which]: { ...medium, ...next }, os: null, drivers: null, edits: sizesAlone(form.edits) });
  return (
    <>
      <SegmentedControl
        className={classes['ways'] ?? ''}
        aria-label={t('medium.from')}
        value={medium.from}
        onChange={(value) => set({ from: ways.find((way) => way === value) ?? medium.from })}
        data={ways.map((value) => ({ value, label: t(`medium.way.${value}`) }))}
      />
      {medium.from === 'catalogue' && <Catalogue part={part} onChoose={(catalogue) => set({ catalogue })} />}
      {medium.from === 'volume' && (
        <VolumeChoice which={which} part={part} onChoose={(volume) => set({ volume })} />
      )}
      {medium.from === 'file' && <FileChoice part={part} medium={medium} onChange={set} />}
      {medium.from === 'url' && <UrlFields part={part} medium={medium} onChange={set} />}
      {medium.from !== 'volume' && <Wrong said={saidAt(part.problems, MEDIUM_FIELDS[which])} />}
      {(medium.from !== 'volume' || which === 'image') && (
        <More title={t('medium.more')}>
          <Fields>
            {medium.from !== 'volume' && <PoolField part={part} medium={medium} onChange={set} />}
          </Fields>
          {which === 'image' && (
            <SwitchField
              label={t('medium.copy')}
              description={t('medium.copyHelp')}
              checked={form.copy}
              onChange={(copy) => change({ copy })}
            />
          )}
        </More>
      )}
    </>
  );
}

function Catalogue({ part, onChoose }: { part: PartProps; onChoose: (id: string) => void }) {
  const { t } = useTranslation('create');
  const { form, options } = part;
  const runs = new Set(options.arches.map(({ arch }) => arch));
  // The host's own first; what it would have to emulate, or cannot run at all, is seldom meant.
  const own = options.cloudImages.filter(({ arch }) => arch === options.hostArch || options.hostArch === '');
  const others = options.cloudImages.filter((image) => !own.includes(image));
  const cardsOf = (images: typeof own) =>
    images.map(({ id, name, arch, user }) => ({
      value: id,
      title: name,
      text: t('medium.imageText', { user, arch }),
      unavailable: runs.has(arch) ? null : t('medium.noArch', { arch }),
    }));
  return (
    <>
      <Note>{t('medium.catalogueHelp')}</Note>
      <Cards
        small
        label={t('medium.catalogue')}
        cards={cardsOf(own)}
        value={form.image.catalogue}
        onChange={onChoose}
      />
      {others.length > 0 && (
        <More title={t('medium.otherArches')}>
          <Cards
            small
            label={t('medium.otherArches')}
            cards={cardsOf(others)}
            value={form.image.catalogue}
            onChange={onChoose}
          />
        </More>
      )}
    </>
  );
}

/** Volumes of the host that look like what is wanted, and whether there are more. */
export function VolumeChoice(props: VolumeChoiceProps) {
  const { t } = useTranslation('create');
  const { unlisted } = props.part.options;
  return (
    <>
      <Volumes {...props} />
      {unlisted.length > 0 && <Note>{t('medium.unlisted', { pools: unlisted.join(', ') })}</Note>}
    </>
  );
}

interface VolumeChoiceProps {
  which: 'iso' | 'image' | 'archive' | 'disk';
  part: PartProps;
  onChoose: (volume: VolumeRef) => void;
}

function Volumes(props: VolumeChoiceProps) {
  const { which, part, onChoose } = props;
  const { t } = useTranslation('create');
  const { form, options } = part;
  const chosen = which === 'disk' ? form.disk : form[which].volume;
  const usedBy = useUsersOf(form.host, which === 'disk');
  const pools = new Map(options.pools.map(({ uuid, name }) => [uuid, name]));
  const volumes =
    which === 'iso' || which === 'archive'
      ? (which === 'iso' ? options.isos : options.archives).map(({ sizeBytes, ...volume }) => ({
          ...volume,
          text: formatBytes(sizeBytes),
        }))
      : options.images.map(({ pool, name, format, capacityBytes }) => ({
          pool,
          name,
          text: `${format}, ${formatBytes(capacityBytes)}`,
          ...(which === 'disk' ? { usedBy: usedBy({ pool, name }) } : {}),
        }));
  // Nobody knows what is among those that are not shown.
  if (volumes.length === 0)
    return options.unlisted.length > 0 ? null : <Note>{t(`medium.none.${which}`)}</Note>;
  const keyOf = ({ pool, name }: VolumeRef): string => `${pool}/${name}`;
  const choose = (key: string | null): void => {
    const found = volumes.find((volume) => keyOf(volume) === key);
    if (found !== undefined) onChoose({ pool: found.pool, name: found.name });
  };
  const value = chosen === null ? null : keyOf(chosen);
  const textOf = (volume: (typeof volumes)[number]): string => {
    const pool = pools.get(volume.pool);
    const text = pool === undefined ? volume.text : t('medium.volumeText', { size: volume.text, pool });
    const users = 'usedBy' in volume ? (volume.usedBy ?? '') : '';
    return users === '' ? text : t('medium.volumeUsed', { text, users });
  };
  const error =
    which === 'disk'
      ? saidAt(part.problems, 'spec.disks', true)
      : saidAt(part.problems, MEDIUM_FIELDS[which]);
  if (volumes.length > MAX_CARDS)
    return (
      <Select
        label={t(`medium.choose.${which}`)}
        searchable
        value={value}
        error={error}
        data={volumes.map((volume) => ({ value: keyOf(volume), label: volume.name, text: textOf(volume) }))}
        maxDropdownHeight={320}
        nothingFoundMessage={t('sheet.nothing')}
        renderOption={({ option }) => (
          <span className="row">
            <span>{option.label}</span>
            <span className="muted small">
              {volumes.filter((volume) => keyOf(volume) === option.value).map(textOf)}
            </span>
          </span>
        )}
        onChange={choose}
      />
    );
  return (
    <>
      <Cards
        small
        label={t(`medium.choose.${which}`)}
        cards={volumes.map((volume) => ({ value: keyOf(volume), title: volume.name, text: textOf(volume) }))}
        value={value}
        onChange={choose}
      />
      <Wrong said={error} />
    </>
  );
}

interface MediumProps {
  readonly part: PartProps;
  readonly medium: MediumForm;
  readonly onChange: (next: Partial<MediumForm>) => void;
}

function FileChoice({ part, medium, onChange }: MediumProps) {
  const { t } = useTranslation('create');
  const take = (file: File | null | undefined): void => {
    if (file === null || file === undefined) return;
    part.takeFile(file);
    onChange({ fileName: file.name });
  };
  return (
    <FileBox onFiles={([file]) => take(file)}>
      {medium.fileName === '' ? t('medium.drop') : <span className="strong">{medium.fileName}</span>}
      <FileButton onChange={take}>
        {(props) => (
          <Button {...props} leftSection={<IconUpload size={14} />}>
            {t(medium.fileName === '' ? 'medium.chooseFile' : 'medium.otherFile')}
          </Button>
        )}
      </FileButton>
      <span className="muted small">{t('medium.fileHelp')}</span>
    </FileBox>
  );
}

function UrlFields({ part, medium, onChange }: MediumProps) {
  const { t } = useTranslation('create');
  const wrong = medium.url.trim() !== '' && !isUrl(medium.url);
  return (
    <>
      <TextInput
        label={t('medium.url')}
        description={t('medium.urlHelp')}
        type="url"
        value={medium.url}
        error={wrong ? t('problem.url') : null}
        spellCheck={false}
        onChange={(event) => onChange({ url: event.currentTarget.value })}
      />
      <TextInput
        label={t('medium.checksum')}
        description={t('medium.checksumHelp')}
        value={medium.checksum}
        error={saidAt(part.problems, 'source.checksum')}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mono)' } }}
        onChange={(event) => onChange({ checksum: event.currentTarget.value })}
      />
    </>
  );
}

function PoolField({ part, medium, onChange }: MediumProps) {
  const { t } = useTranslation('create');
  return (
    <Select
      label={t('medium.pool')}
      description={t('medium.poolHelp')}
      allowDeselect={false}
      data={part.options.pools.map(({ uuid, name }) => ({ value: uuid, label: name }))}
      value={medium.pool === '' ? mediaPool(part.spec, part.options) : medium.pool}
      onChange={(pool) => pool !== null && onChange({ pool })}
    />
  );
}
