import { useTranslation } from 'react-i18next';
import type { Inspection } from '../../../main/contract/p2v.ts';
import { formatBytes } from '../../ui/format.ts';
import { Note } from '../sheet/cards.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { PartProps } from './parts.ts';
import { PathChoice } from './path-choice.tsx';
import { saidAt } from './problems.ts';
import { withoutDisks, type SavedForm } from './saved-input.ts';
import { Computer } from './saved-computer.tsx';
import { SavedFacts } from './saved-facts.tsx';
import { Macs } from './saved-macs.tsx';
import { Where } from './saved-where.tsx';

/** The image of a machine of iron: where it is, what it has, and what becomes of that. */
export function SavedFields(part: PartProps) {
  const { t } = useTranslation('create');
  const { form, change } = part;
  const { image } = part.saved;
  const choose = (path: string): void =>
    // Another image is another machine.
    change({ saved: { ...form.saved, path, disks: null }, edits: {} });
  return (
    <>
      <Computer {...part} />
      <PathChoice
        key={form.saved.on}
        wanted="image"
        on={form.saved.on}
        label={t('saved.path')}
        help={t('saved.pathHelp')}
        path={form.saved.path}
        error={saidAt(part.problems, 'source.path')}
        state={image.value !== null ? 'read' : image.loading ? 'reading' : 'none'}
        onChoose={choose}
      />
      {image.loading && <Note>{t('saved.reading')}</Note>}
      {image.value !== null && <Saved part={part} inspection={image.value} />}
    </>
  );
}

/** What is in it, and what is taken of that. */
function Saved({ part, inspection }: { part: PartProps; inspection: Inspection }) {
  const { t } = useTranslation('create');
  const { form, change } = part;
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
        onTake={(disks) => change({ saved: { ...form.saved, disks }, edits: withoutDisks(form.edits) })}
      />
      <Where {...part} />
      {inspection.macs.length > 0 && <Macs part={part} of="saved" macs={inspection.macs} />}
      <SwitchField
        label={t('saved.verify')}
        description={t('saved.verifyHelp', { size: formatBytes(stored) })}
        checked={form.saved.verify}
        onChange={(verify) => set({ verify })}
      />
    </>
  );
}
