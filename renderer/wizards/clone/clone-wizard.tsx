import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useDomains, useHost, useHosts } from '../../state/inventory.ts';
import { formatBytes } from '../../ui/format.ts';
import { Gone, useSubject } from '../sheet/gone.tsx';
import { freeName } from '../template/form.ts';
import { LikeFrame, LikeSheet, type LikeForm } from '../template/like-sheet.tsx';
import { LikeSummary } from '../template/like-summary.tsx';
import { FirstBootSection } from '../template/sections.tsx';
import { DisksSection } from './disks-section.tsx';
import { cloneDraft, newCloneForm, type CloneForm } from './form.ts';
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
  const { domain, name } = useSubject({ host, uuid });
  const hosts = useHosts();
  const taken = useDomains().map((domain) => domain.name);
  return (
    <LikeFrame
      title={t('title', { name })}
      first={() => newCloneForm(host, uuid, freeName(name, new Set(taken)))}
      draft={cloneDraft((id) => hosts.some((one) => one.id === id && one.state === 'connected'))}
      onClose={onClose}
    >
      {(like) => <Sheet like={like} name={name} isGone={domain === undefined} onClose={onClose} />}
    </LikeFrame>
  );
}

function Sheet(props: { like: LikeForm<CloneForm>; name: string; isGone: boolean; onClose: () => void }) {
  const { like, name, isGone, onClose } = props;
  const { form, change, onMade } = like;
  const { t } = useTranslation('clone');
  const answer = useClone(form);
  return (
    <LikeSheet
      first="machine"
      sections={useSections(form, answer)}
      sectionOf={cloneSectionOf}
      answer={answer}
      run={async () => ({ ...(await api.clone.run(answer.input)), host: form.to })}
      onMade={onMade}
      onClose={onClose}
      does={form.count > 1 ? t('doSeveral', { count: form.count }) : t('do')}
      form={form}
      gone={
        isGone ? (
          <Gone
            machine={{ host: form.host, uuid: form.machine }}
            name={name}
            onElsewhere={(there) => openDialog({ kind: 'clone', ...there })}
          />
        ) : null
      }
      summary={(onGo) => <CloneSummary form={form} name={name} answer={answer} onGo={onGo} />}
    >
      {(section) => <Current section={section} part={{ form, answer, change }} name={name} />}
    </LikeSheet>
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
  const changed =
    form.memoryMiB !== null ||
    form.vcpus !== null ||
    form.networks.length > 0 ||
    !form.copyFirmware ||
    form.tpm === 'keep' ||
    form.hostDevices === 'omit';
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
