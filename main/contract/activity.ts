import { z } from 'zod';
import { failure } from './failure.ts';

export const job = z.object({
  id: z.string(),
  /** `save`, `restore`, `delete`… : what the title is made from. */
  kind: z.string(),
  host: z.string(),
  uuid: z.string().nullable(),
  name: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** 0..1; null while it is not known. */
  progress: z.number().nullable(),
  bytesPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
  cancellable: z.boolean(),
  log: z.array(z.object({ time: z.number(), text: z.string() })),
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
