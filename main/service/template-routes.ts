import { setMaxListeners } from 'node:events';
import type { DomainRef } from '../contract/domain.ts';
import type { TemplateInput, TemplatePlan } from '../contract/template.ts';
import { isActive } from '../inventory/states.ts';
import { makeIdentities } from '../jobs/create/identity.ts';
import { expandNames } from '../jobs/create/names.ts';
import { readTemplateFacts } from '../jobs/template/facts.ts';
import { keepAsTemplate, releaseTemplate, type MarkedMachine } from '../jobs/template/mark.ts';
import { planTemplate } from '../jobs/template/plan.ts';
import type { Api } from './api.ts';
import { FailureError } from './errors.ts';
import type { Machine } from './fleet.ts';
import type { Services } from './services.ts';
import { isTemplate } from './template-guard.ts';
import { callOptions, readAgain, withMachine } from './with-machine.ts';

/** Handlers of `template.*`. */
export function templateRoutes(api: Api['template'], services: Services) {
  const onTemplate = <T>(input: TemplateInput, work: (machine: Machine) => Promise<T>): Promise<T> =>
    withMachine(
      services,
      { host: input.host, uuid: input.template },
      { message: ({ name, host }) => `What a machine from ${name} takes on ${host} could not be read.` },
      work,
    );
  const mark = (ref: DomainRef, done: string, work: (machine: Machine) => Promise<void>): Promise<void> =>
    // Autostart has no event.
    withMachine(services, ref, { done }, work).finally(() => readAgain(services, ref));
  return {
    keep: api.keep.handler(({ input }) =>
      mark(input, 'kept as a template', (machine) => keepAsTemplate(marked(machine))),
    ),
    release: api.release.handler(({ input }) =>
      mark(input, 'made a machine again', (machine) =>
        releaseTemplate(marked(machine), {
          force: input.force === true,
          running: isActive(machine.domain.state),
        }),
      ),
    ),
    plan: api.plan.handler(({ input, signal }) =>
      onTemplate(input, async (machine): Promise<TemplatePlan> => {
        const facts = await factsOf(machine, input, signal);
        const { machines, plan, problems, warnings, template, afterwards } = planTemplate(input, facts, null);
        return {
          names: machines.map(({ name }) => name),
          xml: machines[0]?.xml ?? '',
          steps: plan.steps.map(({ title }) => title),
          problems: [...problems],
          warnings: [...warnings],
          template,
          afterwards,
        };
      }),
    ),
    run: api.run.handler(({ input, signal }) =>
      onTemplate(input, async (machine) => {
        const [facts, taken] = await Promise.all([
          factsOf(machine, input, signal),
          services.macs.taken(machine.session, callOptions(signal)),
        ]);
        const count = expandNames(input).length;
        const identities = makeIdentities(count, facts.model.nics.length, taken);
        const { machines, plan, problems, warnings, secrets } = planTemplate(input, facts, identities);
        if (problems.length > 0)
          throw new FailureError({
            code: 'BAD_INPUT',
            message: `${input.name} is not created: ${problems[0]?.message ?? ''}`,
            detail: problems.map(({ field, message }) => `${field}: ${message}`).join('\n'),
          });
        const job = await services.workflows.start(plan, secrets);
        const made = machines.map(({ name, uuid }) => ({ name, uuid: uuid ?? '' }));
        return { job, machines: made, warnings: [...warnings] };
      }),
    ),
  };
}

async function factsOf(machine: Machine, { pool }: TemplateInput, signal: AbortSignal | undefined) {
  const known = { isTemplate: await isTemplate(machine), pool };
  // Many calls at once wait on it.
  if (signal !== undefined) setMaxListeners(0, signal);
  return readTemplateFacts(machine.session, machine.dom, known, callOptions(signal));
}

function marked({ session, dom, host }: Machine): MarkedMachine {
  return { client: session.client, dom, host: { id: host.id, name: host.name } };
}
