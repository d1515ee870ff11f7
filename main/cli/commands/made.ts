import type { FleetSession } from '../fleet-session.ts';
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
