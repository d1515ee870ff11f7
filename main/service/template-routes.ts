import type { CreateProblem } from '../contract/create.ts';
import type { DomainRef } from '../contract/domain.ts';
import type { TemplateInput, TemplatePlan } from '../contract/template.ts';
import { isActive } from '../inventory/states.ts';
import { asClone, templateOf, templateProblems } from '../jobs/clone/from-template.ts';
import { planClone } from '../jobs/clone/plan.ts';
import { keepAsTemplate, releaseTemplate, type MarkedMachine } from '../jobs/template/mark.ts';
import type { Api } from './api.ts';
import { cloneFacts, runClone, shownPlan } from './clone-routes.ts';
import type { Machine } from './fleet.ts';
import { refuseMoving } from './migrate-guard.ts';
import type { Services } from './services.ts';
import { readAgain, withMachine } from './with-machine.ts';

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
      mark(input, 'kept as a template', async (machine) => {
        await refuseMoving(services, machine, 'kept as a template');
        await keepAsTemplate(marked(machine));
      }),
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
        const facts = await factsOf(services, machine, input, signal);
        const clone = asClone(input, facts);
        const plan = shownPlan(planClone(clone, facts, null));
        return {
          ...plan,
          problems: templateProblems(plan.problems, facts),
          template: templateOf(clone, facts),
        };
      }),
    ),
    run: api.run.handler(({ input, signal }) =>
      onTemplate(input, async (machine) => {
        const facts = await factsOf(services, machine, input, signal);
        const problemsOf = (problems: readonly CreateProblem[]) => templateProblems(problems, facts);
        return runClone(services, { input: asClone(input, facts), facts, problemsOf }, signal);
      }),
    ),
  };
}

function factsOf(
  services: Services,
  machine: Machine,
  { host, pool }: TemplateInput,
  signal: AbortSignal | undefined,
) {
  return cloneFacts(services, machine, { to: host, pools: pool === null ? [] : [pool] }, signal);
}

function marked({ session, dom, host }: Machine): MarkedMachine {
  return { client: session.client, dom, host: { id: host.id, name: host.name } };
}
