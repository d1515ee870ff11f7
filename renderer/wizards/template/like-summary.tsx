import type { Failure } from '../../../main/contract/failure.ts';
import type { TemplatePlan } from '../../../main/contract/template.ts';
import { useTranslation } from 'react-i18next';
import { FailureView } from '../../ui/failure-view.tsx';
import classes from '../create/create.module.css';
import { LeftMeter, ProblemList, Summary, Warnings } from '../sheet/summary-parts.tsx';

const MAX_STEPS = 12;

/** The right of a sheet that makes machines like another one: what will be made, what stands against it, what the host has left. */
export function LikeSummary<S extends string>(props: {
  title: string;
  /** Terms and what they are. */
  lines: readonly (readonly [string, string])[];
  plan: Pick<TemplatePlan, 'problems' | 'warnings' | 'afterwards' | 'steps'> | null;
  failure: Failure | null;
  sectionOf: (field: string) => S | null;
  sectionName: (section: S) => string;
  /** What is not said above. */
  kept: string;
  onGo: (section: S) => void;
}) {
  const { plan, failure, sectionOf, onGo } = props;
  const { t } = useTranslation('create');
  const problems = plan?.problems ?? [];
  return (
    <Summary label={t('summary.title')}>
      <section>
        <h3>{props.title}</h3>
        <dl className={classes['made']}>
          {props.lines.map(([term, text]) => (
            <Line key={term} term={term} text={text} />
          ))}
        </dl>
      </section>
      <ProblemList
        title={t('summary.problems', { count: problems.length })}
        problems={problems.map(({ field, message }) => {
          const section = sectionOf(field);
          return {
            key: `${field} ${message}`,
            place: section === null ? null : props.sectionName(section),
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
          label={t('summary.pool', { name: pool.name })}
          total={pool.capacityBytes}
          free={pool.availableBytes}
          taken={pool.takenBytes}
          promised={pool.promisedBytes}
        />
      ))}
      {plan !== null && plan.steps.length > 0 && <Steps steps={plan.steps} />}
      <p className="muted small" style={{ margin: 0 }}>
        {props.kept}
      </p>
    </Summary>
  );
}

function Steps({ steps }: { steps: readonly string[] }) {
  const { t } = useTranslation('create');
  return (
    <section>
      <h3>{t('summary.steps')}</h3>
      <ol className={classes['steps']}>
        {steps.slice(0, MAX_STEPS).map((step, index) => (
          <li key={index}>{step}</li>
        ))}
      </ol>
      {steps.length > MAX_STEPS && (
        <p className="muted small" style={{ margin: 0 }}>
          {t('summary.moreSteps', { count: steps.length - MAX_STEPS })}
        </p>
      )}
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
