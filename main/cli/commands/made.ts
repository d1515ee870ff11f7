import type { ClonePlan } from '../../contract/clone.ts';
import { CliError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { bytes } from '../format.ts';
import { runJob } from './jobs.ts';

interface Started {
  readonly job: string;
  readonly machines: readonly { name: string; uuid: string }[];
  readonly warnings: readonly string[];
}

/** Runs the job that makes machines from another one, and says which they are. */
export async function makeMachines(
  session: FleetSession,
  { host: hostId, start }: { host: string; start: boolean },
  run: () => Promise<Started>,
): Promise<void> {
  let machines: Started['machines'] = [];
  await runJob(session, async () => {
    const started = await run();
    ({ machines } = started);
    for (const warning of started.warnings) session.output.note(warning);
    return started;
  });
  const host = session.hostName(hostId);
  session.output.either(
    machines.map((machine) => ({ host, hostId, ...machine })),
    () => {
      for (const { name } of machines)
        session.output.line(`${name} (${host}): ${start ? 'created and started' : 'created'}`);
    },
  );
}

type Shown = Pick<ClonePlan, 'xml' | 'steps' | 'warnings' | 'problems' | 'afterwards'>;

/** Says what a plan would do, or its XML. @throws {CliError} BAD_INPUT where something stands against it */
export function showPlan(
  { output }: FleetSession,
  plan: Shown,
  { name, xml, first = null }: { name: string; xml: boolean; first?: string | null },
): void {
  if (xml) output.either({ xml: plan.xml }, () => output.xml(plan.xml));
  else if (output.json || plan.problems.length === 0)
    output.either(plan, () => {
      if (first !== null) output.line(first);
      for (const step of plan.steps) output.line(step);
      for (const pool of plan.afterwards.pools)
        output.line(
          `${pool.name}: ${bytes(pool.promisedBytes)} of ${bytes(pool.availableBytes)} that are free`,
        );
      for (const warning of plan.warnings) output.line(warning);
    });
  if (plan.problems.length === 0) return;
  const { problems } = plan;
  throw new CliError({ code: 'BAD_INPUT', message: `${name} cannot be created so.`, problems });
}
