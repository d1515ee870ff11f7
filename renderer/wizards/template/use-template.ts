import { useDebouncedValue } from '@mantine/hooks';
import type { TemplatePlan } from '../../../main/contract/template.ts';
import { api } from '../../api/client.ts';
import { useHost } from '../../state/inventory.ts';
import { useAnswer } from '../../ui/use-answer.ts';
import { newTemplateForm, templateInputOf, type TemplateForm } from './form.ts';
import { isReady } from './plan-ready.ts';

/** What the host answers to the form: what there is, and what would be done. */
export function useTemplate(form: TemplateForm) {
  const connected = useHost(form.host)?.state === 'connected';
  const options = useAnswer((signal) => api.create.options({ host: form.host }, { signal }), {
    subject: form.host,
    enabled: connected,
  });
  const sshKeys = options.value?.sshKeys ?? [];
  // Whether the template had cloud-init the first plan tells: until then nothing is told to it.
  const blank = newTemplateForm(form.host, form.template, form.name === '' ? 'x' : form.name);
  const [asked] = useDebouncedValue(form, 150);
  const first = useAnswer<TemplatePlan>(
    (signal) => api.template.plan(templateInputOf(blank, { had: false, sshKeys: [] }), { signal }),
    { subject: `${form.host} ${form.template}`, enabled: connected },
  );
  const had = first.value?.template.cloudInit ?? false;
  const version = JSON.stringify([asked, had, sshKeys]);
  const plan = useAnswer<TemplatePlan>(
    (signal) => api.template.plan(templateInputOf(asked, { had, sshKeys }), { signal }),
    { subject: `${form.host} ${form.template}`, version, enabled: connected && first.value !== null },
  );
  const current = plan.value ?? first.value;
  return {
    options: options.value,
    /** What the template has. */
    template: current?.template ?? null,
    plan: plan.value,
    failure: first.failure ?? plan.failure,
    /** Asks anew what stands against it. */
    replan: plan.reload,
    told: form.firstBoot ?? had,
    input: templateInputOf(form, { had, sshKeys }),
    ready: isReady(plan, { connected, isAsked: asked === form }),
  };
}

export type TemplateAnswer = ReturnType<typeof useTemplate>;
