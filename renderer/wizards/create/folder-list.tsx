import { Button } from '@mantine/core';
import { IconArchive, IconArrowUp, IconFolder, IconServer2 } from '@tabler/icons-react';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { BrowsedFolder } from '../../../main/contract/p2v.ts';
import { formatBytes, formatDay } from '../../ui/format.ts';
import { Note } from '../sheet/cards.tsx';
import classes from './saved.module.css';

type Entry = BrowsedFolder['entries'][number];

/** Letters that are typed within it are one word. */
const WORD_MS = 700;

/**
 * A folder of this computer as a list: Enter or a click opens a folder and chooses an image, Backspace goes up, letters go to a name.
 */
export function FolderList(props: {
  folder: BrowsedFolder;
  /** Path of the image that is chosen. */
  chosen: string;
  onOpen: (path: string) => void;
  onChoose: (path: string) => void;
}) {
  const { folder, chosen, onOpen, onChoose } = props;
  const { t } = useTranslation('create');
  const { entries, parent } = folder;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const word = useRef({ text: '', at: 0 });
  const [place, setPlace] = useState({ folder: folder.path, index: 0 });
  // The first row leads up, where there is a way.
  const first = parent === null ? 0 : -1;
  const start = Math.max(
    first,
    entries.findIndex(({ path }) => path === chosen),
  );
  const at = place.folder === folder.path ? Math.min(place.index, entries.length - 1) : start;
  const go = (index: number): void =>
    setPlace({ folder: folder.path, index: Math.max(first, Math.min(entries.length - 1, index)) });
  useEffect(() => {
    list.current?.querySelector('[data-at]')?.scrollIntoView({ block: 'nearest' });
  }, [at, folder.path]);
  const act = (entry: Entry | undefined): void => {
    if (entry === undefined) {
      if (parent !== null) onOpen(parent);
    } else if (entry.image === null) onOpen(entry.path);
    else onChoose(entry.path);
  };
  const onKey = (event: KeyboardEvent): void => {
    const { key, timeStamp } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: first, End: entries.length - 1 }[key];
    if (to !== undefined) go(to);
    else if (key === 'Enter' || key === ' ') act(entries[at]);
    else if (key === 'Backspace' || key === 'ArrowLeft') act(undefined);
    else if (key.length === 1) {
      const { text, at: last } = word.current;
      word.current = { text: (timeStamp - last < WORD_MS ? text : '') + key.toLowerCase(), at: timeStamp };
      const found = entries.findIndex(({ name }) => name.toLowerCase().startsWith(word.current.text));
      if (found !== -1) go(found);
    } else return;
    event.preventDefault();
  };
  const row = (index: number) => ({
    id: `${id}-${index}`,
    role: 'option',
    'aria-selected': entries[index]?.path === chosen,
    'data-at': index === at || undefined,
    onClick: () => {
      go(index);
      act(entries[index]);
    },
  });
  return (
    <div className={classes['browser']}>
      <div className={classes['places']}>
        {folder.places.map(({ kind, path }) => (
          <Button
            key={path}
            size="compact-xs"
            aria-pressed={path === folder.path}
            title={path}
            onClick={() => onOpen(path)}
          >
            {kind === 'mounts' ? path : t(`saved.place.${kind}`)}
          </Button>
        ))}
        <span className={classes['where']}>{folder.path}</span>
      </div>
      <div
        ref={list}
        className={classes['list']}
        role="listbox"
        tabIndex={0}
        aria-label={t('saved.list', { path: folder.path })}
        aria-activedescendant={at < first ? undefined : `${id}-${at}`}
        onKeyDown={onKey}
      >
        {parent !== null && (
          <div className={classes['row']} {...row(-1)}>
            <IconArrowUp size={15} aria-hidden="true" />
            <span className="muted">{t('saved.up')}</span>
          </div>
        )}
        {entries.map((entry, index) => (
          <Row key={entry.path} entry={entry} props={row(index)} />
        ))}
        {entries.length === 0 && <div className={classes['empty']}>{t('saved.nothing')}</div>}
      </div>
      {folder.cut && <Note>{t('saved.cut')}</Note>}
    </div>
  );
}

function Row({ entry, props }: { entry: Entry; props: Record<string, unknown> }) {
  const { t } = useTranslation('create');
  const { name, kind, image, sizeBytes, changedAt } = entry;
  const Icon = kind === 'file' ? IconArchive : image === null ? IconFolder : IconServer2;
  return (
    <div className={classes['row']} data-image={image ?? undefined} {...props}>
      <Icon size={15} aria-hidden="true" />
      <span className="truncate">{name}</span>
      {image !== null && <span className={classes['badge']}>{t(`saved.kind.${image}`)}</span>}
      <span className={classes['when']}>
        {sizeBytes === null ? (changedAt === null ? '' : formatDay(changedAt)) : formatBytes(sizeBytes)}
      </span>
    </div>
  );
}
