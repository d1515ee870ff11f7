import type { DeletionPlan, Domain } from '../../contract/domain.ts';
import type { Failure } from '../../contract/failure.ts';
import { namedInShort } from '../../contract/named-in-short.ts';
import { chooseVolumes, keptReason, lossLines, type Choice, type DiskChoice } from '../deletion.ts';
import { CliError, failureOf, UsageError } from '../errors.ts';
import { exitCodeOf, worstOf } from '../exit-codes.ts';
import type { FleetSession } from '../fleet-session.ts';
import { oncePerMachine } from '../resolve.ts';
import { seenBy } from './actions.ts';
import { jobDone } from './jobs.ts';

export interface DeleteOptions {
  readonly disks: DiskChoice;
  /** Nobody is asked. */
  readonly yes: boolean;
  /** Files go also where it cannot be seen whether something else needs them. */
  readonly unseen: boolean;
  /** Cut the power of a machine that runs. */
  readonly force: boolean;
  /** A template on whose disks others lie goes also where nobody is asked. */
  readonly template: boolean;
}

/** One machine that goes, as it was named. */
interface Deletion {
  readonly vm: string;
  readonly domain: Domain;
  readonly plan: DeletionPlan;
  readonly choice: Choice;
}

/**
 * Deletes machines, and the files that were chosen. Everything that can be refused is refused before the first one goes; then one after
 * another, so that no two of them look at the same pools at once.
 */
export async function deleteDomains(
  session: FleetSession,
  vms: readonly string[],
  options: DeleteOptions,
): Promise<number> {
  if (!options.yes && !session.canAsk)
    throw new UsageError('There is no terminal to ask at: nothing is deleted without --yes.');
  await session.connectFor(vms);
  const deletions = await Promise.all(
    machinesOf(session, vms).map(async ({ vm, domain }): Promise<Deletion> => {
      const { host, uuid } = domain;
      const plan = await session.client.domain.deletionPlan({ host, uuid });
      return { vm, domain, plan, choice: chooseVolumes(plan, options.disks, options) };
    }),
  );
  refuse(session, deletions, options);
  for (const { domain, plan } of deletions)
    for (const { host, names } of plan.leftCopies ?? [])
      session.output.note(
        `Moves of ${domain.name} have left ${names.join(', ')} on ${host}: what is still there stays.`,
      );
  if (!options.yes) await ask(session, deletions);
  const failures: (Failure | null)[] = [];
  for (const deletion of deletions) failures.push(await deleteOne(session, deletion, options.force));
  print(session, deletions, failures);
  return worstOf(failures.map((failure) => (failure === null ? 0 : exitCodeOf(failure.code))));
}

/** A name that is wrong ends the command. */
function machinesOf(session: FleetSession, vms: readonly string[]): { vm: string; domain: Domain }[] {
  return oncePerMachine(vms.map((vm) => ({ vm, domain: session.find(vm) })));
}

function refuse(session: FleetSession, deletions: readonly Deletion[], options: DeleteOptions): void {
  const { disks, force } = options;
  if (typeof disks !== 'string') {
    const paths = new Set(deletions.flatMap(({ plan }) => plan.volumes.map(({ path }) => path)));
    const names = deletions.map(({ domain }) => domain.name).join(', ');
    for (const path of disks)
      if (!paths.has(path)) throw new UsageError(`${path} is no disk of ${names}. Nothing is deleted.`);
  }
  const running = deletions.filter(({ plan }) => plan.running && !force);
  const sentences = [
    ...running.map(
      ({ domain }) =>
        `${domain.name} runs on ${session.hostName(domain.host)}: shut it down first, or say --force to cut its power.`,
    ),
    ...(options.yes && !options.template ? deletions.flatMap(templateLine) : []),
    ...deletions.flatMap(({ choice }) => choice.refused),
  ];
  if (sentences.length === 0) return;
  throw new CliError({ code: 'CONFLICT', message: 'Nothing is deleted.', detail: sentences.join('\n') });
}

/** Of a template on whose disks others lie: who asks nobody is to know that. */
function templateLine({ domain, plan }: Deletion): string[] {
  const above = plan.volumes.flatMap(({ usedBy }) => usedBy);
  if (domain.template !== true || above.length === 0) return [];
  return [
    `${domain.name} is a template, and these lie on its disks: ${namedInShort(above)}. --template deletes its definition all the same; the disks stay.`,
  ];
}

async function ask(session: FleetSession, deletions: readonly Deletion[]): Promise<void> {
  const { output } = session;
  for (const { domain, plan, choice } of deletions) {
    output.aside(
      `${domain.name} (${session.hostName(domain.host)}) will be deleted with its definition. There is no undo.`,
    );
    for (const line of lossLines(plan, choice)) output.aside(`  ${line}`);
  }
  const [first] = deletions;
  const what =
    deletions.length === 1 && first !== undefined ? first.domain.name : `${deletions.length} machines`;
  if (!(await session.confirm(`Delete ${what}? Type yes to delete: `)))
    throw new CliError({ code: 'CANCELLED', message: 'Nothing is deleted.' });
}

async function deleteOne(
  session: FleetSession,
  { domain, plan, choice }: Deletion,
  force: boolean,
): Promise<Failure | null> {
  const { host, uuid } = domain;
  const volumes = choice.go.map(({ key }) => key);
  const { managedSave, snapshots, checkpoints, nvram, tpm, unseen } = plan;
  const shown = { managedSave, snapshots, checkpoints, nvram: nvram !== null, tpm, unseen };
  try {
    await jobDone(session.client, () => session.client.domain.delete({ host, uuid, volumes, force, shown }));
    await seenBy(session, domain, { name: 'gone', seen: (now) => now === undefined });
    return null;
  } catch (error) {
    return failureOf(error);
  }
}

function print(
  session: FleetSession,
  deletions: readonly Deletion[],
  failures: readonly (Failure | null)[],
): void {
  const { output } = session;
  if (output.json) {
    output.value(
      deletions.map(({ vm, domain, choice }, at) => {
        const error = failures[at] ?? null;
        return {
          vm,
          host: session.hostName(domain.host),
          name: domain.name,
          uuid: domain.uuid,
          done: error === null,
          error,
          deleted: error === null ? choice.go.map(({ path }) => path) : null,
          kept: choice.stay.map(({ volume, reason }) => ({ path: volume.path, reason })),
        };
      }),
    );
    return;
  }
  for (const [at, { domain, choice }] of deletions.entries()) {
    const failure = failures[at] ?? null;
    if (failure !== null) {
      output.failure(failure);
      continue;
    }
    output.line(`${domain.name} (${session.hostName(domain.host)}): deleted`);
    for (const { path } of choice.go) output.line(`  deleted  ${path}`);
    for (const { volume } of choice.stay) output.line(`  kept     ${keptReason(volume)}`);
  }
}
