import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { useDomain, useDomains, useHost } from '../../state/inventory.ts';
import { formatBytes } from '../../ui/format.ts';
import { useReturnFocus } from '../../ui/landing.ts';
import { SheetFrame } from '../../ui/sheet-frame.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { Making, type Made } from '../create/making.tsx';
import { Note } from '../sheet/cards.tsx';
import { Wizard } from '../sheet/wizard.tsx';
import { freeName } from '../template/form.ts';
import { LikeSummary } from '../template/like-summary.tsx';
import { FirstBootSection } from '../template/sections.tsx';
import { DisksSection } from './disks-section.tsx';
import { newCloneForm, type CloneForm } from './form.ts';
import {
  CLONE_SECTIONS,
  CloneHardwareSection,
  CloneMachineSection,
  cloneSectionOf,
  type ClonePart,
  type CloneSection,
} from './sections.tsx';
import { useClone, type CloneAnswer } from './use-clone.ts';

/** From a machine to machines like it: the sheet, and after its last click the job. */
export function CloneWizard(props: { host: string; uuid: string; onClose: () => void }) {
  const { host, uuid, onClose } = props;
  const { t } = useTranslation('clone');
  const name = useDomain(host, uuid)?.name ?? '';
  const taken = useDomains().map((domain) => domain.name);
  const [made, setMade] = useState<Made | null>(null);
  const [form, setForm] = useState(() => newCloneForm(host, uuid, freeName(name, new Set(taken))));
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
  form: CloneForm;
  name: string;
  change: (part: Partial<CloneForm>) => void;
  onMade: (made: Made) => void;
  onClose: () => void;
}) {
  const { form, name, change, onMade, onClose } = props;
  const { t } = useTranslation(['clone', 'common']);
  const [section, setSection] = useState<CloneSection>('machine');
  const answer = useClone(form);
  const submit = useSubmit(() => undefined);
  const run = (): void => {
    if (!answer.ready || submit.busy) return;
    submit.run(async () => {
      const { job, machines } = await api.clone.run(answer.input);
      onMade({ job, host: form.to, machines });
    });
  };
  return (
    <Wizard
      sections={useSections(form, answer)}
      current={section}
      onSection={setSection}
      onSubmit={run}
      body={null}
      summary={<CloneSummary form={form} name={name} answer={answer} onGo={setSection} />}
      failure={submit.failure}
      footer={
        <>
          <span className="spacer" />
          <Button onClick={onClose}>{t('common:close')}</Button>
          <Button variant="filled" disabled={!answer.ready} loading={submit.busy} onClick={run}>
            {form.count > 1 ? t('clone:doSeveral', { count: form.count }) : t('clone:do')}
          </Button>
        </>
      }
    >
      {name === '' ? (
        <Note tone="warn">{t('clone:gone')}</Note>
      ) : (
        <Current section={section} part={{ form, answer, change }} name={name} />
      )}
    </Wizard>
  );
}

function Current({ section, part, name }: { section: CloneSection; part: ClonePart; name: string }) {
  switch (section) {
    case 'machine':
      return <CloneMachineSection {...part} />;
    case 'disks':
      return <DisksSection part={part} name={name} />;
    case 'hardware':
      return <CloneHardwareSection {...part} />;
    case 'firstBoot':
      return <FirstBootSection {...part} />;
  }
}

function CloneSummary(props: {
  form: CloneForm;
  name: string;
  answer: CloneAnswer;
  onGo: (section: CloneSection) => void;
}) {
  const { form, name, answer, onGo } = props;
  const { t } = useTranslation(['clone', 'create', 'template']);
  const host = useHost(form.to);
  const { has, plan } = answer;
  const lines: readonly (readonly [string, string])[] = [
    [t('create:summary.on'), host?.name ?? form.to],
    [t('clone:from'), name],
    ...(plan === null
      ? []
      : ([[t('clone:consistency.term'), t(`clone:consistency.${plan.consistency}`)]] as const)),
    ...(has === null
      ? []
      : ([
          [t('template:vcpus'), String(form.vcpus ?? has.vcpus)],
          [t('template:memory'), formatBytes((form.memoryMiB ?? has.memoryMiB) * 1024 ** 2)],
        ] as const)),
    [t('create:summary.afterwards'), t(form.start ? 'create:summary.starts' : 'create:summary.stays')],
  ];
  return (
    <LikeSummary
      title={form.count > 1 ? t('create:digest.several', { name: form.name, count: form.count }) : form.name}
      lines={lines}
      plan={plan}
      failure={answer.failure}
      sectionOf={cloneSectionOf}
      sectionName={(section) => t(`clone:section.${section}`)}
      kept={t('clone:kept')}
      onGo={onGo}
    />
  );
}

function useSections(form: CloneForm, { plan, told }: CloneAnswer) {
  const { t } = useTranslation(['clone', 'create', 'template']);
  const wrong = new Set(plan?.problems.map(({ field }) => cloneSectionOf(field)));
  const changed = form.memoryMiB !== null || form.vcpus !== null || form.networks.length > 0;
  const digests: Record<CloneSection, string> = {
    machine: form.count > 1 ? t('create:digest.several', { name: form.name, count: form.count }) : form.name,
    disks: t(form.disks.length > 0 ? 'clone:digest.chosen' : 'clone:digest.usual'),
    hardware: t(changed ? 'clone:digest.changed' : 'clone:digest.same'),
    firstBoot: t(told ? 'template:digest.told' : 'clone:digest.same'),
  };
  return CLONE_SECTIONS.map((id) => ({
    id,
    title: t(`clone:section.${id}`),
    digest: digests[id],
    state: wrong.has(id) ? ('wrong' as const) : ('done' as const),
  }));
}
