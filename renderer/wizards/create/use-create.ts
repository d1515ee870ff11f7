import { useDebouncedValue } from '@mantine/hooks';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { CreateInput, CreateOptions, CreatePlan, CreateProblem } from '../../../main/contract/create.ts';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import { api } from '../../api/client.ts';
import { useDomains, useHost } from '../../state/inventory.ts';
import { useAnswer } from '../../ui/use-answer.ts';
import { answersOf } from './answers-input.ts';
import { userOf } from './first-boot-input.ts';
import { isSaved, type CreateForm } from './form.ts';
import { inputOf, specOf } from './input.ts';
import { localProblems, type LocalAround } from './problems.ts';
import { disksTaken, savedKey } from './saved-input.ts';
import { suggestedName } from './suggested-name.ts';
import { followedSoftware } from './template-software.ts';
import { useSaved } from './use-saved.ts';
import { isUnread, useFollowXml } from './use-xml.ts';
import { useDefaults, useDetection } from './use-system.ts';

/** While it is only planned nobody reads the file. */
const FILE_LATER = 'later';

/** What the host answers to the form: what there is, what suits, and what would be done. */
export function useCreate(
  form: CreateForm,
  file: { readonly id: string | null; readonly lost: boolean },
  onForm: (change: (form: CreateForm) => CreateForm) => void,
) {
  const connected = useHost(form.host)?.state === 'connected';
  const options = useAnswer((signal) => api.create.options({ host: form.host }, { signal }), {
    subject: form.host,
    enabled: connected,
  });
  const detection = useDetection(form, options.value, file.id);
  const saved = useSaved(form);
  const defaults = useDefaults(form, {
    os: detection.os,
    isSavedRead: saved.isRead,
    enabled: connected && !detection.loading && !saved.loading,
    onForm,
  });
  const suggestion = useSuggestedName(form, detection.os, saved.name);
  const name = form.name ?? suggestion;
  const spec = defaults.value === null ? null : specOf(form, defaults.value);
  const known =
    options.value !== null && defaults.value !== null
      ? { options: options.value, defaults: defaults.value }
      : null;
  const input =
    known === null
      ? null
      : inputOf(form, {
          ...known,
          name,
          os: detection.os,
          file: file.id ?? FILE_LATER,
          // Those of an image that was chosen before are none of this one's.
          savedDisks: saved.isRead ? disksTaken(form, known.defaults) : undefined,
        });
  useFollowXml(form, input, onForm);
  useFollowedSoftware(form, options.value, { os: detection.os, onForm });
  const local = useLocalProblems(form, {
    name,
    user: userOf(form, options.value),
    spec,
    fileLost: file.lost,
    answers: options.value === null ? null : answersOf(form, options.value, detection.os),
  });
  // What was planned of another image is no plan of this one.
  const subject = isSaved(form.source) ? `${form.host} ${savedKey(form)}` : form.host;
  const plan = usePlan(subject, local.length > 0 ? null : input, connected && !defaults.loading);
  const problems: readonly CreateProblem[] = local.length > 0 ? local : (plan.value?.problems ?? []);
  return {
    connected,
    options,
    defaults,
    detection,
    saved,
    name,
    spec,
    input,
    plan: input === null || local.length > 0 ? null : plan.value,
    failure: plan.failure,
    problems: input === null ? saved.problems : problems,
    /** Asks anew what stands against it. */
    replan: plan.reload,
    /** Nothing stands against it, as far as the host has answered. */
    ready:
      input !== null && plan.value !== null && !isUnread(form) && problems.length === 0 && !defaults.loading,
  };
}

export type Create = ReturnType<typeof useCreate>;

/** A template's packages are those of the system, also when another one is chosen afterwards. */
function useFollowedSoftware(
  form: CreateForm,
  options: CreateOptions | null,
  { os, onForm }: { os: string | null; onForm: (change: (form: CreateForm) => CreateForm) => void },
): void {
  useEffect(() => {
    const next = options === null ? null : followedSoftware(form, options, os);
    if (next !== null) onForm((before) => ({ ...before, firstBoot: { ...before.firstBoot, ...next } }));
    // oxlint-disable-next-line react/exhaustive-deps -- what a person types afterwards stays
  }, [options, os]);
}

function useSuggestedName(form: CreateForm, os: string | null, had: string | null): string {
  const names = useDomains().filter(({ host }) => host === form.host);
  return suggestedName(form, { os, had }, new Set(names.map(({ name }) => name)));
}

function useLocalProblems(
  form: CreateForm,
  { spec, ...around }: Omit<LocalAround, 'spec'> & { readonly spec: MachineSpec | null },
): readonly CreateProblem[] {
  const { t } = useTranslation('create');
  if (spec === null) return [];
  return localProblems(form, { ...around, spec }).map(({ field, key }) => ({
    field,
    message: t(`problem.${key}`),
  }));
}

/** What would be done; asked again a moment after the last change. */
function usePlan(subject: string, input: CreateInput | null, enabled: boolean) {
  const version = input === null ? '' : JSON.stringify(input);
  const [asked] = useDebouncedValue({ version, input }, 150);
  return useAnswer<CreatePlan | null>(
    (signal) => (asked.input === null ? Promise.resolve(null) : api.create.plan(asked.input, { signal })),
    // What was planned of other things says nothing of these.
    { subject, version: asked.version, enabled: enabled && asked.input !== null },
  );
}
