import { ActionIcon, Checkbox } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconGripVertical } from '@tabler/icons-react';
import { useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './order-list.module.css';

export interface OrderItem<T extends string> {
  readonly value: T;
  readonly label: string;
  /** Why it does nothing now; null: it does. */
  readonly unavailable: string | null;
}

const HIDDEN = { visibility: 'hidden' } as const;

/**
 * Which of a few things, and in which order: dragged, by the buttons, or by Alt and an arrow. Those that are not chosen stand below, in the
 * order of `items`.
 */
export function OrderList<T extends string>(props: {
  label: string;
  items: readonly OrderItem<T>[];
  value: readonly T[];
  onChange: (value: readonly T[]) => void;
}) {
  const { items, value, onChange } = props;
  const { t } = useTranslation('create');
  const [dragged, setDragged] = useState<T | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const rows = [
    ...value.flatMap((one) => items.find((item) => item.value === one) ?? []),
    ...items.filter((item) => !value.includes(item.value)),
  ];
  const move = (one: T, to: number): void => {
    const rest = value.filter((other) => other !== one);
    if (value.includes(one) && to >= 0 && to <= rest.length) onChange(rest.toSpliced(to, 0, one));
  };
  const onKey = (event: KeyboardEvent, one: T): void => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (by === 0 || !event.altKey) return;
    event.preventDefault();
    move(one, value.indexOf(one) + by);
    // The row moves in the document, and the keyboard with it.
    requestAnimationFrame(() =>
      list.current?.querySelector<HTMLElement>(`[data-item="${one}"] input`)?.focus(),
    );
  };
  return (
    <ol ref={list} className={classes['list']} aria-label={props.label}>
      {rows.map(({ value: one, label, unavailable }) => {
        const place = value.indexOf(one);
        const on = place !== -1;
        return (
          <li
            key={one}
            data-item={one}
            data-dragged={dragged === one || undefined}
            draggable={on}
            onKeyDown={(event) => onKey(event, one)}
            onDragStart={(event) => {
              event.dataTransfer.effectAllowed = 'move';
              event.dataTransfer.setData('text/plain', one);
              setDragged(one);
            }}
            onDragOver={(event) => {
              if (dragged === null || !on) return;
              event.preventDefault();
              if (dragged !== one) move(dragged, place);
            }}
            onDrop={(event) => event.preventDefault()}
            onDragEnd={() => setDragged(null)}
          >
            <IconGripVertical size={14} aria-hidden="true" data-off={!on || undefined} />
            <span className={classes['place']}>{on ? place + 1 : ''}</span>
            <Checkbox
              label={label}
              {...(unavailable === null ? {} : { description: unavailable })}
              checked={on}
              // One is left: nothing would start.
              disabled={on && value.length === 1}
              onChange={() => onChange(on ? value.filter((other) => other !== one) : [...value, one])}
            />
            <span className="spacer" />
            {on && (
              <>
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  aria-label={t('sheet.earlier', { what: label })}
                  aria-keyshortcuts="Alt+ArrowUp"
                  disabled={place === 0}
                  style={place === 0 ? HIDDEN : undefined}
                  onClick={() => move(one, place - 1)}
                >
                  <IconChevronUp size={14} />
                </ActionIcon>
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  aria-label={t('sheet.later', { what: label })}
                  aria-keyshortcuts="Alt+ArrowDown"
                  disabled={place === value.length - 1}
                  style={place === value.length - 1 ? HIDDEN : undefined}
                  onClick={() => move(one, place + 1)}
                >
                  <IconChevronDown size={14} />
                </ActionIcon>
              </>
            )}
          </li>
        );
      })}
    </ol>
  );
}
