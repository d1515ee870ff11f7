import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useDomains } from '../../state/inventory.ts';
import { Gone, useSubject } from '../sheet/gone.tsx';
import { freeName, newTemplateForm, templateDraft, type TemplateForm } from './form.ts';
import { LikeFrame, LikeSheet, type LikeForm } from './like-sheet.tsx';
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
  const { domain, name } = useSubject({ host, uuid });
  const taken = useDomains().flatMap((domain) => (domain.host === host ? [domain.name] : []));
  return (
    <LikeFrame
      title={t('title', { name })}
      first={() => newTemplateForm(host, uuid, freeName(name, new Set(taken)))}
      draft={templateDraft}
      onClose={onClose}
    >
      {(like) => <Sheet like={like} name={name} isGone={domain === undefined} onClose={onClose} />}
    </LikeFrame>
  );
}

function Sheet(props: { like: LikeForm<TemplateForm>; name: string; isGone: boolean; onClose: () => void }) {
  const { like, name, isGone, onClose } = props;
  const { form, change, onMade } = like;
  const { t } = useTranslation('template');
  const answer = useTemplate(form);
  return (
    <LikeSheet
      first="machine"
      sections={useSections(form, answer)}
      sectionOf={templateSectionOf}
      answer={answer}
      run={async () => ({ ...(await api.template.run(answer.input)), host: form.host })}
      onMade={onMade}
      onClose={onClose}
      does={form.count > 1 ? t('doSeveral', { count: form.count }) : t('do')}
      form={form}
      gone={
        isGone ? (
          <Gone
            machine={{ host: form.host, uuid: form.template }}
            name={name}
            onElsewhere={(there) => openDialog({ kind: 'fromTemplate', ...there })}
          />
        ) : null
      }
      summary={(onGo) => <TemplateSummary form={form} name={name} answer={answer} onGo={onGo} />}
    >
      {(section) => <Current section={section} part={{ form, answer, change }} />}
    </LikeSheet>
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
