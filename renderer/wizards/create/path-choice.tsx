import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconFile, IconFolderOpen } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BrowsedFolder } from '../../../main/contract/p2v.ts';
import { api } from '../../api/client.ts';
import { nativeDialog } from '../../api/native-dialog.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { notifyFailure } from '../../ui/notify.tsx';
import { useAnswer } from '../../ui/use-answer.ts';
import { FolderList } from './folder-list.tsx';
import { onOf } from './saved-input.ts';
import classes from './saved.module.css';

type Entry = BrowsedFolder['entries'][number];

/** What is looked for, and the rows of a folder that are it. */
const WANTED = {
  image: new Set<Entry['image']>(['clonezilla', 'broken', 'encrypted', 'tar']),
  disk: new Set<Entry['image']>(['disk']),
};

/** A path, typed or found in a list; of this computer, in the desktop app, also by the system's own dialog. */
export function PathChoice(props: {
  wanted: keyof typeof WANTED;
  /** The host that it is on, by its id; null: this computer. */
  on: string | null;
  label: string;
  help: string;
  path: string;
  /** Where the list begins, while no path is chosen; left out: in the home folder. */
  near?: string;
  error: string | null;
  /** `read`: it is what is looked for; `reading`: that is not known yet. */
  state: 'read' | 'reading' | 'none';
  onChoose: (path: string) => void;
}) {
  const { t } = useTranslation('create');
  const { wanted, on, path, near = '', state, onChoose } = props;
  const field = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(path === '' ? near : path);
  const [settled] = useDebouncedValue(at, 300);
  const shown = open || state === 'none';
  const folder = useAnswer(
    (signal) =>
      api.p2v.folder({ path: settled.trim() === '' ? null : settled.trim(), ...onOf({ on }) }, { signal }),
    { subject: `folder ${on ?? ''}`, version: settled, enabled: shown },
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
  const isShown = ({ image }: Entry): boolean => image === null || WANTED[wanted].has(image);
  const dialog = on === null ? nativeDialog() : null;
  const ask = (kind: 'folder' | 'file'): void =>
    void dialog?.(kind).then((found) => {
      if (found === null) return;
      setAt(found);
      chosen(found);
    }, notifyFailure);
  return (
    <>
      <TextInput
        ref={field}
        label={props.label}
        description={props.help}
        value={path}
        error={props.error}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mono)' } }}
        onChange={(event) => {
          setAt(event.currentTarget.value);
          onChoose(event.currentTarget.value);
        }}
      />
      {(dialog !== null || state === 'read') && (
        <div className={classes['ways']}>
          {dialog !== null && (
            <>
              {wanted === 'image' && (
                <Button leftSection={<IconFolderOpen size={14} />} onClick={() => ask('folder')}>
                  {t('saved.chooseFolder')}
                </Button>
              )}
              <Button leftSection={<IconFile size={14} />} onClick={() => ask('file')}>
                {t(wanted === 'image' ? 'saved.chooseTar' : 'saved.chooseFile')}
              </Button>
            </>
          )}
          {state === 'read' && (
            <Button aria-expanded={open} onClick={() => setOpen(!open)}>
              {t(open ? 'saved.hide' : 'saved.other')}
            </Button>
          )}
        </div>
      )}
      {shown && folder.failure !== null && <FailureView failure={folder.failure} />}
      {shown && folder.value !== null && (
        <div ref={box}>
          <FolderList
            folder={{ ...folder.value, entries: folder.value.entries.filter(isShown) }}
            chosen={path.trim()}
            onOpen={setAt}
            onChoose={chosen}
          />
        </div>
      )}
    </>
  );
}
