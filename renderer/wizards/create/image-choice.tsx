import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconFileZip, IconFolderOpen } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { nativeDialog } from '../../api/native-dialog.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { notifyFailure } from '../../ui/notify.tsx';
import { useAnswer } from '../../ui/use-answer.ts';
import { FolderList } from './folder-list.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';
import classes from './saved.module.css';

/** The path of an image, typed or found in a list; in the desktop app also by the system's own dialog. */
export function ImageChoice({ part, onChoose }: { part: PartProps; onChoose: (path: string) => void }) {
  const { t } = useTranslation('create');
  const { form, saved } = part;
  const { path } = form.saved;
  const field = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(path);
  const [settled] = useDebouncedValue(at, 300);
  const shown = open || (saved.value === null && !saved.loading);
  const folder = useAnswer(
    (signal) => api.p2v.folder({ path: settled.trim() === '' ? null : settled.trim() }, { signal }),
    { subject: 'folder', version: settled, enabled: shown },
  );
  // Below the cards it may be out of sight, and it is what comes next.
  const box = useRef<HTMLDivElement>(null);
  const listed = folder.value !== null;
  useEffect(() => {
    if (listed && field.current?.value === '') box.current?.scrollIntoView({ block: 'nearest' });
  }, [listed]);
  const chosen = (next: string): void => {
    onChoose(next);
    setOpen(false);
    // The list goes, and the keyboard with it.
    field.current?.focus();
  };
  const dialog = nativeDialog();
  const ask = (kind: 'folder' | 'file'): void =>
    void dialog?.(kind).then((found) => {
      if (found === null) return;
      setAt(found);
      chosen(found);
    }, notifyFailure);
  const missing = saidAt(part.problems, 'source.path') ?? saved.failure?.message ?? null;
  return (
    <>
      <TextInput
        ref={field}
        label={t('saved.path')}
        description={t('saved.pathHelp')}
        value={path}
        error={missing}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mono)' } }}
        onChange={(event) => {
          setAt(event.currentTarget.value);
          onChoose(event.currentTarget.value);
        }}
      />
      {(dialog !== null || saved.value !== null) && (
        <div className={classes['ways']}>
          {dialog !== null && (
            <>
              <Button leftSection={<IconFolderOpen size={14} />} onClick={() => ask('folder')}>
                {t('saved.chooseFolder')}
              </Button>
              <Button leftSection={<IconFileZip size={14} />} onClick={() => ask('file')}>
                {t('saved.chooseTar')}
              </Button>
            </>
          )}
          {saved.value !== null && (
            <Button aria-expanded={open} onClick={() => setOpen(!open)}>
              {t(open ? 'saved.hide' : 'saved.other')}
            </Button>
          )}
        </div>
      )}
      {shown && folder.failure !== null && <FailureView failure={folder.failure} />}
      {shown && folder.value !== null && (
        <div ref={box}>
          <FolderList folder={folder.value} chosen={path.trim()} onOpen={setAt} onChoose={chosen} />
        </div>
      )}
    </>
  );
}
