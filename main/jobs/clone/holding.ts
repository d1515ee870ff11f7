import type { Hold, Json, PlannedStep } from '../engine/step.ts';
import type { CloneFacts } from './facts.ts';
import { BACKUP, REJOIN } from './live-copy.ts';

/**
 * A machine that runs is copied by one job at a time: another one's files would be laid over those that it writes to. One that is off may be copied
 * by several, and is not started before the last of its bytes is read.
 */
export function holdOf(
  { source, model, running }: Pick<CloneFacts, 'source' | 'model' | 'running'>,
  steps: readonly PlannedStep[],
): Hold[] {
  const last = steps.findLast(running ? endsInstant : (step) => readsMachine(step, source.id));
  if (last === undefined) return [];
  const held = { host: source.id, uuid: model.uuid, name: model.name, until: last.id };
  return [running ? held : { ...held, reads: true }];
}

function endsInstant({ kind }: PlannedStep): boolean {
  return kind === BACKUP || kind === REJOIN;
}

/** What is on another host than the machine is copied from what was sent there. */
function readsMachine({ kind, host, params }: PlannedStep, source: string): boolean {
  if (kind === 'clone.send') return !isOfTheJob(params);
  return host === source && (kind === 'volume.copy' || kind === 'clone.firmware');
}

/** Sent from a volume that is there for the time of the job. */
function isOfTheJob(params: Json): boolean {
  return (
    typeof params === 'object' && params !== null && 'temporary' in params && params['temporary'] === true
  );
}
