import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import { useReturnFocus } from '../../ui/landing.ts';
import { SheetFrame } from '../../ui/sheet-frame.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { Making, type Made } from '../create/making.tsx';
import { Note } from '../sheet/cards.tsx';
import { Wizard, type WizardSection } from '../sheet/wizard.tsx';

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
  onClose: () => void;
  children: (like: LikeForm<F>) => ReactNode;
}) {
  const { title, onClose } = props;
  const [made, setMade] = useState<Made | null>(null);
  const [form, setForm] = useState(props.first);
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
  /** Why there is no form: the machine is gone. */
  gone: string | null;
  summary: (onGo: (section: S) => void) => ReactNode;
  children: (section: S) => ReactNode;
}) {
  const { answer, sectionOf, gone } = props;
  const { t } = useTranslation('common');
  const [section, setSection] = useState<S>(props.first);
  const submit = useSubmit(() => undefined);
  // What has changed on the host since it was planned is said at its field and in the summary, as it would have been before.
  const refused = ({ problems = [] }: Failure): boolean => {
    const first = problems.map(({ field }) => sectionOf(field)).find((found) => found !== null);
    if (problems.length === 0) return false;
    answer.replan();
    if (first !== undefined) setSection(first);
    return true;
  };
  const run = (): void => {
    if (answer.ready && !submit.busy) submit.run(async () => props.onMade(await props.run()), refused);
  };
  return (
    <Wizard
      sections={props.sections}
      current={section}
      onSection={setSection}
      onSubmit={run}
      body={null}
      summary={props.summary(setSection)}
      failure={submit.failure}
      footer={
        <>
          <span className="spacer" />
          <Button onClick={props.onClose}>{t('close')}</Button>
          <Button variant="filled" disabled={!answer.ready} loading={submit.busy} onClick={run}>
            {props.does}
          </Button>
        </>
      }
    >
      {gone === null ? props.children(section) : <Note tone="warn">{gone}</Note>}
    </Wizard>
  );
}
