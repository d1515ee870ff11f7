import { useTranslation } from 'react-i18next';
import { useHost } from '../../state/inventory.ts';
import { formatBytes } from '../../ui/format.ts';
import type { TemplateForm } from './form.ts';
import { LikeSummary } from './like-summary.tsx';
import { templateSectionOf, type TemplateSection } from './sections.tsx';
import type { TemplateAnswer } from './use-template.ts';

/** The right of the sheet: what will be made, what stands against it, what the host has left. */
export function TemplateSummary(props: {
  form: TemplateForm;
  /** The template's. */
  name: string;
  answer: TemplateAnswer;
  onGo: (section: TemplateSection) => void;
}) {
  const { form, name, answer, onGo } = props;
  const { t } = useTranslation(['template', 'create']);
  const host = useHost(form.host);
  const { template, plan, failure } = answer;
  const lines: readonly (readonly [string, string])[] = [
    [t('create:summary.on'), host?.name ?? form.host],
    [t('template:summary.from'), name],
    ...(template === null
      ? []
      : ([
          [t('template:vcpus'), String(form.vcpus ?? template.vcpus)],
          [t('template:memory'), formatBytes((form.memoryMiB ?? template.memoryMiB) * 1024 ** 2)],
        ] as const)),
    [t('create:summary.disks'), t(`template:digest.${form.disks}`)],
    [t('create:summary.afterwards'), t(form.start ? 'create:summary.starts' : 'create:summary.stays')],
  ];
  return (
    <LikeSummary
      title={form.count > 1 ? t('create:digest.several', { name: form.name, count: form.count }) : form.name}
      lines={lines}
      plan={plan}
      failure={failure}
      sectionOf={templateSectionOf}
      sectionName={(section) => t(`template:section.${section}`)}
      kept={t('template:summary.kept')}
      onGo={onGo}
    />
  );
}
