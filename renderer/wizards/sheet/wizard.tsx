import { IconCheck } from '@tabler/icons-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import { SheetFooter } from '../../ui/sheet-frame.tsx';
import { useSheetKeys } from '../../ui/use-sheet-keys.ts';
import classes from './sheet.module.css';

export interface WizardSection<S extends string> {
  readonly id: S;
  readonly title: string;
  /** What is chosen in it, in a few words. */
  readonly digest: string;
  /** `later`: it waits for what another section says. */
  readonly state: 'done' | 'wrong' | 'later';
}

/**
 * The inside of a sheet in place of a chain of pages: its sections at the left, each with what is chosen in it, the form of one of them in the middle,
 * at the right what will come of it. Ctrl 1…9 changes the section, Ctrl Enter does what the last button does.
 */
export function Wizard<S extends string>(props: {
  sections: readonly WizardSection<S>[];
  current: S;
  onSection: (section: S) => void;
  /** The form of the current section. */
  children: ReactNode;
  /** Shown in place of the form; null: the form is. */
  body: ReactNode;
  summary: ReactNode;
  footer: ReactNode;
  /** What the last button failed with. */
  failure: Failure | null;
  onSubmit: () => void;
}) {
  const { sections, current, onSection, onSubmit } = props;
  useSheetKeys(
    sections.map(({ id }) => id),
    onSection,
    onSubmit,
  );
  const title = sections.find(({ id }) => id === current)?.title ?? '';
  return (
    <>
      <div className={classes['columns']}>
        <SectionList sections={sections} current={current} onSection={onSection} />
        {props.body ?? (
          <SectionForm key={current} title={title}>
            {props.children}
          </SectionForm>
        )}
        {props.summary}
      </div>
      <SheetFooter failure={props.failure}>{props.footer}</SheetFooter>
    </>
  );
}

function SectionList<S extends string>(props: {
  sections: readonly WizardSection<S>[];
  current: S;
  onSection: (section: S) => void;
}) {
  const { t } = useTranslation('create');
  const list = useRef<HTMLElement>(null);
  // Where the list is a row that scrolls, the section that one is in is to be seen.
  useEffect(() => {
    const row = list.current;
    if (row === null) return undefined;
    const show = (): void =>
      row.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const resized = new ResizeObserver(show);
    resized.observe(row);
    show();
    return () => resized.disconnect();
  }, [props.current]);
  return (
    <nav ref={list} className={classes['sections']} aria-label={t('sheet.sections')}>
      {props.sections.map(({ id, title, digest, state }, index) => (
        <button
          key={id}
          type="button"
          data-state={state}
          aria-current={id === props.current ? 'step' : undefined}
          aria-keyshortcuts={`Control+${index + 1}`}
          onClick={() => props.onSection(id)}
        >
          <span className={classes['mark']} aria-hidden="true">
            {state === 'done' && <IconCheck size={12} stroke={2.5} />}
          </span>
          <span className={classes['sectionTitle']}>
            {title}
            {state === 'wrong' && <span className="sr-only"> {t('sheet.wrong')}</span>}
          </span>
          <span className={classes['digest']}>{digest}</span>
        </button>
      ))}
    </nav>
  );
}

/** The keyboard comes with the section: Tab goes on to its first field. */
function SectionForm({ title, children }: { title: string; children: ReactNode }) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    section.current?.focus({ preventScroll: true });
    // Where all of it is one column that scrolls, the section begins at the top.
    section.current?.parentElement?.scrollTo({ top: 0 });
  }, []);
  return (
    <section ref={section} className={classes['form']} aria-label={title} tabIndex={-1} data-autofocus>
      <h3 className={classes['formTitle']}>{title}</h3>
      {children}
    </section>
  );
}
