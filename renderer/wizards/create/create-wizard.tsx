import { Button, Skeleton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import { api } from '../../api/client.ts';
import { isEnded, useJob } from '../../state/activity.ts';
import { useNetworksWatch } from '../../state/networks.ts';
import { useReturnFocus } from '../../ui/landing.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { Note } from '../sheet/cards.tsx';
import { SheetFrame } from '../../ui/sheet-frame.tsx';
import { Wizard } from '../sheet/wizard.tsx';
import { CreateSummary, type View } from './create-summary.tsx';
import { dropDraft, saveDraft } from './draft.ts';
import { ForgottenNote } from './forgotten-note.tsx';
import { firstForm, usualSource } from './first-form.ts';
import { isSaved, isSourceChosen, mediumOf, newForm, type CreateForm } from './form.ts';
import { HostField } from './source-section.tsx';
import { Making, type Made } from './making.tsx';
import { sectionOf, sectionsOf, type Section } from './problems.ts';
import { SectionFields } from './section-fields.tsx';
import { VirtInstallView, XmlView } from './text-view.tsx';
import { useCreate, type Create } from './use-create.ts';
import { useFile } from './use-file.ts';
import { IN_XML, unreadable, withXml } from './use-xml.ts';
import { digestOf, sectionTitle } from './words.ts';
import classes from './create.module.css';

/** From “New machine” to one that runs: the sheet, and after its last click the job. */
export function CreateWizard({ host, onClose }: { host: string | null; onClose: () => void }) {
  const { t } = useTranslation('create');
  const [made, setMade] = useState<Made | null>(null);
  const [form, setForm] = useState<CreateForm>(() => firstForm(host));
  const file = useFile();
  const leave = useReturnFocus();
  const job = useJob(made?.job ?? '');
  const close = (): void => {
    // What was not made after all is still wanted.
    if (made === null || (job !== undefined && isEnded(job) && job.state !== 'done')) saveDraft(form);
    onClose();
  };
  return (
    <SheetFrame title={t('title')} onClose={close}>
      {made === null ? (
        <Sheet
          form={form}
          file={file}
          onForm={setForm}
          onMade={(next) => {
            dropDraft();
            setMade(next);
          }}
          onClose={close}
        />
      ) : (
        <Making made={made} onBack={() => setMade(null)} onLeave={leave} onClose={close} />
      )}
    </SheetFrame>
  );
}

function Sheet(props: {
  form: CreateForm;
  file: ReturnType<typeof useFile>;
  onForm: (change: (form: CreateForm) => CreateForm) => void;
  onMade: (made: Made) => void;
  onClose: () => void;
}) {
  const { form, file, onForm, onMade, onClose } = props;
  const { t } = useTranslation(['create', 'common']);
  const [section, setSection] = useState<Section>('source');
  const [view, setView] = useState<View>('form');
  useNetworksWatch([form.host]);
  const create = useCreate(form, file, onForm);
  const submit = useSubmit(() => undefined, form);
  const change = (part: Partial<CreateForm>): void => onForm((before) => ({ ...before, ...part }));
  const edit = (part: Partial<MachineSpec>): void =>
    onForm((before) => ({ ...before, edits: { ...before.edits, ...part } }));
  const go = (next: Section): void => {
    setView('form');
    setSection(next);
  };
  const ready = create.ready && (mediumOf(form)?.from !== 'file' || file.id !== null);
  // What has changed on the host since it was planned is said at its field and in the summary, as it would have been before.
  const refused = ({ problems = [] }: Failure): boolean => {
    const first = problems.map(({ field }) => sectionOf(field)).find((found) => found !== null);
    if (problems.length === 0) return false;
    create.replan();
    if (first !== undefined) go(first);
    return true;
  };
  const run = (): void => {
    const { input } = create;
    if (!ready || submit.busy || input === null) return;
    submit.run(async () => {
      const { job, machines } = await api.create.run(input);
      file.giveTo(job);
      onMade({ job, host: form.host, machines });
    }, refused);
  };
  const startOver = (): void => {
    dropDraft();
    onForm((before) => newForm(before.host, usualSource(before.host)));
    go('source');
  };
  return (
    <Wizard
      sections={useSections(form, create)}
      current={section}
      onSection={go}
      onSubmit={run}
      summary={<CreateSummary form={form} create={create} view={view} onView={setView} onGo={go} />}
      body={
        view === 'xml' ? (
          <XmlView
            form={form}
            create={create}
            onXml={(xml) => onForm((before) => ({ ...before, ...withXml(before, xml) }))}
            onBack={() => setView('form')}
          />
        ) : view === 'virtInstall' ? (
          <VirtInstallView create={create} onBack={() => setView('form')} />
        ) : null
      }
      failure={submit.failure}
      footer={
        <>
          <Button variant="subtle" onClick={startOver}>
            {t('create:startOver')}
          </Button>
          <span className="spacer" />
          <span className={`muted small ${classes['hint']}`}>
            {create.input === null ? t('create:hint.choose') : t('create:hint.submit')}
          </span>
          <Button onClick={onClose}>{t('common:close')}</Button>
          <Button variant="filled" disabled={!ready} loading={submit.busy} onClick={run}>
            {form.count > 1 ? t('create:doSeveral', { count: form.count }) : t('create:do')}
          </Button>
        </>
      }
    >
      <ForgottenNote form={form} change={change} />
      <Current
        form={form}
        create={create}
        section={section}
        change={change}
        edit={edit}
        takeFile={(chosen) => void file.take(chosen)}
      />
    </Wizard>
  );
}

/** The form of a section; until the host has told what it has, its shape. */
function Current(props: {
  form: CreateForm;
  create: Create;
  section: Section;
  change: (part: Partial<CreateForm>) => void;
  edit: (part: Partial<MachineSpec>) => void;
  takeFile: (file: File) => void;
}) {
  const { form, create, section, change, edit, takeFile } = props;
  const { t } = useTranslation(['create', 'common']);
  const { options, defaults, spec, connected } = create;
  if (!connected)
    return (
      <>
        <HostField form={form} change={change} />
        <Note tone="warn">{t('create:away')}</Note>
      </>
    );
  const failure = options.failure ?? defaults.failure;
  if (options.value === null || defaults.value === null || spec === null)
    return (
      <>
        <HostField form={form} change={change} />
        {failure === null ? (
          <Ghost />
        ) : (
          <FailureView failure={failure}>
            <Button
              size="compact-xs"
              onClick={() => {
                options.reload();
                defaults.reload();
              }}
            >
              {t('create:retry')}
            </Button>
          </FailureView>
        )}
      </>
    );
  return (
    <>
      {failure !== null && <FailureView failure={failure} />}
      <SectionFields
        section={section}
        part={{
          form,
          options: options.value,
          defaults: defaults.value,
          spec,
          problems: create.problems,
          boot: create.plan?.boot ?? [],
          detection: create.detection,
          saved: create.saved,
          name: create.name,
          change,
          edit,
          takeFile,
        }}
      />
    </>
  );
}

function Ghost() {
  return (
    <div aria-hidden="true" style={{ display: 'grid', gap: 12 }}>
      {[72, 72, 32, 160].map((height, index) => (
        <Skeleton key={index} height={height} radius={8} />
      ))}
    </div>
  );
}

function useSections(form: CreateForm, create: Create) {
  const { t } = useTranslation('create');
  const wrong = new Set(create.problems.map(({ field }) => sectionOf(field)));
  const broken = unreadable(form, create.problems) !== null;
  // Of an image that cannot be used nothing else follows.
  const chosen = isSourceChosen(form) && (!isSaved(form.source) || create.input !== null);
  const around = {
    options: create.options.value,
    spec: create.spec,
    os: create.detection.os,
    name: create.name,
    chosen,
  };
  return sectionsOf(form).map((id) => ({
    id,
    title: sectionTitle(id, form, t),
    digest: digestOf(id, form, around, t),
    state:
      wrong.has(id) || (broken && IN_XML.has(id))
        ? ('wrong' as const)
        : chosen
          ? ('done' as const)
          : ('later' as const),
  }));
}
