import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import { api } from '../../api/client.ts';
import { useDomain, useDomains } from '../../state/inventory.ts';
import { useReturnFocus } from '../../ui/landing.ts';
import { SheetFrame } from '../../ui/sheet-frame.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { Making, type Made } from '../create/making.tsx';
import { Note } from '../sheet/cards.tsx';
import { Wizard } from '../sheet/wizard.tsx';
import { freeName, newTemplateForm, type TemplateForm } from './form.ts';
import {
  FirstBootSection,
  HardwareSection,
  MachineSection,
  TEMPLATE_SECTIONS,
  templateSectionOf,
  type TemplatePart,
  type TemplateSection,
} from './sections.tsx';
import { TemplateSummary } from './template-summary.tsx';
import { useTemplate, type TemplateAnswer } from './use-template.ts';

/** From a template to machines that run: the sheet, and after its last click the job. */
export function TemplateWizard(props: { host: string; uuid: string; onClose: () => void }) {
  const { host, uuid, onClose } = props;
  const { t } = useTranslation('template');
  const name = useDomain(host, uuid)?.name ?? '';
  const taken = useDomains().flatMap((domain) => (domain.host === host ? [domain.name] : []));
  const [made, setMade] = useState<Made | null>(null);
  const [form, setForm] = useState(() => newTemplateForm(host, uuid, freeName(name, new Set(taken))));
  const leave = useReturnFocus();
  return (
    <SheetFrame title={t('title', { name })} onClose={onClose}>
      {made === null ? (
        <Sheet
          form={form}
          name={name}
          change={(part) => setForm((before) => ({ ...before, ...part }))}
          onMade={setMade}
          onClose={onClose}
        />
      ) : (
        <Making made={made} onBack={() => setMade(null)} onLeave={leave} onClose={onClose} />
      )}
    </SheetFrame>
  );
}

function Sheet(props: {
  form: TemplateForm;
  name: string;
  change: (part: Partial<TemplateForm>) => void;
  onMade: (made: Made) => void;
  onClose: () => void;
}) {
  const { form, name, change, onMade, onClose } = props;
  const { t } = useTranslation(['template', 'create', 'common']);
  const [section, setSection] = useState<TemplateSection>('machine');
  const answer = useTemplate(form);
  const submit = useSubmit(() => undefined);
  // What has changed on the host since it was planned is said at its field and in the summary, as it would have been before.
  const refused = ({ problems = [] }: Failure): boolean => {
    const first = problems.map(({ field }) => templateSectionOf(field)).find((found) => found !== null);
    if (problems.length === 0) return false;
    answer.replan();
    if (first !== undefined) setSection(first);
    return true;
  };
  const run = (): void => {
    if (!answer.ready || submit.busy) return;
    submit.run(async () => {
      const { job, machines } = await api.template.run(answer.input);
      onMade({ job, host: form.host, machines });
    }, refused);
  };
  const part = { form, answer, change };
  return (
    <Wizard
      sections={useSections(form, answer)}
      current={section}
      onSection={setSection}
      onSubmit={run}
      body={null}
      summary={<TemplateSummary form={form} name={name} answer={answer} onGo={setSection} />}
      failure={submit.failure}
      footer={
        <>
          <span className="spacer" />
          <Button onClick={onClose}>{t('common:close')}</Button>
          <Button variant="filled" disabled={!answer.ready} loading={submit.busy} onClick={run}>
            {form.count > 1 ? t('template:doSeveral', { count: form.count }) : t('template:do')}
          </Button>
        </>
      }
    >
      {name === '' ? (
        <Note tone="warn">{t('template:gone')}</Note>
      ) : (
        <Current section={section} part={part} />
      )}
    </Wizard>
  );
}

function Current({ section, part }: { section: TemplateSection; part: TemplatePart }) {
  switch (section) {
    case 'machine':
      return <MachineSection {...part} />;
    case 'hardware':
      return <HardwareSection {...part} />;
    case 'firstBoot':
      return <FirstBootSection {...part} />;
  }
}

function useSections(form: TemplateForm, { plan, told }: TemplateAnswer) {
  const { t } = useTranslation(['template', 'create']);
  const wrong = new Set(plan?.problems.map(({ field }) => templateSectionOf(field)));
  const digests: Record<TemplateSection, string> = {
    machine: form.count > 1 ? t('create:digest.several', { name: form.name, count: form.count }) : form.name,
    hardware: t(`template:digest.${form.disks}`),
    firstBoot: t(told ? 'template:digest.told' : 'template:digest.untold'),
  };
  return TEMPLATE_SECTIONS.map((id) => ({
    id,
    title: t(`template:section.${id}`),
    digest: digests[id],
    state: wrong.has(id) ? ('wrong' as const) : ('done' as const),
  }));
}
