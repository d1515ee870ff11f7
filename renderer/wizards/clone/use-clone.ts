import { useDebouncedValue } from '@mantine/hooks';
import type { CloneOptions, ClonePlan } from '../../../main/contract/clone.ts';
import { api } from '../../api/client.ts';
import { useDomain, useHost } from '../../state/inventory.ts';
import { useAnswer } from '../../ui/use-answer.ts';
import { cloneInputOf, type CloneForm } from './form.ts';
import { isReady } from '../template/plan-ready.ts';

/** What the hosts answer to the form: what there is, and what would be done. */
export function useClone(form: CloneForm) {
  const { host, machine, to } = form;
  const here = useHost(host)?.state === 'connected';
  const there = useHost(to)?.state === 'connected';
  const connected = here && there;
  const options = useAnswer((signal) => api.create.options({ host: to }, { signal }), {
    subject: to,
    enabled: there,
  });
  const sshKeys = options.value?.sshKeys ?? [];
  const subject = `${host} ${machine} ${to}`;
  // It may be shut down, or started, while the sheet is open.
  const state = useDomain(host, machine)?.state;
  const has = useAnswer<CloneOptions>(
    (signal) => api.clone.options({ host, uuid: machine, to }, { signal }),
    {
      subject,
      version: state ?? '',
      enabled: connected,
    },
  );
  const had = has.value?.cloudInit ?? false;
  const [asked] = useDebouncedValue(form, 150);
  const version = JSON.stringify([asked, had, sshKeys, state]);
  const plan = useAnswer<ClonePlan>(
    (signal) => api.clone.plan(cloneInputOf(asked, { had, sshKeys }), { signal }),
    { subject, version, enabled: connected && has.value !== null },
  );
  return {
    options: options.value,
    has: has.value,
    plan: plan.value,
    failure: has.failure ?? plan.failure,
    told: form.firstBoot ?? had,
    input: cloneInputOf(form, { had, sshKeys }),
    /** Asks anew what stands against it. */
    replan: plan.reload,
    ready: isReady(plan, { connected, isAsked: asked === form }),
  };
}

export type CloneAnswer = ReturnType<typeof useClone>;
