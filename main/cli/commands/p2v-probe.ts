import path from 'node:path';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { FleetSession } from '../fleet-session.ts';
import { answeringSources } from '../source-questions.ts';
import { sourceLines } from './p2v-source-text.ts';

export interface ProbeFlags {
  readonly keyFile?: string;
}

/** Shows what a running machine is, and what a copy of it takes; fails where there can be none. */
export async function probeMachine(
  session: FleetSession,
  target: string,
  { keyFile }: ProbeFlags,
): Promise<ExitCode> {
  const { output } = session;
  const report = await answeringSources(session, () =>
    output.during(`Looking at ${target}…`, () =>
      session.client.p2v.probe({ target, keyFile: keyFile === undefined ? null : path.resolve(keyFile) }),
    ),
  );
  output.either(report, () => sourceLines(report).forEach((line) => output.line(line)));
  return report.problems.length === 0 ? EXIT.done : EXIT.failed;
}
