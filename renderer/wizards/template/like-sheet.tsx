import { Button } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import { useReturnFocus } from '../../ui/landing.ts';
import { SheetFrame } from '../../ui/sheet-frame.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { Making, type Made } from '../create/making.tsx';
import { Note } from '../sheet/cards.tsx';
import { GoneSummary } from '../sheet/gone.tsx';
import { Wizard, type WizardSection } from '../sheet/wizard.tsx';
import type { LikeDraft } from './like-draft.ts';

/** The form of a sheet that makes machines like another one, and who hears of its last click. */
export interface LikeForm<F> {
  readonly form: F;
  readonly change: (part: Partial<F>) => void;
  readonly onMade: (made: Made) => void;
}

/** The sheet, and after its last click the job; back from there the form is as it was. */
export function LikeFrame<F>(props: {
  title: string;
  first: () => F;
  draft: LikeDraft<F>;
  onClose: () => void;
  children: (like: LikeForm<F>) => ReactNode;
}) {
  const { title, draft, onClose } = props;
  const [made, setMade] = useState<Made | null>(null);
  const [first] = useState(props.first);
  const [form, setForm] = useState(() => draft.read(first));
  useEffect(() => {
    if (made === null) draft.save(form, first);
    else draft.drop();
    // oxlint-disable-next-line react/exhaustive-deps -- the draft is the same one, whatever object has it
  }, [form, made]);
  const leave = useReturnFocus();
  const change = (part: Partial<F>): void => setForm((before) => ({ ...before, ...part }));
  return (
    <SheetFrame title={title} onClose={onClose}>
      {made === null ? (
        props.children({ form, change, onMade: setMade })
      ) : (
        <Making made={made} onBack={() => setMade(null)} onLeave={leave} onClose={onClose} />
      )}
    </SheetFrame>
  );
}

/** The inside of such a sheet. */
export function LikeSheet<S extends string>(props: {
  first: S;
  sections: readonly WizardSection<S>[];
  sectionOf: (field: string) => S | null;
  answer: { readonly ready: boolean; readonly replan: () => void };
  run: () => Promise<Made>;
  onMade: (made: Made) => void;
  onClose: () => void;
  /** What the last button says. */
  does: string;
  /** In place of the form, as the machine is gone; null: it is there. */
  gone: ReactNode | null;
  form: { readonly password: string; readonly passwordForgotten: boolean };
  summary: (onGo: (section: S) => void) => ReactNode;
  children: (section: S) => ReactNode;
}) {
  const { answer, sectionOf, gone } = props;
  const { t } = useTranslation(['common', 'create', 'template']);
  const ready = gone === null && answer.ready;
  const [section, setSection] = useState<S>(props.first);
  const submit = useSubmit(() => undefined, props.form);
  // What has changed on the host since it was planned is said at its field and in the summary, as it would have been before.
  const refused = ({ problems = [] }: Failure): boolean => {
    const first = problems.map(({ field }) => sectionOf(field)).find((found) => found !== null);
    if (problems.length === 0) return false;
    answer.replan();
    if (first !== undefined) setSection(first);
    return true;
  };
  const run = (): void => {
    if (ready && !submit.busy) submit.run(async () => props.onMade(await props.run()), refused);
  };
  return (
    <Wizard
      sections={gone === null ? props.sections : props.sections.map(blank)}
      current={section}
      onSection={setSection}
      onSubmit={run}
      body={null}
      summary={gone === null ? props.summary(setSection) : <GoneSummary />}
      failure={submit.failure}
      footer={
        <>
          <span className="spacer" />
          <Button onClick={props.onClose}>{t('common:close')}</Button>
          <Button variant="filled" disabled={!ready} loading={submit.busy} onClick={run}>
            {props.does}
          </Button>
        </>
      }
    >
      {gone ?? (
        <>
          {props.form.passwordForgotten && props.form.password === '' && (
            <Note tone="warn">
              {t('create:forgotten.text', {
                fields: `${t('template:section.firstBoot')} › ${t('template:firstBoot.password')}`,
              })}
            </Note>
          )}
          {props.children(section)}
        </>
      )}
    </Wizard>
  );
}

/** A section of which nothing is known any more. */
function blank<S extends string>(section: WizardSection<S>): WizardSection<S> {
  return { ...section, digest: '', state: 'later' };
}
