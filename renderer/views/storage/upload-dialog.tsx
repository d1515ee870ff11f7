import { ActionIcon, Button, Checkbox, FileButton, TextInput } from '@mantine/core';
import { IconUpload, IconX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { partitionStem } from '../../../main/contract/partition-name.ts';
import type { Pool } from '../../../main/contract/storage.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { formatBytes } from '../../ui/format.ts';
import { imageFormat, type ImageFormat } from './image-format.ts';
import { holdsFiles } from './pool-facts.ts';
import { SubmitForm } from './submit-form.tsx';
import { FileBox } from '../../ui/file-box.tsx';
import { nameIn, nameProblem, useVolumeNames, type NameProblem } from './volume-name.ts';
import { startUpload } from './work.ts';
import classes from './forms.module.css';

/** A file that was chosen, and what is to become of it. */
interface Chosen {
  readonly file: File;
  readonly name: string;
  readonly convert: boolean;
  /** Null while its beginning is read. */
  readonly format: ImageFormat | null;
}

function withFiles(
  list: readonly Chosen[],
  files: readonly File[],
  { pool, taken }: { pool: Pool; taken: ReadonlySet<string> },
): readonly Chosen[] {
  const all = [...list];
  for (const file of files) {
    const name = nameIn(pool, file.name, new Set([...taken, ...all.map((one) => one.name)]));
    all.push({ file, name, convert: false, format: null });
  }
  return all;
}

/** Files of this computer become volumes: by the button, or dropped. */
export function UploadDialog({
  pool,
  files,
  onClose,
}: {
  pool: Pool;
  files: readonly File[];
  onClose: () => void;
}) {
  const { t } = useTranslation('storage');
  const taken = useVolumeNames(pool.host, pool.uuid);
  const [chosen, setChosen] = useState(() => withFiles([], files, { pool, taken }));
  const [started, setStarted] = useState<ReadonlySet<File>>(new Set());
  const change = (file: File, next: Partial<Chosen>): void =>
    setChosen((list) => list.map((one) => (one.file === file ? { ...one, ...next } : one)));
  useFormats(chosen, change);
  const add = (more: readonly File[]): void => setChosen((list) => withFiles(list, more, { pool, taken }));
  // What a failed start has begun already is not begun again by another try.
  const left = chosen.filter(({ file }) => !started.has(file));
  const total = left.reduce((sum, { file }) => sum + file.size, 0);
  const tooLarge = pool.availableBytes !== null && total > pool.availableBytes;
  const problems = left.map((one) => problemOf(one, pool, namesBeside(one, left, taken)));
  const ready = left.length > 0 && !tooLarge && problems.every((one) => one === null);
  return (
    <Dialog title={t('upload.title', { pool: pool.name })} size={560} onClose={onClose}>
      <SubmitForm
        verb={t('upload.start', { count: Math.max(1, left.length) })}
        ready={ready}
        work={async () => {
          for (const { file, name, convert } of left) {
            await startUpload({ host: pool.host, uuid: pool.uuid, name, file, convert });
            setStarted((before) => new Set(before).add(file));
          }
        }}
        onClose={onClose}
      >
        {left.length > 0 && (
          <ul className={classes['files']}>
            {left.map((one, index) => (
              <FileLine
                key={`${one.file.name} ${index}`}
                chosen={one}
                pool={pool}
                problem={problems[index] ?? null}
                onChange={(next) => change(one.file, next)}
                onRemove={() => setChosen((list) => list.filter(({ file }) => file !== one.file))}
              />
            ))}
          </ul>
        )}
        <FileBox onFiles={add}>
          {left.length === 0 && <span>{t('upload.drop')}</span>}
          <FileButton multiple onChange={add}>
            {(props) => (
              <Button {...props} leftSection={<IconUpload size={14} />} data-autofocus>
                {t('upload.choose')}
              </Button>
            )}
          </FileButton>
        </FileBox>
        {tooLarge && (
          <p className={classes['warning']}>
            {t('upload.tooLarge', { free: formatBytes(pool.availableBytes) })}
          </p>
        )}
        <p className={classes['note']}>{t('upload.keepOpen')}</p>
      </SubmitForm>
    </Dialog>
  );
}

/** Looks into each file once. */
function useFormats(chosen: readonly Chosen[], change: (file: File, next: Partial<Chosen>) => void): void {
  useEffect(() => {
    for (const { file, format } of chosen)
      if (format === null)
        void imageFormat(file)
          .catch((): ImageFormat => 'raw')
          .then((found) => change(file, { format: found }));
    // oxlint-disable-next-line react/exhaustive-deps -- `change` differs at each render and does the same
  }, [chosen]);
}

function namesBeside(one: Chosen, all: readonly Chosen[], taken: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...taken, ...all.filter((other) => other !== one).map(({ name }) => name)]);
}

type UploadProblem = NameProblem | 'empty' | 'notRaw' | 'foreign' | 'reading';

function problemOf({ name, format }: Chosen, pool: Pool, taken: ReadonlySet<string>): UploadProblem | null {
  if (name === '') return 'empty';
  if (format === null) return 'reading';
  if (format === 'qcow2' && !holdsFiles(pool)) return 'notRaw';
  if (format !== 'raw' && format !== 'qcow2') return 'foreign';
  return nameProblem(name, taken, pool);
}

function FileLine({
  chosen,
  pool,
  problem,
  onChange,
  onRemove,
}: {
  chosen: Chosen;
  pool: Pool;
  problem: UploadProblem | null;
  onChange: (next: Partial<Chosen>) => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation('storage');
  const { file, name, convert, format } = chosen;
  const wrongName =
    problem === 'taken' || problem === 'slash' || problem === 'partition'
      ? t(`nameProblem.${problem}`, { stem: partitionStem(pool) ?? '' })
      : undefined;
  return (
    <li className={classes['file']}>
      <div className="row">
        <span className="strong truncate">{file.name}</span>
        <span className="faint num small" style={{ flex: 'none' }}>
          {formatBytes(file.size)}
        </span>
        <span className="spacer" />
        <ActionIcon
          variant="subtle"
          size={22}
          aria-label={t('upload.remove', { name: file.name })}
          onClick={onRemove}
        >
          <IconX size={14} />
        </ActionIcon>
      </div>
      <TextInput
        label={t('upload.name')}
        value={name}
        error={wrongName}
        spellCheck={false}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      {problem === 'notRaw' && <p className={classes['warning']}>{t('upload.notRaw')}</p>}
      {problem !== 'notRaw' && format === 'qcow2' && <p className={classes['note']}>{t('upload.qcow2')}</p>}
      {format === 'raw' && holdsFiles(pool) && !/\.iso$/i.test(file.name) && (
        <Checkbox
          label={t('upload.convert')}
          description={convert ? t('upload.convertHelp') : t('upload.raw')}
          checked={convert}
          onChange={(event) => onChange({ convert: event.currentTarget.checked })}
        />
      )}
      {problem === 'foreign' && (
        <p className={classes['warning']}>{t('upload.foreign', { format, file: file.name })}</p>
      )}
    </li>
  );
}
