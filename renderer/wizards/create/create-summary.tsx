import { Button } from '@mantine/core';
import { IconCode, IconTerminal2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Summary, LeftMeter, ProblemList, Warnings } from '../sheet/summary-parts.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { useHost } from '../../state/inventory.ts';
import { formatBytes } from '../../ui/format.ts';
import type { CreateForm } from './form.ts';
import { startsWhenMade } from './starts.ts';
import { sectionOf, type Section } from './problems.ts';
import type { Create } from './use-create.ts';
import { unreadable } from './use-xml.ts';
import { disksWords, nicWords, sectionTitle, sourceWords } from './words.ts';
import classes from './create.module.css';

export type View = 'form' | 'xml' | 'virtInstall';

/** The right of the wizard: what will be made, what stands against it, what the host has left. */
export function CreateSummary(props: {
  form: CreateForm;
  create: Create;
  view: View;
  onView: (view: View) => void;
  onGo: (section: Section) => void;
}) {
  const { form, create, view, onView, onGo } = props;
  const { t } = useTranslation('create');
  const { plan, input } = create;
  const toggle = (next: View): void => onView(view === next ? 'form' : next);
  return (
    <Summary label={t('summary.title')}>
      <Made form={form} create={create} />
      <ProblemList
        title={t('summary.problems', { count: create.problems.length })}
        problems={create.problems.map(({ field, message }) => {
          const section = sectionOf(field);
          const onXml = field === 'xml' ? () => onView('xml') : null;
          return {
            key: `${field} ${message}`,
            place: section === null ? null : sectionTitle(section, form, t),
            message,
            onGo: section === null ? onXml : () => onGo(section),
          };
        })}
      />
      {create.failure !== null && <FailureView failure={create.failure} />}
      {plan !== null && <Warnings warnings={[...ofSaved(form, create), ...plan.warnings]} />}
      {plan !== null && <Left create={create} />}
      {plan !== null && plan.steps.length > 0 && unreadable(form, create.problems) === null && (
        <section>
          <h3>{t('summary.steps')}</h3>
          <ol className={classes['steps']}>
            {plan.steps.slice(0, MAX_STEPS).map((step, index) => (
              <li key={index}>{step}</li>
            ))}
          </ol>
          {plan.steps.length > MAX_STEPS && (
            <p className="muted small" style={{ margin: 0 }}>
              {t('summary.moreSteps', { count: plan.steps.length - MAX_STEPS })}
            </p>
          )}
        </section>
      )}
      <div className={classes['views']}>
        <Button
          size="compact-sm"
          leftSection={<IconCode size={14} />}
          disabled={input === null}
          aria-pressed={view === 'xml'}
          onClick={() => toggle('xml')}
        >
          {t(view === 'xml' ? 'summary.toForm' : 'summary.showXml')}
        </Button>
        <Button
          size="compact-sm"
          leftSection={<IconTerminal2 size={14} />}
          disabled={input === null}
          aria-pressed={view === 'virtInstall'}
          onClick={() => toggle('virtInstall')}
        >
          {t(view === 'virtInstall' ? 'summary.toForm' : 'summary.showVirtInstall')}
        </Button>
      </div>
    </Summary>
  );
}

/** What is not as the saved machine had it, while nobody has said how it is to be. */
function ofSaved({ edits }: CreateForm, { defaults: { value } }: Create): readonly string[] {
  if (edits.cpu !== undefined || edits.memory !== undefined) return [];
  return (value?.clonezilla ?? value?.diskFile ?? value?.live)?.warnings ?? [];
}

const MAX_STEPS = 12;

function Made({ form, create }: { form: CreateForm; create: Create }) {
  const { t } = useTranslation('create');
  const host = useHost(form.host);
  const { input, spec, name, options, detection } = create;
  if (input === null || spec === null)
    return (
      <p className="muted small" style={{ margin: 0 }}>
        {t('summary.chooseFirst')}
      </p>
    );
  const system = options.value?.systems.find(({ id }) => id === detection.os)?.name;
  const lines: readonly (readonly [string, string])[] = [
    [t('summary.on'), host?.name ?? form.host],
    [t('summary.from'), sourceWords(form, options.value, t)],
    ...(system === undefined ? [] : [[t('summary.system'), system] as const]),
    [
      t('summary.cpu'),
      t('summary.cpuText', {
        count: spec.cpu.vcpus,
        arch: spec.arch,
        type:
          spec.virtType === 'qemu'
            ? t('summary.emulated')
            : spec.virtType === 'lxc'
              ? t('summary.container')
              : 'KVM',
      }),
    ],
    [t('summary.memory'), formatBytes(spec.memory.sizeMiB * 1024 ** 2)],
    ...(spec.virtType === 'lxc' ? [] : [[t('summary.disks'), disksWords(spec, t)] as const]),
    [
      t('summary.network'),
      spec.nics.length === 0 ? t('digest.noNic') : spec.nics.map((nic) => nicWords(nic, t)).join(', '),
    ],
    [t('summary.afterwards'), t(startsWhenMade(form) ? 'summary.starts' : 'summary.stays')],
  ];
  return (
    <section>
      <h3>{form.count > 1 ? t('digest.several', { name, count: form.count }) : name}</h3>
      {unreadable(form, create.problems) !== null && <p className="muted small">{t('xml.asBefore')}</p>}
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

/** Memory and pools of the host afterwards. */
function Left({ create }: { create: Create }) {
  const { t } = useTranslation('create');
  const afterwards = create.plan?.afterwards;
  if (afterwards === undefined) return null;
  const { memory, pools } = afterwards;
  return (
    <>
      {memory !== null && (
        <LeftMeter
          label={t('summary.hostMemory')}
          total={memory.totalKiB * 1024}
          free={memory.freeKiB * 1024}
          taken={memory.takenKiB * 1024}
        />
      )}
      {pools.map(({ pool, name, capacityBytes, availableBytes, takenBytes, promisedBytes }) => (
        <LeftMeter
          key={pool}
          label={t('summary.pool', { name })}
          total={capacityBytes}
          free={availableBytes}
          taken={takenBytes}
          promised={promisedBytes}
        />
      ))}
    </>
  );
}
