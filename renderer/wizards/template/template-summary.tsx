import { useTranslation } from 'react-i18next';
import { useHost } from '../../state/inventory.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { formatBytes } from '../../ui/format.ts';
import classes from '../create/create.module.css';
import { LeftMeter, ProblemList, Summary, Warnings } from '../sheet/summary-parts.tsx';
import type { TemplateForm } from './form.ts';
import { templateSectionOf, type TemplateSection } from './sections.tsx';
import type { TemplateAnswer } from './use-template.ts';

const MAX_STEPS = 12;

/** The right of the sheet: what will be made, what stands against it, what the host has left. */
export function TemplateSummary(props: {
  form: TemplateForm;
  /** The template's. */
  name: string;
  answer: TemplateAnswer;
  onGo: (section: TemplateSection) => void;
}) {
  const { answer, onGo } = props;
  const { t } = useTranslation(['template', 'create']);
  const { plan, failure } = answer;
  const problems = plan?.problems ?? [];
  return (
    <Summary label={t('create:summary.title')}>
      <Made {...props} />
      <ProblemList
        title={t('create:summary.problems', { count: problems.length })}
        problems={problems.map(({ field, message }) => {
          const section = templateSectionOf(field);
          return {
            key: `${field} ${message}`,
            place: section === null ? null : t(`template:section.${section}`),
            message,
            onGo: section === null ? null : () => onGo(section),
          };
        })}
      />
      {failure !== null && <FailureView failure={failure} />}
      {plan !== null && <Warnings warnings={plan.warnings} />}
      {plan?.afterwards.pools.map((pool) => (
        <LeftMeter
          key={pool.pool}
          label={t('create:summary.pool', { name: pool.name })}
          total={pool.capacityBytes}
          free={pool.availableBytes}
          taken={pool.takenBytes}
          promised={pool.promisedBytes}
        />
      ))}
      {plan !== null && plan.steps.length > 0 && (
        <section>
          <h3>{t('create:summary.steps')}</h3>
          <ol className={classes['steps']}>
            {plan.steps.slice(0, MAX_STEPS).map((step, index) => (
              <li key={index}>{step}</li>
            ))}
          </ol>
          {plan.steps.length > MAX_STEPS && (
            <p className="muted small" style={{ margin: 0 }}>
              {t('create:summary.moreSteps', { count: plan.steps.length - MAX_STEPS })}
            </p>
          )}
        </section>
      )}
      <p className="muted small" style={{ margin: 0 }}>
        {t('template:summary.kept')}
      </p>
    </Summary>
  );
}

function Made({ form, name, answer }: { form: TemplateForm; name: string; answer: TemplateAnswer }) {
  const { t } = useTranslation(['template', 'create']);
  const host = useHost(form.host);
  const { template } = answer;
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
    <section>
      <h3>
        {form.count > 1 ? t('create:digest.several', { name: form.name, count: form.count }) : form.name}
      </h3>
      <dl className={classes['made']}>
        {lines.map(([term, text]) => (
          <Line key={term} term={term} text={text} />
        ))}
      </dl>
    </section>
  );
}

function Line({ term, text }: { term: string; text: string }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{text}</dd>
    </>
  );
}
