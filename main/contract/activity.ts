import * as z from './zod.ts';
import { failure } from './failure.ts';

/** One step of a job that has several. Times in milliseconds since the epoch. */
export const jobStep = z.object({
  id: z.string(),
  title: z.string(),
  /** `undone`: taken back after a failure or a cancel; `left`: it could not be taken back. */
  state: z.enum(['waiting', 'running', 'done', 'failed', 'undoing', 'undone', 'left']),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
});
export type JobStep = z.infer<typeof jobStep>;

/** How far a migration is, by its source; sizes in bytes, of what is still to go. */
export const jobMigration = z.object({
  memoryTotal: z.number(),
  memoryLeft: z.number(),
  diskTotal: z.number(),
  diskLeft: z.number(),
  /** So fast the guest changes its memory, and so fast it is sent: bytes a second. */
  dirtyRate: z.number().nullable(),
  memoryRate: z.number().nullable(),
  /** Rounds over the memory. */
  iteration: z.number(),
  /** The guest may be told to go on on the target (`migrate.tune`). */
  canPostCopy: z.boolean(),
  /** How its data goes. */
  via: z.enum(['direct', 'relay']).optional(),
  /** It goes, or went for a while, no faster than a person allowed: its speed tells nothing of the link. */
  limited: z.boolean().optional(),
  /** So long the guest would stand still if it ended now. */
  expectedDowntimeMs: z.number().nullable(),
  /** So long it stood still; null before the end, and where the target does not tell. */
  downtimeMs: z.number().nullable(),
  /** `memoryLeft` and `dirtyRate` over its time, as `speeds`. */
  memoryLefts: z.array(z.number()),
  dirtyRates: z.array(z.number()),
});
export type JobMigration = z.infer<typeof jobMigration>;

/** A command of a shell; a window, in Electron or a browser. */
export const jobBy = z.enum(['command', 'window']);

export const job = z.object({
  id: z.string(),
  /** `save`, `restore`, `delete`… : what the title is made from. */
  kind: z.string(),
  host: z.string(),
  /** All hosts that it is about, `host` first; left out: `host` alone. */
  hosts: z.array(z.string()).optional(),
  uuid: z.string().nullable(),
  name: z.string(),
  /**
   * `undoing`: it failed or was cancelled, and what was done is taken back. `waiting`: for a host that must be there to take back the
   * rest. `settling`: it is being found out what became of a step that there is no way back from. `interrupted`: the program ended while it ran; a person says whether it goes on or is undone (`activity.resumeJob`).
   */
  state: z.enum(['running', 'undoing', 'waiting', 'settling', 'interrupted', 'done', 'failed', 'cancelled']),
  steps: z.array(jobStep),
  /** What may be, or is, left on the hosts, one thing each: “volume web-1.qcow2 in pool default”; with several hosts, on which. */
  mayBeLeft: z.array(z.string()),
  /** `interrupted`, and it cannot go on: what only a person knows was not kept. */
  onlyBack: z.boolean().optional(),
  /** Why it is taken back, in sentences, from when it is. */
  because: z.string().optional(),
  /** While it is taken back: what it is about is where and as it was, and nobody waits for the rest to use it. */
  stayed: z.boolean().optional(),
  /** Another program that shares the folder of the journals works on it, or has: it cannot be cancelled here, and its journal tells less than its program would. */
  elsewhere: z.boolean().optional(),
  /** What began one of another program; left out where that is not known. */
  by: jobBy.optional(),
  /** Names of the hosts that are away, or say nothing, and without which it does not go on. */
  waitsFor: z.array(z.string()),
  /** What that means for what it is about, in sentences; left out: nothing more than that it waits. */
  waitsWhy: z.string().optional(),
  /** 0..1; null while it is not known. */
  progress: z.number().nullable(),
  bytesPerSecond: z.number().nullable(),
  /** Bytes a second over the time in which it told a speed, oldest first, about evenly spaced: for a graph. At most 60. */
  speeds: z.array(z.number()),
  secondsLeft: z.number().nullable(),
  /** Of a machine that goes to another host with its memory. */
  migration: jobMigration.optional(),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
  cancellable: z.boolean(),
  /** A person has cancelled it, and it goes on until it can stop. */
  cancelling: z.boolean().optional(),
  /** `remark`: what a person should read when it has ended, too. */
  log: z.array(z.object({ time: z.number(), text: z.string(), remark: z.literal(true).optional() })),
  failure: failure.nullable(),
});
export type Job = z.infer<typeof job>;

/** Something that a host told: one line of the drawer. */
export const activityEvent = z.object({
  id: z.string(),
  time: z.number(),
  host: z.string(),
  uuid: z.string().nullable(),
  name: z.string(),
  /** `lifecycle`, `ioError`, `watchdog`, `agent`, `host`… */
  kind: z.string(),
  /** `started`, `stopped`, `crashed`, `connected`, `away`… with libvirt's detail (`booted`, `migrated`…). */
  event: z.string(),
  detail: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
});
export type ActivityEvent = z.infer<typeof activityEvent>;

export const activityMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), jobs: z.array(job), events: z.array(activityEvent) }),
  z.object({ type: z.literal('job'), job }),
  z.object({ type: z.literal('event'), event: activityEvent }),
]);
export type ActivityMessage = z.infer<typeof activityMessage>;
