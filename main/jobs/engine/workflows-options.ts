import type { Job } from '../../contract/activity.ts';
import type { Clock } from '../../hosts/clock.ts';
import type { HostSession } from '../../hosts/session.ts';
import type { Secrets } from '../../settings/secrets.ts';
import type { EndedJobs } from '../ended-jobs.ts';
import type { OpenJobs } from '../open-jobs.ts';
import type { JobRegistry } from '../registry.ts';
import type { PlanHost } from './step.ts';
import type { StepKinds } from './step-kinds.ts';

/** The hosts as a workflow needs them. */
export interface WorkflowHosts {
  /** The id that the host has now; null when it is not in the list. */
  find(host: PlanHost): string | null;
  /** @throws FailureError HOST_UNREACHABLE while it is not connected */
  session(id: string): HostSession;
  /** Resolves when the host is connected, at once when it is; when it is taken out of the list; or when the signal is aborted. */
  connected(id: string, signal: AbortSignal): Promise<void>;
  /** Which start of the host this is; null: nobody tells. @throws FailureError HOST_UNREACHABLE, TransportError */
  startOf(id: string, signal: AbortSignal): Promise<string | null>;
}

export interface WorkflowsOptions {
  readonly clock: Clock;
  readonly jobs: JobRegistry;
  readonly hosts: WorkflowHosts;
  readonly kinds: StepKinds;
  readonly secrets: Secrets;
  /** Where the journals are. */
  readonly dir: string;
  /** What this program is. */
  readonly by: NonNullable<Job['by']>;
  /** What others have ended. */
  readonly ended: EndedJobs;
  /** What others do, and how far that is. */
  readonly open: OpenJobs;
  readonly onFault: (error: unknown) => void;
  /** A journal that is damaged: what its job began may be left, and only a person can find out. */
  readonly onUnreadable: (journal: { id: string; file: string; reason: string }) => void;
}
