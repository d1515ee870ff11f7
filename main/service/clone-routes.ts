import type { CloneInput, ClonePlan } from '../contract/clone.ts';
import type { CreateProblem } from '../contract/create.ts';
import type { DomainRef } from '../contract/domain.ts';
import { readCloneFacts, type CloneFacts } from '../jobs/clone/facts.ts';
import { cloneOptions } from '../jobs/clone/options.ts';
import { planClone, type PlannedClone } from '../jobs/clone/plan.ts';
import { makeIdentities } from '../jobs/create/identity.ts';
import { expandNames } from '../jobs/create/names.ts';
import type { Api } from './api.ts';
import { FailureError, refuseToMake } from './errors.ts';
import type { Machine } from './fleet.ts';
import type { Services } from './services.ts';
import { isTemplate } from './template-guard.ts';
import { refuseLeftBehind, refuseMoving } from './migrate-guard.ts';
import { callOptions, withMachine } from './with-machine.ts';

/** Handlers of `clone.*`. */
export function cloneRoutes(api: Api['clone'], services: Services) {
  const onMachine = <T>(ref: DomainRef, work: (machine: Machine) => Promise<T>): Promise<T> =>
    withMachine(
      services,
      ref,
      { message: ({ name, host }) => `What a clone of ${name} takes on ${host} could not be read.` },
      work,
    );
  return {
    options: api.options.handler(({ input, signal }) =>
      onMachine(input, async (machine) =>
        cloneOptions(await cloneFacts(services, machine, { to: input.to ?? input.host, pools: [] }, signal)),
      ),
    ),
    plan: api.plan.handler(({ input, signal }) =>
      onMachine({ host: input.host, uuid: input.machine }, async (machine) =>
        planOf(services, input, machine, signal),
      ),
    ),
    run: api.run.handler(({ input, signal }) =>
      onMachine({ host: input.host, uuid: input.machine }, async (machine) => {
        await refuseElsewhere(services, machine);
        const facts = await factsFor(services, input, machine, signal);
        return runClone(services, { input, facts, problemsOf: (problems) => problems }, signal);
      }),
    ),
  };
}

/** What is on its way, or left by a migration, is no machine to copy from. @throws FailureError CONFLICT */
async function refuseElsewhere(services: Services, machine: Machine): Promise<void> {
  await refuseMoving(services, machine, 'cloned');
  await refuseLeftBehind(machine, 'cloned');
}

/** With what the clone would be refused for. */
async function planOf(
  services: Services,
  input: CloneInput,
  machine: Machine,
  signal: AbortSignal | undefined,
): Promise<ClonePlan> {
  const standing = refuseElsewhere(services, machine).then(
    () => [],
    (error: unknown): CreateProblem[] => {
      if (error instanceof FailureError) return [{ field: 'machine', message: error.failure.message }];
      throw error;
    },
  );
  const [facts, problems] = await Promise.all([factsFor(services, input, machine, signal), standing]);
  const shown = shownPlan(planClone(input, facts, null));
  return { ...shown, problems: [...problems, ...shown.problems] };
}

function factsFor(
  services: Services,
  { disks, to }: CloneInput,
  machine: Machine,
  signal: AbortSignal | undefined,
) {
  return cloneFacts(services, machine, { to, pools: disks.flatMap(({ pool }) => pool ?? []) }, signal);
}

/** @param pools UUIDs of those that new disks are wanted in, on the host `to` */
export async function cloneFacts(
  { fleet, workflows }: Pick<Services, 'fleet' | 'workflows'>,
  machine: Machine,
  { to, pools }: { readonly to: string; readonly pools: readonly string[] },
  signal: AbortSignal | undefined,
): Promise<CloneFacts> {
  const { session, dom, domain } = machine;
  const holder = await workflows.holder({ host: session.id, uuid: domain.uuid });
  const from = { session, dom, isTemplate: await isTemplate(machine), copiedTo: holder?.name ?? null };
  return readCloneFacts(from, fleet.hosts.session(to), pools, callOptions(signal));
}

/** A plan as the contract has it. */
export function shownPlan(planned: PlannedClone): ClonePlan {
  const { machines, plan, problems, warnings, afterwards, consistency, copyBy } = planned;
  const [first] = machines;
  return {
    consistency,
    copyBy,
    names: machines.map(({ name }) => name),
    xml: first?.xml ?? '',
    steps: plan.steps.filter(({ ifRefused }) => ifRefused === undefined).map(({ title }) => title),
    problems: [...problems],
    warnings: [...warnings],
    disks: (first?.disks.chosen ?? []).map(({ target, way, made }) => ({
      target,
      way,
      made: made === null ? null : { pool: made.poolName, name: made.name, format: made.format ?? 'raw' },
    })),
    afterwards,
  };
}

interface Asked {
  readonly input: CloneInput;
  readonly facts: CloneFacts;
  /** The problems at the fields of what the caller was asked with, and its own. */
  readonly problemsOf: (problems: readonly CreateProblem[]) => readonly CreateProblem[];
}

/** Starts the job. @throws FailureError BAD_INPUT where something stands against it */
export async function runClone(
  services: Services,
  { input, facts, problemsOf }: Asked,
  signal: AbortSignal | undefined,
) {
  const taken = await services.macs.taken(services.fleet.hosts.session(input.to), callOptions(signal));
  const identities = makeIdentities(expandNames(input).length, facts.model.nics.length, taken);
  const { machines, plan, warnings, secrets, ...planned } = planClone(input, facts, identities);
  const problems = problemsOf(planned.problems);
  refuseToMake(input.name, problems);
  const job = await services.workflows.start(plan, secrets);
  const made = machines.map(({ name, uuid }) => ({ name, uuid: uuid ?? '' }));
  return { job, machines: made, warnings: [...warnings] };
}
