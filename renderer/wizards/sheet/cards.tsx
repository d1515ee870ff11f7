import type { Icon } from '@tabler/icons-react';
import { Fragment, useId, type ReactNode } from 'react';
import classes from './cards.module.css';

export interface Card<T extends string> {
  readonly value: T;
  readonly title: string;
  readonly text: string;
  readonly icon?: Icon;
  /** Those of a group stand together below its name. */
  readonly group?: string;
  /** Why it cannot be chosen; null: it can. */
  readonly unavailable?: string | null;
}

/** One of a few things, each with a sentence of what it means: radio buttons that look like cards. */
export function Cards<T extends string>(props: {
  label: string;
  cards: readonly Card<T>[];
  /** Null: none is chosen yet. */
  value: T | null;
  /** Small ones are a list of many. */
  small?: boolean;
  onChange: (value: T) => void;
}) {
  const { label, cards, value, small = false, onChange } = props;
  const id = useId();
  return (
    <div className={classes['cards']} data-small={small || undefined} role="radiogroup" aria-label={label}>
      {cards.map((card, index) => {
        const why = card.unavailable ?? null;
        const begins = card.group !== undefined && card.group !== cards[index - 1]?.group;
        return (
          <Fragment key={card.value}>
            {begins && <span className={classes['groupTitle']}>{card.group}</span>}
            <label
              className={classes['card']}
              data-chosen={card.value === value || undefined}
              data-off={why !== null || undefined}
            >
              <input
                type="radio"
                name={id}
                className="sr-only"
                aria-label={card.title}
                aria-describedby={`${id}-${card.value}`}
                checked={card.value === value}
                disabled={why !== null}
                onChange={() => onChange(card.value)}
              />
              {card.icon !== undefined && <card.icon size={18} stroke={1.75} aria-hidden="true" />}
              <span className={classes['words']}>
                <span className={classes['title']}>{card.title}</span>
                <span id={`${id}-${card.value}`} className={classes['text']}>
                  {why ?? card.text}
                </span>
              </span>
            </label>
          </Fragment>
        );
      })}
    </div>
  );
}

/** A part of a section that has a name of its own. */
export function Group({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <fieldset className={classes['group']}>
      <legend className={classes['legend']}>{title}</legend>
      {aside !== undefined && <div className={classes['aside']}>{aside}</div>}
      {children}
    </fieldset>
  );
}

/** What is seldom changed, folded away. */
export function More({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className={classes['more']}>
      <summary>{title}</summary>
      <div className={classes['moreBody']}>{children}</div>
    </details>
  );
}

/** Fields beside each other where there is room. */
export function Fields({ children }: { children: ReactNode }) {
  return <div className={classes['fields']}>{children}</div>;
}

/** Switches, in columns where there is room. */
export function Checks({ children }: { children: ReactNode }) {
  return <div className={classes['checks']}>{children}</div>;
}

export function Note({ tone = 'plain', children }: { tone?: 'plain' | 'warn'; children: ReactNode }) {
  return (
    <p className={classes['note']} data-tone={tone}>
      {children}
    </p>
  );
}
